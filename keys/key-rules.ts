// When a key may sign and when it may go: pure decisions over keys and a time (security K2, K3).
import type { KeyState, SigningKey } from "./signing-key.ts";

export interface KeyRules {
  /** How long a key is published before it signs. */
  readonly leadSeconds: number;
  readonly longestTokenSeconds: number;
  readonly skewSeconds: number;
}

/** Verifiers may refuse a longer set; ours do past 20 (security K10, Z2). */
export const MOST_PUBLISHED = 16;

export const isPublished = ({ state }: SigningKey): boolean =>
  state === "pending" || state === "active" || state === "retiring";

const plus = (time: Date, seconds: number) => new Date(time.getTime() + seconds * 1000);

/** From when a pending key may sign: every cache has seen it by then. */
export const safeFrom = (key: SigningKey, { leadSeconds }: KeyRules): Date | undefined =>
  key.state === "pending" ? plus(key.publishedAt, leadSeconds) : undefined;

/**
 * When a retiring key leaves the JWKS. The skew covers replicas that learn of the rotation late:
 * none signs with a set that it has not confirmed for that long (key-ring.ts).
 */
export const leavesAt = (
  key: SigningKey,
  { longestTokenSeconds, skewSeconds }: KeyRules,
): Date | undefined =>
  key.state === "retiring" && key.retiringAt !== undefined
    ? plus(key.retiringAt, longestTokenSeconds + skewSeconds)
    : undefined;

export const dueToRetire = (keys: readonly SigningKey[], rules: KeyRules, now: Date) =>
  keys.filter((key) => {
    const leaves = leavesAt(key, rules);
    return leaves !== undefined && leaves <= now;
  });

/**
 * What each algorithm lacks of its two keys. An active key is only ever missing together with all
 * others: where there were keys before, one takes over by rotation alone.
 */
export function missingPlaces(
  keys: readonly SigningKey[],
  algs: readonly string[],
): { alg: string; state: KeyState }[] {
  return algs.flatMap((alg) => {
    const own = keys.filter((key) => key.alg === alg);
    const lacking: KeyState[] = [];
    if (own.length === 0) lacking.push("active");
    if (!own.some(({ state }) => state === "pending")) lacking.push("pending");
    return lacking.map((state) => ({ alg, state }));
  });
}

export interface Succession {
  readonly alg: string;
  /** The kid that signs until now. */
  readonly active: string;
  /** The kid that signs from now on. */
  readonly pending: string;
}

export type RotationDecision =
  | { kind: "rotate"; successions: Succession[] }
  | { kind: "too-early"; safeFrom: Date; reason: string };

/** Whether the pending keys may take over now; every algorithm rotates together. */
export function decideRotation(
  keys: readonly SigningKey[],
  { algs, rules, now }: { algs: readonly string[]; rules: KeyRules; now: Date },
): RotationDecision {
  const successions = algs.map((alg): Succession & { safeFrom: Date } => {
    const active = keys.find((key) => key.alg === alg && key.state === "active");
    const pending = keys.find((key) => key.alg === alg && key.state === "pending");
    if (active === undefined || pending === undefined) {
      throw new Error(`${alg} lacks its active or its pending key`);
    }
    return {
      alg,
      active: active.kid,
      pending: pending.kid,
      safeFrom: plus(pending.publishedAt, rules.leadSeconds),
    };
  });

  const latest = successions.reduce((a, b) => (a.safeFrom > b.safeFrom ? a : b));
  if (latest.safeFrom > now) {
    return {
      kind: "too-early",
      safeFrom: latest.safeFrom,
      reason: `The next key ${latest.pending} must be published for ${rules.leadSeconds} s before it signs, so that every site has seen it: safe from ${latest.safeFrom.toISOString()}`,
    };
  }

  const published = keys.filter(isPublished);
  if (published.length + algs.length > MOST_PUBLISHED) {
    const leaving = published
      .map((key) => leavesAt(key, rules))
      .filter((time) => time !== undefined)
      .sort((a, b) => a.getTime() - b.getTime());
    const [first = now] = leaving;
    return {
      kind: "too-early",
      safeFrom: first,
      reason: `${published.length} keys are published, and no more than ${MOST_PUBLISHED} may be: the next one leaves at ${first.toISOString()}`,
    };
  }
  return {
    kind: "rotate",
    successions: successions.map(({ alg, active, pending }) => ({ alg, active, pending })),
  };
}
