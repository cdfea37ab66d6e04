/**
 * Documents that are the same for everybody and may be kept: discovery and keys. Each is compressed once, and
 * answered from there.
 */
import { brotliCompressSync, gzipSync } from "node:zlib";
import type { Context } from "koa";

export interface PublicDocument {
  readonly body: Buffer;
  /** Quoted, as the header wants it. */
  readonly etag: string;
  readonly maxAgeSeconds: number;
}

/** What a request says of the copy it wants. */
export interface Wanted {
  readonly ifNoneMatch: string | undefined;
  readonly acceptEncoding: string | undefined;
}

export interface DocumentAnswer {
  readonly status: 200 | 304;
  readonly headers: Readonly<Record<string, string | number>>;
  /** Empty for 304. */
  readonly body: Buffer;
}

/** How long a cache may go on with what it has when we cannot be reached (RFC 5861 §4). */
const STALE_IF_ERROR_SECONDS = 86_400;

/** 200 with an ETag, or 304 for whoever has this very document, in this encoding. */
export function documentAnswer(
  document: PublicDocument,
  { ifNoneMatch, acceptEncoding }: Wanted,
): DocumentAnswer {
  const { encoding, etag, body } = variantOf(document, bestEncoding(acceptEncoding));
  const cacheControl = `public, max-age=${document.maxAgeSeconds}, stale-if-error=${STALE_IF_ERROR_SECONDS}`;
  const always = { "Cache-Control": cacheControl, ETag: etag, Vary: "Accept-Encoding" };
  if (ifNoneMatch !== undefined && hasThis(ifNoneMatch, etag))
    return { status: 304, headers: always, body: NOTHING };
  return {
    status: 200,
    headers: {
      ...always,
      "Content-Type": "application/json",
      "Content-Length": body.length,
      ...(encoding !== "identity" && { "Content-Encoding": encoding }),
    },
    body,
  };
}

/** Koa leaves the body out of HEAD. */
export function sendDocument(ctx: Context, document: PublicDocument): void {
  const { status, headers, body } = documentAnswer(document, {
    ifNoneMatch: ctx.req.headers["if-none-match"],
    acceptEncoding: ctx.req.headers["accept-encoding"],
  });
  ctx.status = status;
  if (status === 200) ctx.body = body;
  for (const [name, value] of Object.entries(headers)) ctx.set(name, String(value));
}

/**
 * RFC 9110 §13.1.2, weak comparison. Not koa's `fresh`: that gives the whole document to whoever says
 * `Cache-Control: no-cache`, as every `fetch` with a condition of its own does.
 */
export const hasThis = (ifNoneMatch: string, etag: string): boolean =>
  ifNoneMatch.split(",").some((candidate) => {
    const tag = candidate.trim();
    return tag === "*" || opaque(tag) === opaque(etag);
  });

const opaque = (tag: string): string => tag.replace(/^W\//, "");
const NOTHING = Buffer.alloc(0);

// ── Encodings ───────────────────────────────────────────────────────────────────────────────────

type Encoding = "br" | "gzip" | "identity";

interface Variant {
  readonly encoding: Encoding;
  /** Of these bytes: each encoding has its own (RFC 9110 §8.8.3.3). */
  readonly etag: string;
  readonly body: Buffer;
}

const made = new WeakMap<Buffer, Map<Encoding, Variant>>();

function variantOf({ body, etag }: PublicDocument, encoding: Encoding): Variant {
  const variants = made.get(body) ?? new Map<Encoding, Variant>();
  made.set(body, variants);
  const variant = variants.get(encoding) ?? encoded(body, etag, encoding);
  variants.set(encoding, variant);
  return variant;
}

function encoded(body: Buffer, etag: string, encoding: Encoding): Variant {
  if (encoding === "identity") return { encoding, etag, body };
  const small = encoding === "br" ? brotliCompressSync(body) : gzipSync(body);
  return { encoding, etag: etag.replace(/"$/, `-${encoding}"`), body: small };
}

const OFFERED: readonly Encoding[] = ["br", "gzip"];

/** RFC 9110 §12.5.3, as far as it matters: the smallest that is accepted at all. */
function bestEncoding(accepted: string | undefined): Encoding {
  if (accepted === undefined) return "identity";
  const allowed = new Set(
    accepted.split(",").flatMap((part) => {
      const [name = "", ...parameters] = part
        .trim()
        .toLowerCase()
        .split(/\s*;\s*/);
      return parameters.some((parameter) => /^q=0(\.0{0,3})?$/.test(parameter)) ? [] : [name];
    }),
  );
  return OFFERED.find((encoding) => allowed.has(encoding)) ?? "identity";
}
