import type { Context } from "koa";
import { parseJson } from "./json.ts";
import { readBody } from "./read-body.ts";

/** The JSON value that a program has sent; undefined for anything else, and for more than 16 KiB a SiteProblem. */
export async function readJson(ctx: Context): Promise<unknown> {
  return ctx.is("application/json") ? parseJson(await readBody(ctx)) : undefined;
}
