import { type CryptoKey, createLocalJWKSet, type JWTHeaderParameters } from "jose";
import type { KeptKeys } from "./kept-keys.ts";
import type { PublishedKeys } from "./key-set.ts";

interface KeySetInHand {
  published: PublishedKeys;
  fetchedAt: Date;
  maxAgeSeconds: number;
  etag: string | undefined;
}

/** A key set in memory, ready to verify with. */
export interface HeldKeys extends KeySetInHand {
  /** The names of the keys that it can verify with. */
  usable: ReadonlySet<string>;
  local: (header: JWTHeaderParameters) => Promise<CryptoKey>;
}

export function holdKeys(set: KeySetInHand): HeldKeys {
  const { keys } = set.published;
  const local = createLocalJWKSet({ keys });
  return { ...set, usable: new Set(keys.map(({ kid }) => kid)), local: (header) => local(header) };
}

/** The same set, written by an earlier process. */
export function holdKept({ keys, kids, fetchedAt, maxAgeSeconds, etag }: KeptKeys, now: Date) {
  const published = { keys, kids: kids ?? keys.map(({ kid }) => kid) };
  // A time to come, left by a clock that was wrong, must not stretch the day.
  const at = new Date(Math.min(Date.parse(fetchedAt), now.getTime()));
  return holdKeys({ published, fetchedAt: at, maxAgeSeconds, etag });
}

/** What of a set is kept for the next process. */
export const keptSet = ({ published, fetchedAt, maxAgeSeconds, etag }: HeldKeys) => ({
  ...published,
  fetchedAt: fetchedAt.toISOString(),
  maxAgeSeconds,
  ...(etag && { etag }),
});
