/**
 * Listening, with limits that hold a slow or hostile peer off (security H5), and draining: no new
 * connections, the requests under way may finish (Z5).
 */
import { createServer, type RequestListener, type Server, STATUS_CODES } from "node:http";
import type { AddressInfo } from "node:net";
import type { Duplex } from "node:stream";

const LIMITS = {
  maxHeaderSize: 16 * 1024,
  headersTimeout: 10_000,
  requestTimeout: 15_000,
  connectionsCheckingInterval: 1_000,
  /** Longer than a balancer keeps an idle connection (usually 60 s), or it races our close. */
  keepAliveTimeout: 75_000,
  requireHostHeader: true,
};
const MAX_CONNECTIONS = 4_096;
const MAX_HEADERS = 100;
const DRAIN_MILLISECONDS = 20_000;
const SWEEP_MILLISECONDS = 20;

export interface ListenOptions {
  app: RequestListener;
  port: number;
  /** Interface to bind; every interface when absent. */
  host?: string | undefined;
}

export interface RunningServer {
  /** The port in use: the one asked for, or the one the system chose for 0. */
  port: number;
  /** Resolves when the last request has been answered, or after 20 s without that. */
  drain(): Promise<void>;
}

/** @throws the system's error (EADDRINUSE, EACCES) when the address cannot be taken */
export async function listen({ app, port, host }: ListenOptions): Promise<RunningServer> {
  let isDraining = false;
  const server = createServer(LIMITS, (request, response) => {
    if (isDraining) response.setHeader("Connection", "close");
    if (isTarget(request.url)) app(request, response);
    else response.writeHead(400, { Connection: "close" }).end();
  });
  server.maxConnections = MAX_CONNECTIONS;
  server.maxHeadersCount = MAX_HEADERS;
  server.on("clientError", refuseUnreadable);
  await started(server, port, host);

  return {
    port: (server.address() as AddressInfo).port,
    async drain() {
      isDraining = true;
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      // Again and again: a connection whose answer is under way now would else stay open afterwards, idle.
      const sweep = setInterval(() => server.closeIdleConnections(), SWEEP_MILLISECONDS);
      server.closeIdleConnections();
      const deadline = setTimeout(() => server.closeAllConnections(), DRAIN_MILLISECONDS);
      await closed;
      clearInterval(sweep);
      clearTimeout(deadline);
    },
  };
}

/**
 * A path, an absolute URL or `*`, in visible ASCII and without a fragment (RFC 9112 §3.2). Node lets
 * more through, and what parses a target behind it may find no path in the rest.
 */
const isTarget = (target = ""): boolean =>
  target === "*" || /^(?:\/|https?:\/\/[^/?#]+)[\x21\x22\x24-\x7e]*$/i.test(target);

function started(server: Server, port: number, host: string | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen({ port, ...(host === undefined ? {} : { host }) }, () => {
      server.off("error", reject);
      resolve();
    });
  });
}

/** What the parser refused (smuggling attempts among it) gets a bare status and the door shut. */
function refuseUnreadable(error: NodeJS.ErrnoException, socket: Duplex): void {
  if (error.code === "ECONNRESET" || !socket.writable) {
    socket.destroy();
    return;
  }
  const status =
    error.code === "HPE_HEADER_OVERFLOW"
      ? 431
      : error.code === "ERR_HTTP_REQUEST_TIMEOUT"
        ? 408
        : 400;
  socket.end(`HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nConnection: close\r\n\r\n`);
}
