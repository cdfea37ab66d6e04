// When a key may sign and when it may go: pure decisions over keys and a time (security K2, K3).
import type { KeyState, SigningKey } from "./signing-key.ts";
import {
  type SiteSighting,
  type UnreadySite,
  unreadySites,
  withoutWitness,
} from "./site-readiness.ts";

export interface KeyRules {
  /** How long a key is published before it signs. */
  readonly leadSeconds: number;
  /** How long a copy of the JWKS may be used unasked. */
  readonly jwksMaxAgeSeconds: number;
  readonly longestTokenSeconds: number;
  readonly skewSeconds: number;
  /** How long a key signs before it is replaced by itself; 0: never. */
  readonly rotationSeconds: number;
}

/** Verifiers may refuse a longer set; ours do past 20 (security K10, Z2). */
export const MOST_PUBLISHED = 16;

/** However near an activation is: verifiers are not to ask for the key set with every token. */
export const SHORTEST_MAX_AGE_SECONDS = 10;

export const isPublished = ({ state }: SigningKey): boolean =>
  state === "pending" || state === "active" || state === "retiring";

const plus = (time: Date, seconds: number) => new Date(time.getTime() + seconds * 1000);
const inOrder = (times: readonly Date[]) => [...times].sort((a, b) => a.getTime() - b.getTime());

/** From when a pending key may sign: every cache has seen it by then. */
export const safeFrom = (key: SigningKey, { leadSeconds }: KeyRules): Date | undefined =>
  key.state === "pending" ? plus(key.publishedAt, leadSeconds) : undefined;

/** From when every copy of the JWKS holds a pending key, where `Cache-Control` is heeded. */
export const spreadBy = (
  key: SigningKey,
  { leadSeconds, jwksMaxAgeSeconds }: KeyRules,
): Date | undefined =>
  key.state === "pending"
    ? plus(key.publishedAt, Math.min(leadSeconds, jwksMaxAgeSeconds))
    : undefined;

/** Three replicas' clocks decide it: whose rotated, whose signed last, and whose looks now. */
const CLOCKS = 3;

/**
 * When a retiring key leaves the JWKS: its last token has expired by then. One skew is for replicas
 * that learn of the rotation late, since none signs with a set that it has not confirmed for that
 * long (key-ring.ts); the others are for what the clocks may be off.
 */
export const leavesAt = (
  key: SigningKey,
  { longestTokenSeconds, skewSeconds }: KeyRules,
): Date | undefined =>
  key.state === "retiring" && key.retiringAt !== undefined
    ? plus(key.retiringAt, longestTokenSeconds + (1 + CLOCKS) * skewSeconds)
    : undefined;

export const dueToRetire = (keys: readonly SigningKey[], rules: KeyRules, now: Date) =>
  keys.filter((key) => {
    const leaves = leavesAt(key, rules);
    return leaves !== undefined && leaves <= now;
  });

/**
 * When the keys rotate by themselves, all together, unless somebody does it before: when the one that
 * has signed longest has done so for long enough.
 */
export function scheduledAt(
  keys: readonly SigningKey[],
  { rotationSeconds }: KeyRules,
): Date | undefined {
  if (rotationSeconds === 0) return undefined;
  const [since] = inOrder(
    keys.flatMap(({ state, activatedAt }) =>
      state === "active" && activatedAt ? [activatedAt] : [],
    ),
  );
  return since && plus(since, rotationSeconds);
}

/**
 * What each algorithm lacks of its two keys. Only where there was no key at all may one sign at once:
 * nobody has a copy of a key set then. An algorithm that is added later begins with a pending key.
 */
export function missingPlaces(
  keys: readonly SigningKey[],
  algs: readonly string[],
): { alg: string; state: KeyState }[] {
  return algs.flatMap((alg) => {
    const own = keys.filter((key) => key.alg === alg);
    const lacking: KeyState[] = [];
    if (keys.length === 0) lacking.push("active");
    if (!own.some(({ state }) => state === "pending")) lacking.push("pending");
    return lacking.map((state) => ({ alg, state }));
  });
}

/** What one algorithm's keys become in a rotation. */
export interface Succession {
  readonly alg: string;
  /** The kid that signs until now, if any. */
  readonly active?: string;
  /** The kid that signs from now on. */
  readonly pending: string;
}

export type RotationDecision =
  | { kind: "rotate"; successions: Succession[] /** No longer enabled. */; leaving: string[] }
  | { kind: "too-early"; safeFrom: Date; reason: string; unready: readonly UnreadySite[] };

export interface RotationQuestion {
  readonly algs: readonly string[];
  readonly rules: KeyRules;
  readonly now: Date;
  /** Every enabled site that has obtained a token within the last lead period. */
  readonly sites: readonly SiteSighting[];
}

/**
 * Whether the pending keys may take over now; every algorithm rotates together. Before the lead has
 * passed they may exactly when all sites that could meet them have reported that they hold them.
 */
export function decideRotation(
  keys: readonly SigningKey[],
  question: RotationQuestion,
): RotationDecision {
  const { algs } = question;
  const pendings = algs.map((alg) => {
    const pending = keys.find((key) => key.alg === alg && key.state === "pending");
    if (pending === undefined) throw new Error(`${alg} lacks its pending key`);
    return pending;
  });
  const tooEarly = tooYoung(pendings, question) ?? tooMany(keys, question);
  if (tooEarly !== undefined) return tooEarly;
  return {
    kind: "rotate",
    successions: pendings.map(({ alg, kid }) => {
      const active = keys.find((key) => key.alg === alg && key.state === "active");
      return { alg, pending: kid, ...(active && { active: active.kid }) };
    }),
    leaving: keys
      .filter(
        ({ alg, state }) => !algs.includes(alg) && (state === "active" || state === "pending"),
      )
      .map(({ kid }) => kid),
  };
}

type TooEarly = Extract<RotationDecision, { kind: "too-early" }>;

/** Some site would meet a key that it has never seen, or nobody can say that none would. */
function tooYoung(
  pendings: readonly SigningKey[],
  { rules, now, sites }: RotationQuestion,
): TooEarly | undefined {
  const young = pendings.filter((key) => plus(key.publishedAt, rules.leadSeconds) > now);
  const unready = unreadySites(sites, young);
  const safe = inOrder(young.map((key) => plus(key.publishedAt, rules.leadSeconds))).at(-1);
  if (safe !== undefined && unready.length > 0) {
    return {
      kind: "too-early",
      safeFrom: safe,
      reason: `Not every site has the next key yet: ${unready.map(inWords).join("; ")}. Safe as soon as they have, and from ${safe.toISOString()} in any case`,
      unready,
    };
  }
  const spread = inOrder(
    withoutWitness(sites, young)
      .map((key) => spreadBy(key, rules))
      .filter((time) => time !== undefined),
  ).at(-1);
  if (spread === undefined || spread <= now) return undefined;
  return {
    kind: "too-early",
    safeFrom: spread,
    reason: `No site has obtained a token lately that could say whether it has the next key. Safe from ${spread.toISOString()}, when no copy of the key set may be used any more that lacks it`,
    unready: [],
  };
}

/** As many are published as verifiers take. */
function tooMany(
  keys: readonly SigningKey[],
  { algs, rules, now }: RotationQuestion,
): TooEarly | undefined {
  const published = keys.filter(isPublished);
  if (published.length + algs.length <= MOST_PUBLISHED) return undefined;
  const [first = now] = inOrder(
    published.map((key) => leavesAt(key, rules)).filter((time) => time !== undefined),
  );
  return {
    kind: "too-early",
    safeFrom: first,
    reason: `${published.length} keys are published, and no more than ${MOST_PUBLISHED} may be: the next one leaves at ${first.toISOString()}`,
    unready: [],
  };
}

/** Pending keys of algorithms that nothing signs with yet, once everybody has had the time to meet them. */
export function dueToBegin(
  keys: readonly SigningKey[],
  { algs, rules, now }: Pick<RotationQuestion, "algs" | "rules" | "now">,
): Succession[] {
  return keys.flatMap((key): Succession[] => {
    const { alg, kid, state } = key;
    if (state !== "pending" || !algs.includes(alg)) return [];
    if (keys.some((other) => other.alg === alg && other.state === "active")) return [];
    return plus(key.publishedAt, rules.leadSeconds) <= now ? [{ alg, pending: kid }] : [];
  });
}

const inWords = ({ name, why, instances }: UnreadySite) =>
  why === "silent"
    ? `${name} has not reported`
    : `${name} lacks it at ${instances.length} of its instances`;
