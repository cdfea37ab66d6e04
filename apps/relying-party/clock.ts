/** The time that decides expiry, so that tests can move it. */
export interface Clock {
  now(): Date;
}

export const systemClock: Clock = { now: () => new Date() };

/** Seconds since 1970, the NumericDate of RFC 7519 §2; exists only next to JWTs. */
export const numericDate = (at: Date): number => Math.floor(at.getTime() / 1000);

/**
 * Whether so many seconds have passed since then, or since ever. A clock that went back must not make
 * anyone wait for good.
 */
export function hasPassed(clock: Clock, seconds: number, since: Date | undefined): boolean {
  if (!since) return true;
  const elapsed = (clock.now().getTime() - since.getTime()) / 1000;
  return elapsed < 0 || elapsed >= seconds;
}
