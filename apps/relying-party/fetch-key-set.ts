import { type PublishedKeys, readKeySet } from "./key-set.ts";
import type { FetchLike } from "./outbound-fetch.ts";

/** A believable answer of the JWKS endpoint. Without `published` it confirms the set that the ETag names. */
export interface KeySetAnswer {
  published?: PublishedKeys;
  etag: string | undefined;
  maxAgeSeconds: number;
}

const MAX_AGE_IF_UNSAID_SECONDS = 300;
const LEAST_MAX_AGE_SECONDS = 10;
const MOST_MAX_AGE_SECONDS = 24 * 3600;

/**
 * Asks for the key set (RFC 7517 §5), conditionally when an ETag is known.
 * @throws for anything that is not a key set: an error page, a redirect, an empty or malformed document
 */
export async function fetchKeySet(request: {
  uri: string;
  fetch: FetchLike;
  algorithms: readonly string[];
  etag: string | undefined;
}): Promise<KeySetAnswer> {
  const { uri, fetch, algorithms, etag } = request;
  const headers = {
    accept: "application/jwk-set+json, application/json",
    ...(etag && { "if-none-match": etag }),
  };
  const answer = await fetch(uri, { headers });
  const maxAgeSeconds = maxAgeOf(answer.headers.get("cache-control"));
  if (answer.status === 304 && etag) return { etag, maxAgeSeconds };
  const published =
    answer.status === 200 && isJson(answer) && readKeySet(await answer.text(), algorithms);
  if (!published) throw new Error(`no key set in the answer (status ${answer.status})`);
  return { published, etag: answer.headers.get("etag") ?? undefined, maxAgeSeconds };
}

const isJson = (answer: Response) =>
  /^application\/(?:jwk-set\+)?json\b/i.test(answer.headers.get("content-type") ?? "");

/** Cache-Control's max-age within reason: neither a fetch per request nor a week of silence. */
function maxAgeOf(cacheControl: string | null): number {
  const said = /(?:^|[\s,])max-age=(\d{1,9})/i.exec(cacheControl ?? "")?.[1];
  const seconds = said === undefined ? MAX_AGE_IF_UNSAID_SECONDS : Number(said);
  return Math.min(Math.max(seconds, LEAST_MAX_AGE_SECONDS), MOST_MAX_AGE_SECONDS);
}
