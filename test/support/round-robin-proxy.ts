// What stands in front of several replicas: each request goes to the next one, whoever it is from.
import { Agent, createServer, type IncomingMessage, request, type ServerResponse } from "node:http";

export interface RoundRobinProxy {
  /** How many requests each replica was given. */
  readonly given: readonly number[];
  close(): Promise<void>;
}

export async function roundRobinProxy(
  port: number,
  replicaPorts: readonly number[],
): Promise<RoundRobinProxy> {
  // A connection each: one that is kept may be closed by its replica just as the next request is sent on it.
  const agent = new Agent({ keepAlive: false });
  const given = replicaPorts.map(() => 0);
  let turn = 0;

  function passOn(asked: IncomingMessage, answer: ServerResponse): void {
    turn = (turn + 1) % replicaPorts.length;
    given[turn] = (given[turn] ?? 0) + 1;
    const { method = "GET", url = "/", headers } = asked;
    const passed = request(
      { host: "127.0.0.1", port: replicaPorts[turn], agent, method, path: url, headers },
      (answered) => {
        answer.writeHead(answered.statusCode ?? 502, answered.headers);
        answered.pipe(answer);
      },
    );
    passed.on("error", () => {
      if (!answer.headersSent) answer.writeHead(502);
      answer.end();
    });
    asked.pipe(passed);
  }

  const server = createServer(passOn);
  await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
  return {
    given,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
