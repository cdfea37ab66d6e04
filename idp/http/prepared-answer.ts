/** Answers that are the same for everybody, headers and all, so that they are written once and given often. */
import type { Context } from "koa";

export interface PreparedAnswer {
  readonly status: 200 | 304;
  /** Names and values by turns, as node:http takes them without further ado. */
  readonly headers: readonly string[];
  /** Empty for 304. */
  readonly body: Buffer;
}

/** What is given to whoever asks: everything, or that nothing has changed. */
export interface PreparedDocument {
  readonly etag: string;
  readonly whole: PreparedAnswer;
  readonly unchanged: PreparedAnswer;
}

export interface DocumentParts {
  readonly body: Buffer;
  /** Quoted, as the header wants it. */
  readonly etag: string;
  readonly contentType: string;
  readonly cacheControl: string;
  readonly vary: string;
  readonly contentEncoding?: string;
}

export function prepareDocument(parts: DocumentParts): PreparedDocument {
  const { body, etag, contentType, cacheControl, vary, contentEncoding } = parts;
  const always = ["Cache-Control", cacheControl, "ETag", etag, "Vary", vary];
  const encoding = contentEncoding === undefined ? [] : ["Content-Encoding", contentEncoding];
  const content = ["Content-Type", contentType, "Content-Length", String(body.length)];
  return {
    etag,
    whole: { status: 200, headers: [...always, ...content, ...encoding], body },
    unchanged: { status: 304, headers: always, body: NOTHING },
  };
}

const NOTHING = Buffer.alloc(0);

/** 304 for whoever has this very document already (RFC 9110 §13.1.2). */
export const answerTo = (
  ifNoneMatch: string | undefined,
  { etag, whole, unchanged }: PreparedDocument,
): PreparedAnswer => (ifNoneMatch !== undefined && hasThis(ifNoneMatch, etag) ? unchanged : whole);

/**
 * Weak comparison. Not koa's `fresh`: that gives the whole document to whoever says `Cache-Control:
 * no-cache`, as every `fetch` with a condition of its own does.
 */
const hasThis = (ifNoneMatch: string, etag: string): boolean =>
  ifNoneMatch.split(",").some((candidate) => {
    const tag = candidate.trim();
    return tag === "*" || opaque(tag) === opaque(etag);
  });

const opaque = (tag: string): string => tag.replace(/^W\//, "");

/** Koa leaves the body out of HEAD. */
export function sendPrepared(ctx: Context, { status, headers, body }: PreparedAnswer): void {
  ctx.status = status;
  if (status === 200) ctx.body = body;
  for (let at = 0; at < headers.length; at += 2) ctx.set(headers[at] ?? "", headers[at + 1] ?? "");
}
