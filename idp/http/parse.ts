/**
 * The edge: bytes become typed values here, once, or the request is refused. Bodies are read by us
 * and not by a parser of everything, because a form of ours is 16 KiB of ASCII and nothing else.
 */
import type { Context } from "koa";
import type { ZodObject, z } from "zod";
import { invalidRequest } from "../protocol/oauth-error.ts";
import { checkParameters, parseParameters, takeParameters } from "../protocol/parameters.ts";

const FORM_LIMIT_BYTES = 16 * 1024;
const JSON_LIMIT_BYTES = 64 * 1024;

export interface ReadOptions {
  /** Parameters that may come several times; they arrive as arrays. */
  repeatable?: readonly string[];
}

/** @throws OAuthError invalid_request; HttpError 413, 415 */
export async function readForm<Schema extends ZodObject>(
  ctx: Context,
  schema: Schema,
  options?: ReadOptions,
): Promise<z.output<Schema>> {
  return takeParameters(await formParameters(ctx), schema, options);
}

/** @throws OAuthError invalid_request */
export function readQuery<Schema extends ZodObject>(
  ctx: Context,
  schema: Schema,
  options?: ReadOptions,
): z.output<Schema> {
  return takeParameters(queryParameters(ctx), schema, options);
}

/** @throws OAuthError invalid_request; HttpError 413, 415 */
export async function readJson<Schema extends ZodObject>(
  ctx: Context,
  schema: Schema,
): Promise<z.output<Schema>> {
  if (!ctx.is("application/json")) ctx.throw(415, "The body must be application/json");
  const text = (await readBody(ctx, JSON_LIMIT_BYTES)).toString("utf8");
  return checkParameters(schema, parseJsonObject(text));
}

/** The parameters before any schema, for an endpoint that reads them in two steps. */
export async function formParameters(ctx: Context): Promise<Map<string, string[]>> {
  if (!ctx.is("application/x-www-form-urlencoded")) {
    throw invalidRequest("The body must be application/x-www-form-urlencoded");
  }
  // Read as bytes: a form is ASCII, and what is not is refused by the parser of parameters.
  return parseParameters((await readBody(ctx, FORM_LIMIT_BYTES)).toString("latin1"));
}

export function queryParameters(ctx: Context): Map<string, string[]> {
  return parseParameters(ctx.querystring);
}

async function readBody(ctx: Context, limitBytes: number): Promise<Buffer> {
  if (ctx.get("Content-Encoding") !== "") ctx.throw(415, "The body must not be compressed");
  const chunks: Buffer[] = [];
  let length = Number(ctx.get("Content-Length")) || 0;
  if (length > limitBytes) refuseTooLarge(ctx, limitBytes);
  length = 0;
  for await (const chunk of ctx.req.iterator({ destroyOnReturn: false })) {
    length += chunk.length;
    if (length > limitBytes) refuseTooLarge(ctx, limitBytes);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** The rest of the body is not waited for: the connection ends with the answer. */
function refuseTooLarge(ctx: Context, limitBytes: number): never {
  ctx.set("Connection", "close");
  ctx.throw(413, `The body is longer than ${limitBytes} bytes`);
}

function parseJsonObject(text: string): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw invalidRequest("The body is not JSON");
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw invalidRequest("The body is not a JSON object");
  }
  return { ...value };
}
