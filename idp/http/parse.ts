/**
 * The edge: bytes become typed values here, once, or the request is refused. Bodies are read by us
 * and not by a parser of everything, because a form of ours is 16 KiB of ASCII and nothing else.
 */
import type { IncomingMessage } from "node:http";
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

/** @throws OAuthError invalid_request; HttpError 415 */
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
  const body = await readBody(ctx, JSON_LIMIT_BYTES);
  if (!body) ctx.throw(413, `The body is longer than ${JSON_LIMIT_BYTES} bytes`);
  return checkParameters(schema, parseJsonObject(body.toString("utf8")));
}

/** The parameters before any schema, for an endpoint that reads them in two steps. */
export async function formParameters(ctx: Context): Promise<Map<string, string[]>> {
  if (!isForm(ctx)) {
    throw invalidRequest("The body must be application/x-www-form-urlencoded");
  }
  // Read as bytes: a form is ASCII, and what is not is refused by the parser of parameters.
  const body = await readBody(ctx, FORM_LIMIT_BYTES);
  // In a form no parameter is so long: that is invalid_request like any other such (RFC 6749 §5.2).
  if (!body) throw invalidRequest(`The body is longer than ${FORM_LIMIT_BYTES} bytes`);
  return parseParameters(body.toString("latin1"));
}

const FORM = "application/x-www-form-urlencoded";

/** Nearly everybody writes it like this; whoever says more, or in capitals, is read in full. */
const isForm = (ctx: Context): boolean =>
  ctx.req.headers["content-type"] === FORM || Boolean(ctx.is(FORM));

export function queryParameters(ctx: Context): Map<string, string[]> {
  return parseParameters(ctx.querystring);
}

/** @returns undefined for a longer body, whose rest is not waited for: the connection ends here */
async function readBody(ctx: Context, limitBytes: number): Promise<Buffer | undefined> {
  if (ctx.get("Content-Encoding") !== "") ctx.throw(415, "The body must not be compressed");
  const announced = Number(ctx.get("Content-Length")) || 0;
  const body = announced > limitBytes ? undefined : await collected(ctx.req, limitBytes);
  return body ?? tooLong(ctx);
}

/**
 * All bytes of a request, or undefined as soon as they are too many. By events: an iterator over the stream
 * costs more than the rest of the reading (bench/).
 */
const collected = (request: IncomingMessage, limitBytes: number): Promise<Buffer | undefined> =>
  new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let length = 0;
    const take = (chunk: Buffer) => {
      length += chunk.length;
      chunks.push(chunk);
      if (length > limitBytes) end(undefined);
    };
    const end = (body: Buffer | undefined) => {
      request.off("data", take).off("end", all).off("close", broken);
      resolve(body);
    };
    const all = () => end(chunks.length === 1 ? chunks[0] : Buffer.concat(chunks));
    const broken = () => reject(new Error("the request broke off"));
    request.on("data", take).once("end", all).once("close", broken).once("error", reject);
  });

function tooLong(ctx: Context): undefined {
  ctx.set("Connection", "close");
  return undefined;
}

/** NUL and half a surrogate pair are JSON (RFC 8259 §8.2), but no text that a database keeps. */
function refuseUnkeepable(name: string, value: unknown): unknown {
  const texts = typeof value === "string" ? [name, value] : [name];
  if (texts.some((one) => /[\0\p{Cs}]/u.test(one))) throw new TypeError("not text");
  return value;
}

function parseJsonObject(text: string): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(text, refuseUnkeepable);
  } catch {
    throw invalidRequest("The body is not JSON of plain text");
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw invalidRequest("The body is not a JSON object");
  }
  return { ...value };
}
