// How long to wait after so many failures in a row, by what they are counted against. Pure tables; the
// store looks waits up in them.

export interface ThrottlePolicy {
  /** Failures that cost no wait yet. */
  readonly free: number;
  readonly longestWaitSeconds: number;
  /** From this many on, only the last wait is left (NIST SP 800-63B-4 §3.2.2: at most 100 in a row). */
  readonly last: number;
  readonly lastWaitSeconds: number;
  /** After this long without failures they are forgotten. */
  readonly rememberSeconds: number;
}

const MINUTE = 60;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

export const throttlePolicies = {
  /** Somebody guessing one person's password from one place. */
  nameAtAddress: {
    free: 10,
    longestWaitSeconds: 15 * MINUTE,
    last: 100,
    lastWaitSeconds: DAY,
    rememberSeconds: 30 * DAY,
  },
  /** The same from many places. Places where the person has signed in before are not counted here. */
  name: {
    free: 20,
    longestWaitSeconds: 15 * MINUTE,
    last: 100,
    lastWaitSeconds: HOUR,
    rememberSeconds: 30 * DAY,
  },
  /** Somebody trying a few passwords on many people; many people may share an address, too. */
  address: {
    free: 100,
    longestWaitSeconds: 5 * MINUTE,
    last: 10_000,
    lastWaitSeconds: HOUR,
    rememberSeconds: DAY,
  },
} satisfies Record<string, ThrottlePolicy>;

/** Seconds until the next attempt, once this many have failed in a row: 0, …, 1, 2, 4, 8, … */
export function waitSeconds(failures: number, policy: ThrottlePolicy): number {
  if (failures < policy.free) return 0;
  if (failures >= policy.last) return policy.lastWaitSeconds;
  return Math.min(2 ** Math.min(failures - policy.free, 30), policy.longestWaitSeconds);
}

/**
 * The waits after 1, 2, 3, … failures, up to where they no longer change before `last`; what comes
 * after the list is its final entry, or the last wait.
 */
export function waitTable(policy: ThrottlePolicy): number[] {
  const growing = policy.free + Math.ceil(Math.log2(policy.longestWaitSeconds)) + 1;
  return Array.from({ length: growing }, (_, index) => waitSeconds(index + 1, policy));
}
