import type { Context } from "koa";
import { foreignRequest, SiteProblem } from "./site-problem.ts";

const MAX_BYTES = 16 * 1024;

/** Reads an HTML form of at most 16 KiB; a field given twice is refused. */
export async function readForm(ctx: Context): Promise<Map<string, string>> {
  if (!ctx.is("application/x-www-form-urlencoded")) throw foreignRequest(new Error("not a form"));
  const fields = new URLSearchParams(await readBody(ctx));
  const form = new Map(fields);
  if (form.size !== fields.size) throw foreignRequest(new Error("a field occurs twice"));
  return form;
}

async function readBody(ctx: Context): Promise<string> {
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
