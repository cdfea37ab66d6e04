import { secondsAfter } from "../records/lifetimes.ts";

const LONGEST_SECONDS = 60;

/**
 * When to try again after so many attempts: 1, 2, 4 … 60 seconds later, each up to a fifth more or
 * less, so that what failed together does not come back together.
 * @param attempts  at least 1
 * @param chance    0 to 1
 */
export function retryAt(attempts: number, now: Date, chance = Math.random()): Date {
  const seconds = Math.min(LONGEST_SECONDS, 2 ** (attempts - 1));
  return secondsAfter(now, seconds * (0.8 + 0.4 * chance));
}
