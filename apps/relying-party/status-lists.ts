// The provider's status lists at one site, one copy for each address. Requests look at them in memory; only the
// background asks the provider, and only for lists that requests still look at.
import { LRUCache } from "lru-cache";
import type { Logger } from "pino";
import type { Clock } from "./clock.ts";
import { createFetchStatusList } from "./fetch-status-list.ts";
import type { KeyCache } from "./key-cache.ts";
import { boundedFetch, type FetchLike } from "./outbound-fetch.ts";
import { createStatusListCopy, type StatusListCopy } from "./status-list-copy.ts";
import { createStatusListReader, STATUS_LIST_MAX_BYTES } from "./status-list-token.ts";

export interface StatusLists {
  /** The copy of the list at this address, which the caller has found to be the provider's own. */
  at(uri: string): Pick<StatusListCopy, "latest" | "fresh">;
  /** Something has ended at the provider just now: every copy is asked for anew, a moment later at most. */
  becomeDue(): void;
  start(): void;
  /** Resolves when nothing is being fetched any more. */
  stop(): Promise<void>;
}

const MOST_LISTS = 32;
/** However much ends at once, no list is asked for more often. */
const POLL_MILLISECONDS = 250;
/** The longest that a request may wait for a list. */
const DEADLINE_MILLISECONDS = 2000;

export function createStatusLists(options: {
  issuer: string;
  algorithms: readonly string[];
  keys: Pick<KeyCache, "resolve" | "holds">;
  fetch: FetchLike;
  clock: Clock;
  logger: Logger;
}): StatusLists {
  const { keys, clock, logger } = options;
  const fetch = boundedFetch(options.fetch, {
    maxBytes: STATUS_LIST_MAX_BYTES,
    deadlineMilliseconds: DEADLINE_MILLISECONDS,
  });
  const fetchList = createFetchStatusList({ fetch, read: createStatusListReader(options) });
  const copies = new LRUCache<string, StatusListCopy>({ max: MOST_LISTS });
  let timer: NodeJS.Timeout | undefined;

  return {
    at(uri) {
      const known = copies.get(uri);
      if (known) return known;
      const copy = createStatusListCopy({ uri, fetchList, keys, clock, logger });
      copies.set(uri, copy);
      return copy;
    },
    becomeDue() {
      for (const copy of copies.values()) copy.becomeDue();
    },
    start() {
      timer = setInterval(() => {
        for (const copy of copies.values()) copy.refreshIfDue();
      }, POLL_MILLISECONDS).unref();
    },
    async stop() {
      clearInterval(timer);
      await Promise.all([...copies.values()].map((copy) => copy.stop()));
    },
  };
}
