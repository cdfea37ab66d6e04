/** Documents that are the same for everybody and may be kept: discovery and keys. */
import type { Context } from "koa";

export interface PublicDocument {
  readonly body: Buffer;
  /** Quoted, as the header wants it. */
  readonly etag: string;
  readonly maxAgeSeconds: number;
}

/** How long a cache may go on with what it has when we cannot be reached (RFC 5861 §4). */
const STALE_IF_ERROR_SECONDS = 86_400;

/** 200 with an ETag, or 304 for whoever has this very document; koa leaves the body out of HEAD. */
export function sendDocument(ctx: Context, { body, etag, maxAgeSeconds }: PublicDocument): void {
  ctx.status = 200;
  ctx.set(
    "Cache-Control",
    `public, max-age=${maxAgeSeconds}, stale-if-error=${STALE_IF_ERROR_SECONDS}`,
  );
  ctx.set("ETag", etag);
  if (hasThis(ctx.get("If-None-Match"), etag)) {
    ctx.status = 304;
    return;
  }
  ctx.type = "application/json";
  ctx.body = body;
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
