// One kept-alive HTTP/1.1 connection that asks one question at a time, with as little work as a client can do:
// on two cores whatever the client burns is missing on the side of the database.
import { connect, type Socket } from "node:net";

export interface Answer {
  readonly status: number;
  /** The header section as it came, names in whatever case. */
  readonly head: string;
  readonly body: Buffer;
}

export interface Connection {
  /** @param request  a whole request, head and body */
  ask(request: string | Buffer): Promise<Answer>;
  close(): void;
}

const HEAD_END = Buffer.from("\r\n\r\n");

export async function openConnection(port: number, host = "127.0.0.1"): Promise<Connection> {
  const socket: Socket = connect({ port, host, noDelay: true });
  await new Promise<void>((resolve, reject) =>
    socket.once("connect", resolve).once("error", reject),
  );
  let received: Buffer = Buffer.alloc(0);
  let waiting: { resolve(answer: Answer): void; reject(error: Error): void } | undefined;

  let ended: Error | undefined;

  const fail = (error: Error) => {
    ended ??= error;
    waiting?.reject(error);
    waiting = undefined;
  };
  socket.on("error", fail);
  socket.on("close", () => fail(new Error("the server closed the connection")));
  socket.on("data", (chunk) => {
    received = received.length === 0 ? chunk : Buffer.concat([received, chunk]);
    const found = answerIn(received);
    if (!found) return;
    received = received.subarray(found.length);
    const { resolve } = waiting ?? {};
    waiting = undefined;
    resolve?.(found.answer);
  });

  return {
    ask: (request) =>
      new Promise((resolve, reject) => {
        if (ended) return reject(ended);
        waiting = { resolve, reject };
        socket.write(request);
      }),
    close: () => socket.destroy(),
  };
}

/** The first whole answer among the bytes, or undefined while some of it is missing (RFC 9112 §6). */
function answerIn(bytes: Buffer): { answer: Answer; length: number } | undefined {
  const headLength = bytes.indexOf(HEAD_END);
  if (headLength === -1) return undefined;
  const head = bytes.toString("latin1", 0, headLength);
  const status = Number(head.slice(9, 12));
  const start = headLength + HEAD_END.length;
  const said = /\r\ncontent-length: *(\d+)/i.exec(head)?.[1];
  if (said === undefined && /\r\ntransfer-encoding: *chunked/i.test(head)) {
    const body = chunksIn(bytes, start);
    return body && { answer: { status, head, body: body.content }, length: body.end };
  }
  const end = start + Number(said ?? 0);
  if (bytes.length < end) return undefined;
  return { answer: { status, head, body: bytes.subarray(start, end) }, length: end };
}

function chunksIn(bytes: Buffer, start: number): { content: Buffer; end: number } | undefined {
  const parts: Buffer[] = [];
  for (let at = start; ; ) {
    const lineEnd = bytes.indexOf("\r\n", at);
    if (lineEnd === -1) return undefined;
    const size = Number.parseInt(bytes.toString("latin1", at, lineEnd), 16);
    const end = lineEnd + 2 + size;
    if (bytes.length < end + 2) return undefined;
    if (size === 0) return { content: Buffer.concat(parts), end: end + 2 };
    parts.push(bytes.subarray(lineEnd + 2, end));
    at = end + 2;
  }
}

export const headerOf = (answer: Answer, name: string): string | undefined =>
  new RegExp(`\\r\\n${name}: *([^\\r]*)`, "i").exec(answer.head)?.[1];

export interface Request {
  readonly method?: "GET" | "POST";
  readonly path: string;
  readonly host: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent as a form. */
  readonly form?: Readonly<Record<string, string>>;
}

/** A request as it goes over the wire. */
export function written({ method, path, host, headers = {}, form }: Request): string {
  const body = form && new URLSearchParams(form).toString();
  const all: Record<string, string> = {
    host,
    ...headers,
    ...(body !== undefined && {
      "content-type": "application/x-www-form-urlencoded",
      "content-length": String(Buffer.byteLength(body)),
    }),
  };
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
  return `${method ?? (form ? "POST" : "GET")} ${path} HTTP/1.1\r\n${lines.join("")}\r\n${body ?? ""}`;
}
