// What any answer has to be, whatever was asked: an answer, and not a word of how it is made (H7).
import { type Agent, request } from "node:http";
import type { ArbitraryRequest } from "./arbitrary-request.ts";

export interface PlainAnswer {
  readonly status: number;
  readonly type: string;
  readonly text: string;
}

/** What only a stack trace, a query or a path would say. */
const DETAILS =
  /node_modules|\.ts:\d|prisma|\bat .*:\d+:\d+|SELECT |INSERT |UPDATE |postgres|PGlite/i;

/** Sends it as it is: nothing is encoded, followed or mended on the way. */
export const send = (
  port: number,
  agent: Agent,
  { method, path, headers, body }: ArbitraryRequest,
): Promise<PlainAnswer> =>
  new Promise((resolve, reject) => {
    const options = { host: "127.0.0.1", port, agent, method, path, headers, timeout: 30_000 };
    const asked = request(options, (answer) => {
      let text = "";
      answer.setEncoding("utf8").on("data", (chunk: string) => {
        text += chunk;
      });
      const type = answer.headers["content-type"] ?? "";
      answer.on("end", () => resolve({ status: answer.statusCode ?? 0, type, text }));
      answer.on("error", reject);
    });
    asked.on("timeout", () => asked.destroy(new Error("no answer in 30 s")));
    asked.on("error", reject);
    asked.end(body);
  });

/** Why an answer is not calm, or undefined. 503 is one: there is too much to do just now. */
export function uncalm({ status, type, text }: PlainAnswer): string | undefined {
  if (status < 200 || (status >= 500 && status !== 503)) return `status ${status}`;
  if (status >= 400 && DETAILS.test(text)) return "says how it is made";
  if (status < 400 || text === "") return undefined;
  if (type.startsWith("application/json")) {
    const body: unknown = JSON.parse(text);
    return typeof body === "object" && body !== null ? undefined : "an error that is no object";
  }
  return /^text\/html/.test(type) ? undefined : `an error of type ${type || "none"}`;
}
