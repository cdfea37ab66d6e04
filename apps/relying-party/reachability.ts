import type { Clock } from "./clock.ts";

/** After a failure, requests of people do not wait for another one to fail. */
const PAUSE_SECONDS = 5;

/** What the last requests told about the identity provider. */
export interface Reachability {
  answered(): void;
  failed(): void;
  /** When it first failed to answer, if it has not answered since. */
  unreachableSince(): Date | undefined;
  /** True for a few seconds after a failure: asking again would only make a person wait. */
  isPausing(): boolean;
}

export function createReachability({ clock }: { clock: Clock }): Reachability {
  let since: Date | undefined;
  let lastFailure: Date | undefined;
  return {
    answered() {
      since = lastFailure = undefined;
    },
    failed() {
      lastFailure = clock.now();
      since ??= lastFailure;
    },
    unreachableSince: () => since,
    isPausing() {
      if (!lastFailure) return false;
      const elapsed = clock.now().getTime() - lastFailure.getTime();
      return elapsed >= 0 && elapsed < PAUSE_SECONDS * 1000;
    },
  };
}
