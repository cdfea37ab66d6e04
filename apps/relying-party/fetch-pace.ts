import { type Clock, hasPassed } from "./clock.ts";

/** However many unknown keys are named, and whether or not fetches succeed (security requirement Z2). */
const PAUSE_SECONDS = 30;
/** A copy that is too old is asked for once more soon: one request may fail without anything being wrong. */
const SECOND_TRY_SECONDS = 5;
const FIRST_RETRY_SECONDS = 0.5;
/** However many notices the provider has signed. */
const EXTRA_PAUSE_SECONDS = 5;
/** However many notices say that it has. */
const URGENT_PAUSE_SECONDS = 30;

/** How often a site may ask for the key set. */
export interface FetchPace {
  /** Notes that a fetch begins now. */
  began(): void;
  ended(outcome: "good" | "bad"): void;
  /** Whether the usual pause since the last fetch is over. */
  allows(): boolean;
  /**
   * The same for a copy that is too old by the provider's own word: while all is well, that word is enough, and
   * after a first failure the pause is shorter.
   */
  allowsDue(): boolean;
  /** The same for a site that has no keys at all yet: it starts soon, then ever more slowly. */
  allowsFirst(): boolean;
  /** Whether there may be one out of turn now, which is then taken. */
  takeExtra(): boolean;
  /** Whether one may be spent on a notice by a key that is new to us, which is then taken. */
  takeUrgent(): boolean;
}

export function createFetchPace({ clock }: { clock: Clock }): FetchPace {
  let lastBeganAt: Date | undefined;
  let lastExtraAt: Date | undefined;
  let lastUrgentAt: Date | undefined;
  let failures = 0;
  const isOver = (pauseSeconds: number) => hasPassed(clock, pauseSeconds, lastBeganAt);
  return {
    began() {
      lastBeganAt = clock.now();
    },
    ended(outcome) {
      failures = outcome === "good" ? 0 : failures + 1;
    },
    allows: () => isOver(PAUSE_SECONDS),
    allowsDue() {
      if (failures === 0) return true;
      return isOver(failures === 1 ? SECOND_TRY_SECONDS : PAUSE_SECONDS);
    },
    allowsFirst: () => isOver(Math.min(FIRST_RETRY_SECONDS * 2 ** failures, PAUSE_SECONDS)),
    takeExtra() {
      if (!hasPassed(clock, EXTRA_PAUSE_SECONDS, lastExtraAt)) return false;
      lastExtraAt = clock.now();
      return true;
    },
    takeUrgent() {
      if (!hasPassed(clock, URGENT_PAUSE_SECONDS, lastUrgentAt)) return false;
      lastUrgentAt = clock.now();
      return true;
    },
  };
}
