/**
 * JSON that everybody may fetch and keep: discovery and keys. Each is compressed once, and answered from
 * there.
 */
import type { IncomingHttpHeaders } from "node:http";
import { brotliCompressSync, gzipSync } from "node:zlib";
import {
  answerTo,
  type PreparedAnswer,
  type PreparedDocument,
  prepareDocument,
} from "./prepared-answer.ts";

export interface PublicDocument {
  readonly body: Buffer;
  /** Quoted, as the header wants it. */
  readonly etag: string;
  readonly maxAgeSeconds: number;
}

/** How long a cache may go on with what it has when we cannot be reached (RFC 5861 §4). */
const STALE_IF_ERROR_SECONDS = 86_400;

/** 200 with an ETag, or 304 for whoever has this very document, in the encoding that was asked for. */
export function publicAnswer(
  document: PublicDocument,
  headers: IncomingHttpHeaders,
): PreparedAnswer {
  const variant = variantOf(document, bestEncoding(headers["accept-encoding"]));
  return answerTo(headers["if-none-match"], variant);
}

// ── Encodings ───────────────────────────────────────────────────────────────────────────────────

type Encoding = "br" | "gzip" | "identity";

const made = new WeakMap<PublicDocument["body"], Map<Encoding, PreparedDocument>>();

function variantOf(document: PublicDocument, encoding: Encoding): PreparedDocument {
  const variants = made.get(document.body) ?? new Map<Encoding, PreparedDocument>();
  made.set(document.body, variants);
  const variant = variants.get(encoding) ?? encoded(document, encoding);
  variants.set(encoding, variant);
  return variant;
}

function encoded({ body, etag, maxAgeSeconds }: PublicDocument, encoding: Encoding) {
  const parts = {
    contentType: "application/json",
    cacheControl: `public, max-age=${maxAgeSeconds}, stale-if-error=${STALE_IF_ERROR_SECONDS}`,
    vary: "Accept-Encoding",
  };
  if (encoding === "identity") return prepareDocument({ ...parts, body, etag });
  return prepareDocument({
    ...parts,
    body: encoding === "br" ? brotliCompressSync(body) : gzipSync(body),
    // Of these bytes: each encoding has its own (RFC 9110 §8.8.3.3).
    etag: etag.replace(/"$/, `-${encoding}"`),
    contentEncoding: encoding,
  });
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
