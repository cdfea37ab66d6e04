// A site's copy of one status list: looked at in memory, asked for again in the background, and kept through
// whatever goes wrong. How old it may be for a request is the caller's choice: `latest` or `fresh`.
import { randomInt } from "node:crypto";
import type { Logger } from "pino";
import { type Clock, hasPassed } from "./clock.ts";
import type { FetchStatusList } from "./fetch-status-list.ts";
import type { KeyCache } from "./key-cache.ts";
import { InvalidStatusList, type StatusList } from "./status-list-token.ts";

export interface HeldStatusList {
  list: StatusList;
  etag: string | undefined;
  /** When it was asked for, so that nothing in it is older than that. */
  fetchedAt: Date;
}

export interface StatusListCopy {
  /**
   * The last good list. A request waits for a newer one only while that can be expected to come: not after a
   * failure. Undefined when there has never been one.
   */
  latest(): Promise<HeldStatusList | undefined>;
  /** The list, no older than its ttl; undefined when it cannot be had. Never throws. */
  fresh(): Promise<HeldStatusList | undefined>;
  /** Something has ended that the list may not know of yet: it is due, however young. */
  becomeDue(): void;
  /** Asks again when that is due and somebody still looks at it. Does not wait. */
  refreshIfDue(): void;
  /** Resolves when nothing is being fetched any more. */
  stop(): Promise<void>;
}

/** In the last fifth of its ttl, at no fixed moment: sites that started together do not ask together. */
const EARLIEST_SHARE_PERCENT = 80;
const RETRY_SECONDS = 5;
/** However many requests insist on a fresh list while the provider is away. */
const INSISTENT_RETRY_SECONDS = 1;
/** Longer than a retry takes: a failure this old says that nobody has tried since. */
const FORGET_FAILURE_SECONDS = 15;
/** A list that no request has looked at for so long is not asked for any more. */
const IDLE_SECONDS = 120;

export function createStatusListCopy(options: {
  uri: string;
  fetchList: FetchStatusList;
  keys: Pick<KeyCache, "holds">;
  clock: Clock;
  logger: Logger;
}): StatusListCopy {
  const { uri, fetchList, keys, clock, logger } = options;
  let held: HeldStatusList | undefined;
  let failedAt: Date | undefined;
  let lookedAt = clock.now();
  let dueShare = 1;
  // How often it has become due, and how often it had when the list that is held was asked for: an answer that
  // was on its way meanwhile is not enough.
  let called = 0;
  let answered = 0;
  let inFlight: Promise<void> | undefined;

  /** A list that has expired, or that a key has signed which is gone since, needs the provider's word again. */
  const isSound = ({ list }: HeldStatusList) =>
    keys.holds(list.kid) && clock.now() < list.expiresAt;
  const isWithin = (share: number) =>
    held !== undefined &&
    isSound(held) &&
    !hasPassed(clock, held.list.ttlSeconds * share, held.fetchedAt);
  const hasFailedWithin = (seconds: number) =>
    failedAt !== undefined && !hasPassed(clock, seconds, failedAt);

  const ask = async () => {
    const fetchedAt = clock.now();
    const callsBefore = called;
    try {
      const answer = await fetchList(uri, held && isSound(held) ? held.etag : undefined);
      // "Not modified" confirms the list that we hold.
      const list = answer.list ?? held?.list;
      if (!list) throw new InvalidStatusList("not modified, yet nothing is held");
      held = { list, etag: answer.etag, fetchedAt };
      failedAt = undefined;
      answered = callsBefore;
      dueShare = randomInt(EARLIEST_SHARE_PERCENT, 100) / 100;
    } catch (error) {
      failedAt = clock.now();
      logger.warn({ err: error, uri, since: held?.fetchedAt }, "status list not refreshed");
    }
  };
  const askShared = () => {
    inFlight ??= ask().finally(() => {
      inFlight = undefined;
    });
    return inFlight;
  };

  return {
    async latest() {
      lookedAt = clock.now();
      if (!isWithin(1) && !hasFailedWithin(FORGET_FAILURE_SECONDS)) await askShared();
      return held;
    },
    async fresh() {
      lookedAt = clock.now();
      if (!isWithin(1) && !hasFailedWithin(INSISTENT_RETRY_SECONDS)) await askShared();
      return isWithin(1) ? held : undefined;
    },
    becomeDue() {
      called += 1;
    },
    refreshIfDue() {
      const isIdle = hasPassed(clock, IDLE_SECONDS, lookedAt);
      const isDue = called > answered || !isWithin(dueShare);
      if (!inFlight && !isIdle && isDue && !hasFailedWithin(RETRY_SECONDS)) void askShared();
    },
    async stop() {
      await inFlight;
    },
  };
}
