/** The time that decides expiry, so that tests can move it. */
export interface Clock {
  now(): Date;
}

export const systemClock: Clock = { now: () => new Date() };

/** Seconds since 1970, the NumericDate of RFC 7519 §2; exists only next to JWTs. */
export const numericDate = (at: Date): number => Math.floor(at.getTime() / 1000);
