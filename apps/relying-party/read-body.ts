import type { Context } from "koa";
import { SiteProblem } from "./site-problem.ts";

const MAX_BYTES = 16 * 1024;

/** A request's body as text; no form and no message of ours is larger than 16 KiB. */
export async function readBody(ctx: Context): Promise<string> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of ctx.req) {
    length += chunk.length;
    if (length > MAX_BYTES) throw tooLarge();
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}

const tooLarge = () =>
  new SiteProblem({
    status: 413,
    title: "That was too much at once",
    explanation: "The form was larger than we accept, so nothing was done.",
    whatNext: [{ text: "Go to the front page", href: "/" }],
  });
