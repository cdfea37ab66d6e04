// The copy of the provider's public keys that a site verifies with, on its own. Kept fresh in the background,
// kept through outages and restarts for a day (RFC 5861's idea), fetched at most once in 30 seconds.
// jose's remote set is not used: it refuses every token ten minutes after its last good fetch.
import { type CryptoKey, createLocalJWKSet, type JWTHeaderParameters } from "jose";
import type { Logger } from "pino";
import { z } from "zod";
import type { Clock } from "./clock.ts";
import { fetchKeySet } from "./fetch-key-set.ts";
import { createFetchPace } from "./fetch-pace.ts";
import { KEY_SET_MAX_BYTES, KeySet, type SigningKey } from "./key-set.ts";
import { boundedFetch, type FetchLike } from "./outbound-fetch.ts";
import type { Reachability } from "./reachability.ts";
import type { StateFile } from "./state-file.ts";

/** No key set is held, or the last good one is too old to be believed. */
export class KeysUnavailable extends Error {
  override name = "KeysUnavailable";
}

/** The token names a key that the provider does not publish, or that is distrusted. */
export class UnknownKey extends Error {
  override name = "UnknownKey";
}

export interface KeyCache {
  /**
   * The key that a token header names; asks the provider once when the key is new to us.
   * @throws KeysUnavailable or UnknownKey
   */
  resolve(header: JWTHeaderParameters): Promise<CryptoKey>;
  /** Whether tokens by this key are acceptable now. Never fetches. */
  holds(kid: string): boolean;
  /** Whether there is a set to verify with, however old within the bound. */
  isUsable(): boolean;
  fetchedAt(): Date | undefined;
  /** Refuses a key from now on, also across restarts, whatever the provider publishes. */
  distrust(kid: string): Promise<void>;
  /** Reads what an earlier process kept, then refreshes in the background. */
  start(): Promise<void>;
  /** Fetches now if the pace allows; concurrent callers share one request. Never throws. */
  refresh(): Promise<void>;
  /** Resolves when nothing is being fetched or written any more. */
  stop(): Promise<void>;
}

/** What survives a restart. */
export const KeptKeys = z.object({
  issuer: z.string(),
  fetchedAt: z.iso.datetime(),
  maxAgeSeconds: z.number(),
  etag: z.string().optional(),
  keys: KeySet,
  distrusted: z.array(z.string()),
});
export type KeptKeys = z.infer<typeof KeptKeys>;

const STALE_AFTER_SECONDS = 24 * 3600;
const POLL_MILLISECONDS = 500;

export interface KeyCacheOptions {
  issuer: string;
  algorithms: readonly string[];
  /** From discovery; undefined until that has succeeded. */
  jwksUri(): string | undefined;
  fetch: FetchLike;
  clock: Clock;
  file: StateFile<KeptKeys>;
  reachability: Reachability;
  logger: Logger;
  /** Refresh at least this often, whatever max-age says. */
  refreshSeconds?: number;
  deadlineMilliseconds?: number;
}

interface Held {
  keys: SigningKey[];
  byKid: Map<string, SigningKey>;
  local: (header: JWTHeaderParameters) => Promise<CryptoKey>;
  fetchedAt: Date;
  maxAgeSeconds: number;
  etag: string | undefined;
}

export function createKeyCache(options: KeyCacheOptions): KeyCache {
  const { issuer, algorithms, clock, file, logger, reachability, refreshSeconds = 300 } = options;
  const fetch = boundedFetch(options.fetch, {
    maxBytes: KEY_SET_MAX_BYTES,
    deadlineMilliseconds: options.deadlineMilliseconds ?? 3000,
  });
  let held: Held | undefined;
  let inFlight: Promise<void> | undefined;
  let timer: NodeJS.Timeout | undefined;
  const distrusted = new Set<string>();
  const pace = createFetchPace({ clock });

  const secondsSince = (at: Date) => (clock.now().getTime() - at.getTime()) / 1000;
  const believable = () =>
    held && secondsSince(held.fetchedAt) <= STALE_AFTER_SECONDS ? held : undefined;

  const isDue = () => {
    if (!held) return pace.allowsFirst();
    const age = secondsSince(held.fetchedAt);
    return (age < 0 || age >= Math.min(held.maxAgeSeconds, refreshSeconds)) && pace.allows();
  };

  const hold = (keys: SigningKey[], fetchedAt: Date, maxAgeSeconds: number, etag?: string) => {
    const local = createLocalJWKSet({ keys });
    const byKid = new Map(keys.map((key) => [key.kid, key]));
    held = { keys, byKid, local: (header) => local(header), fetchedAt, maxAgeSeconds, etag };
  };
  const keep = async () => {
    if (!held) return;
    const { keys, maxAgeSeconds, etag } = held;
    const kept = { issuer, keys, maxAgeSeconds, distrusted: [...distrusted] };
    await file
      .write({ ...kept, fetchedAt: held.fetchedAt.toISOString(), ...(etag && { etag }) })
      .catch((error: unknown) => logger.warn({ err: error }, "could not keep the key set"));
  };

  const attempt = async (uri: string) => {
    pace.began();
    try {
      const answer = await fetchKeySet({ uri, fetch, algorithms, etag: held?.etag });
      // "Not modified" confirms the keys that we hold.
      const keys = answer.keys ?? held?.keys;
      if (!keys) throw new Error("not modified, yet nothing is held");
      hold(keys, clock.now(), answer.maxAgeSeconds, answer.etag);
      pace.ended("good");
      reachability.answered();
      logger.debug({ kids: [...(held?.byKid.keys() ?? [])] }, "key set refreshed");
    } catch (error) {
      pace.ended("bad");
      reachability.failed();
      logger.warn(
        { err: error, age: held && secondsSince(held.fetchedAt) },
        "key set not refreshed",
      );
      return;
    }
    await keep();
  };
  const fetchOnce = () => {
    const uri = options.jwksUri();
    if (!uri) return Promise.resolve();
    inFlight ??= attempt(uri).finally(() => {
      inFlight = undefined;
    });
    return inFlight;
  };
  const refresh = () => inFlight ?? (pace.allows() ? fetchOnce() : Promise.resolve());
  const refreshInBackground = () => {
    if (!inFlight && isDue()) void fetchOnce();
  };

  /** The set that can verify tokens by this key now. */
  const find = (kid: string) => {
    const set = believable();
    return set?.byKid.has(kid) && !distrusted.has(kid) ? set : undefined;
  };

  return {
    async resolve(header) {
      const { kid } = header;
      if (typeof kid !== "string" || distrusted.has(kid))
        throw new UnknownKey("not a key we trust");
      refreshInBackground();
      if (!find(kid)) await refresh();
      const set = find(kid);
      if (set) return set.local(header);
      if (!believable()) throw new KeysUnavailable("no key set to verify with");
      throw new UnknownKey("not a key that the issuer publishes");
    },
    holds: (kid) => find(kid) !== undefined,
    isUsable: () => believable() !== undefined,
    fetchedAt: () => held?.fetchedAt,
    async distrust(kid) {
      distrusted.add(kid);
      await keep();
    },
    async start() {
      const kept = await file.read();
      if (kept?.issuer === issuer) {
        // A time to come, left by a clock that was wrong, must not stretch the day.
        const fetchedAt = Math.min(Date.parse(kept.fetchedAt), clock.now().getTime());
        hold(kept.keys, new Date(fetchedAt), kept.maxAgeSeconds, kept.etag);
        for (const kid of kept.distrusted) distrusted.add(kid);
      }
      timer = setInterval(refreshInBackground, POLL_MILLISECONDS).unref();
    },
    refresh,
    async stop() {
      clearInterval(timer);
      await inFlight;
    },
  };
}
