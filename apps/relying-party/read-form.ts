import type { Context } from "koa";
import { readBody } from "./read-body.ts";
import { foreignRequest } from "./site-problem.ts";

/** Reads an HTML form of at most 16 KiB; a field given twice is refused. */
export async function readForm(ctx: Context): Promise<Map<string, string>> {
  if (!ctx.is("application/x-www-form-urlencoded")) throw foreignRequest(new Error("not a form"));
  const fields = new URLSearchParams(await readBody(ctx));
  const form = new Map(fields);
  if (form.size !== fields.size) throw foreignRequest(new Error("a field occurs twice"));
  return form;
}
