import { createServer, type RequestListener, type Server } from "node:http";

/** Node's own limits are minutes; a slow peer gets seconds (security requirement H5). */
const LIMITS = {
  maxHeaderSize: 16 * 1024,
  headersTimeout: 10_000,
  requestTimeout: 15_000,
  connectionsCheckingInterval: 1_000,
  /** Longer than a balancer keeps an idle connection, usually 60 s, or it races our close. */
  keepAliveTimeout: 75_000,
};
const MAX_CONNECTIONS = 4096;
const DRAIN_MILLISECONDS = 20_000;

export interface SiteServer {
  port: number;
  /** Takes no new connection, lets requests in flight finish, and cuts off what takes longer than 20 s. */
  drain(): Promise<void>;
}

/** @throws the system's error (EADDRINUSE, EACCES) when the address cannot be taken */
export async function listen(
  app: RequestListener,
  address: { host: string; port: number },
): Promise<SiteServer> {
  let draining = false;
  const server = createServer(LIMITS, (request, response) => {
    if (draining) response.setHeader("Connection", "close");
    if (isTarget(request.url)) app(request, response);
    else response.writeHead(400, { Connection: "close" }).end();
  });
  server.maxConnections = MAX_CONNECTIONS;
  await started(server, address);
  const bound = server.address();
  return {
    port: typeof bound === "object" && bound ? bound.port : address.port,
    async drain() {
      draining = true;
      const closed = new Promise((resolve) => server.close(resolve));
      // A connection whose last request began before the drain goes idle only later.
      const sweep = setInterval(() => server.closeIdleConnections(), 100);
      const deadline = setTimeout(() => server.closeAllConnections(), DRAIN_MILLISECONDS);
      await closed;
      clearInterval(sweep);
      clearTimeout(deadline);
    },
  };
}

/** Visible ASCII without a fragment (RFC 9112 §3.2): what parses targets may find no path in the rest. */
const isTarget = (target = ""): boolean =>
  target === "*" || /^(?:\/|https?:\/\/[^/?#]+)[\x21\x22\x24-\x7e]*$/i.test(target);

function started(server: Server, address: { host: string; port: number }): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(address, () => {
      server.off("error", reject);
      resolve();
    });
  });
}
