import type { Clock } from "./clock.ts";

/** After failures in a row, requests of people do not wait for another one. A single one may mean nothing. */
const PAUSE_SECONDS = 5;
const FAILURES_IN_A_ROW = 2;

/** What the last requests told about the identity provider. */
export interface Reachability {
  answered(): void;
  failed(): void;
  /** When it first failed to answer, if it has not answered since. */
  unreachableSince(): Date | undefined;
  /** True for a few seconds after failures in a row: asking again would only make a person wait. */
  isPausing(): boolean;
}

export function createReachability({ clock }: { clock: Clock }): Reachability {
  let since: Date | undefined;
  let lastFailure: Date | undefined;
  let failures = 0;
  return {
    answered() {
      since = lastFailure = undefined;
      failures = 0;
    },
    failed() {
      lastFailure = clock.now();
      since ??= lastFailure;
      failures += 1;
    },
    unreachableSince: () => since,
    isPausing() {
      if (!lastFailure || failures < FAILURES_IN_A_ROW) return false;
      const elapsed = clock.now().getTime() - lastFailure.getTime();
      return elapsed >= 0 && elapsed < PAUSE_SECONDS * 1000;
    },
  };
}
