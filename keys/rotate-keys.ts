// The pending keys take over and the next ones are published (OpenID Connect Core §10.1.1). Of several
// rotations at once exactly one wins; the others write nothing (security K5).
import {
  currentSet,
  happened,
  type KeyCause,
  type KeyChanges,
  limitIsReached,
} from "./key-changes.ts";
import { decideRotation, type KeyRules, scheduledAt } from "./key-rules.ts";
import type { SigningKey } from "./signing-key.ts";
import type { SiteSighting, UnreadySite } from "./site-readiness.ts";

export type RotateResult =
  | { kind: "rotated"; activated: string; published: string; retiring: string }
  | { kind: "too-early"; safeFrom: Date; reason: string; unready: readonly UnreadySite[] }
  /** As many as a day may have. */
  | { kind: "limit-reached"; most: number }
  /** Another one was first; of a scheduled one, also that its time is not now any more. */
  | { kind: "lost-race" };

/** Every enabled site that has obtained a token since then, with what its instances hold now. */
export type RecentSites = (since: Date, now: Date) => Promise<readonly SiteSighting[]>;

export interface Rotation {
  readonly cause: KeyCause;
  /** Nobody asked: the day's limit is for people. */
  readonly isScheduled?: boolean;
}

/** For upkeep that comes between: a key that is retired in this very moment is no other rotation. */
const TRIES = 3;

/** @throws DatabaseUnavailable, KeyEncryptionKeyWrong, KeySealUnavailable */
export const rotateKeys = (changes: KeyChanges, recentSites: RecentSites) => {
  const rotateOnce = rotateIfNobodyElse(changes, recentSites);
  return async (rotation: Rotation): Promise<RotateResult> => {
    for (let tries = 1; ; tries += 1) {
      const result = await rotateOnce(rotation);
      if (result.kind !== "disturbed") return result;
      const { keys } = await changes.store.read();
      const hasRotated = !keys.some(
        ({ kid, state }) => kid === result.active && state === "active",
      );
      if (hasRotated || tries === TRIES) return { kind: "lost-race" };
    }
  };
};

const rotateIfNobodyElse =
  (changes: KeyChanges, recentSites: RecentSites) =>
  async ({
    cause,
    isScheduled = false,
  }: Rotation): Promise<RotateResult | { kind: "disturbed"; active: string }> => {
    const { store, clock, rules, algs, limit, logger } = changes;
    // Read before everything that is decided, so that whatever happens meanwhile makes this one lose.
    const set = await currentSet(changes);
    const now = clock.now();
    if (isScheduled && !isDue(set.keys, rules, now)) return { kind: "lost-race" };
    const sites = await recentSites(new Date(now.getTime() - rules.leadSeconds * 1000), now);
    const decision = decideRotation(set.keys, { algs, rules, now, sites });
    if (decision.kind === "too-early") return decision;
    if (!isScheduled && (await limitIsReached(changes)))
      return { kind: "limit-reached", most: limit.most };

    const steps = await Promise.all(
      decision.successions.map(async (succession) => ({
        succession,
        next: await changes.newKey(succession.alg),
      })),
    );
    const [first] = steps;
    if (first?.succession.active === undefined) throw new Error("there is no key to rotate");
    const rotated = {
      activated: first.succession.pending,
      published: first.next.kid,
      retiring: first.succession.active,
    };
    const details = {
      ...rotated,
      ...(steps.length > 1 && { successions: steps.map(({ succession }) => succession) }),
      ...(decision.leaving.length > 0 && { leaving: decision.leaving }),
    };
    const event = happened("keys.rotated", clock.now(), cause, details);
    const won = await store.rotate(set.version, steps, decision.leaving, event);
    await changes.takeOver();
    if (!won) return { kind: "disturbed", active: rotated.retiring };
    logger?.info(rotated, "rotated the signing keys");
    return { kind: "rotated", ...rotated };
  };

/** Another replica may have rotated while this one still looked at what it knew. */
function isDue(keys: readonly SigningKey[], rules: KeyRules, now: Date): boolean {
  const at = scheduledAt(keys, rules);
  return at !== undefined && at <= now;
}
