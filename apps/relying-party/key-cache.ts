// The copy of the provider's public keys that a site verifies with, on its own: kept through outages and
// restarts for a day (RFC 5861's idea). When a new one is asked for is key-set-refresh.ts. jose's remote set is not used: it refuses every token ten minutes after its last good fetch.
import type { CryptoKey, JWTHeaderParameters } from "jose";
import type { Logger } from "pino";
import type { Clock } from "./clock.ts";
import { createDistrustedKeys, type DistrustedKeys } from "./distrusted-keys.ts";
import { fetchKeySet } from "./fetch-key-set.ts";
import { type HeldKeys, holdKept, holdKeys, keptSet } from "./held-keys.ts";
import { distrustIn, type KeptKeys, keptDistrust } from "./kept-keys.ts";
import { KEY_SET_MAX_BYTES } from "./key-set.ts";
import { createKeySetRefresh } from "./key-set-refresh.ts";
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

export interface KeyCache extends DistrustedKeys {
  /**
   * The key that a token header names; asks the provider once when the key is new to us.
   * @throws KeysUnavailable or UnknownKey
   */
  resolve(header: JWTHeaderParameters): Promise<CryptoKey>;
  /**
   * The same for a notice, which may be signed by a key that was made a moment ago: where the pace does not
   * allow to ask, it has a fetch of its own, once in 30 seconds.
   * @throws KeysUnavailable or UnknownKey
   */
  resolveUrgently(header: JWTHeaderParameters): Promise<CryptoKey>;
  /** Whether tokens by this key are acceptable now. Never fetches. */
  holds(kid: string): boolean;
  /** The published keys that are believed now, those that only others can use included; sorted. */
  kids(): string[];
  /** Whether there is a set to verify with, however old within the bound. */
  isUsable(): boolean;
  fetchedAt(): Date | undefined;
  /** Reads what an earlier process kept, then refreshes in the background. */
  start(): Promise<void>;
  /** Fetches now if the pace allows; concurrent callers share one request. Never throws. */
  refresh(): Promise<void>;
  /** Fetches now, whatever the pace says, but so at most once in 5 seconds. Never throws. */
  refetch(): Promise<void>;
  /** Resolves when nothing is being fetched or written any more. */
  stop(): Promise<void>;
}

const STALE_AFTER_SECONDS = 24 * 3600;

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
  /** Told when other keys are held or refused than before. */
  changed?: () => void;
  /** Refresh at least this often, whatever max-age says. */
  refreshSeconds?: number;
  deadlineMilliseconds?: number;
}

export function createKeyCache(options: KeyCacheOptions): KeyCache {
  const { issuer, algorithms, clock, file, logger, reachability, refreshSeconds = 300 } = options;
  const { changed = () => undefined } = options;
  const fetch = boundedFetch(options.fetch, {
    maxBytes: KEY_SET_MAX_BYTES,
    deadlineMilliseconds: options.deadlineMilliseconds ?? 3000,
  });
  let held: HeldKeys | undefined;

  const secondsSince = (at: Date) => (clock.now().getTime() - at.getTime()) / 1000;
  const believable = () =>
    held && secondsSince(held.fetchedAt) <= STALE_AFTER_SECONDS ? held : undefined;

  const hold = (set: HeldKeys) => {
    const before = held?.published.kids.join(" ");
    held = set;
    if (set.published.kids.join(" ") !== before) changed();
  };
  const keep = async () => {
    if (!held) return;
    await file
      .write({ issuer, ...keptSet(held), ...keptDistrust(trust.distrusted()) })
      .catch((error: unknown) => logger.warn({ err: error }, "could not keep the key set"));
  };
  const { restore, ...trust } = createDistrustedKeys({
    clock,
    logger,
    changed() {
      changed();
      return keep();
    },
  });

  const fetchFrom = async (uri: string) => {
    try {
      const answer = await fetchKeySet({ uri, fetch, algorithms, etag: held?.etag });
      // "Not modified" confirms the keys that we hold.
      const published = answer.published ?? held?.published;
      if (!published) throw new Error("not modified, yet nothing is held");
      const { maxAgeSeconds, etag } = answer;
      hold(holdKeys({ published, fetchedAt: clock.now(), maxAgeSeconds, etag }));
      reachability.answered();
      logger.debug({ kids: published.kids }, "key set refreshed");
    } catch (error) {
      reachability.failed();
      logger.warn(
        { err: error, age: held && secondsSince(held.fetchedAt) },
        "key set not refreshed",
      );
      return "bad";
    }
    await keep();
    return "good";
  };
  const refresh = createKeySetRefresh({
    clock,
    copy() {
      if (!held) return "none";
      const age = secondsSince(held.fetchedAt);
      return age < 0 || age >= Math.min(held.maxAgeSeconds, refreshSeconds) ? "old" : "fresh";
    },
    ask() {
      const uri = options.jwksUri();
      return uri === undefined ? undefined : fetchFrom(uri);
    },
  });

  /** The set that can verify tokens by this key now. */
  const find = (kid: string) => {
    const set = believable();
    return set?.usable.has(kid) && !trust.isDistrusted(kid) ? set : undefined;
  };

  const resolveAsking = (ask: () => Promise<void>) => async (header: JWTHeaderParameters) => {
    const { kid } = header;
    if (typeof kid !== "string" || trust.isDistrusted(kid))
      throw new UnknownKey("not a key we trust");
    refresh.ifDue();
    if (!find(kid)) await ask();
    const set = find(kid);
    if (set) return set.local(header);
    if (!believable()) throw new KeysUnavailable("no key set to verify with");
    throw new UnknownKey("not a key that the issuer publishes");
  };

  return {
    ...trust,
    resolve: resolveAsking(refresh.now),
    resolveUrgently: resolveAsking(refresh.urgently),
    holds: (kid) => find(kid) !== undefined,
    kids: () =>
      (believable()?.published.kids ?? []).filter((kid) => !trust.isDistrusted(kid)).sort(),
    isUsable: () => [...(believable()?.usable ?? [])].some((kid) => !trust.isDistrusted(kid)),
    fetchedAt: () => held?.fetchedAt,
    async start() {
      const kept = await file.read();
      if (kept?.issuer === issuer) {
        restore(distrustIn(kept, clock.now()));
        hold(holdKept(kept, clock.now()));
      }
      refresh.start();
    },
    refresh: refresh.now,
    refetch: refresh.outOfTurn,
    stop: refresh.stop,
  };
}
