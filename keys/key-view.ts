// A key as operators see it: its states with their times, and nothing of its private half.
import { type KeyRules, leavesAt, safeFrom, scheduledAt, spreadBy } from "./key-rules.ts";
import type { KeyState, SigningKey } from "./signing-key.ts";

export interface KeyView {
  readonly kid: string;
  readonly alg: string;
  readonly state: KeyState;
  readonly publishedAt: Date;
  readonly activatedAt?: Date;
  readonly retiringAt?: Date;
  readonly retiredAt?: Date;
  readonly revokedAt?: Date;
  /** When a retiring key leaves the JWKS. */
  readonly leavesAt?: Date;
  /** From when a pending key may sign, whatever sites report. */
  readonly safeFrom?: Date;
  /** From when no copy of the JWKS may be used any more that lacks a pending key. */
  readonly spreadBy?: Date;
  /** When an active key is replaced by itself; the same for all of them. */
  readonly replacedAt?: Date;
}

/** Every key of the set, in its order. */
export function viewsOf(keys: readonly SigningKey[], rules: KeyRules): KeyView[] {
  const replaced = scheduledAt(keys, rules);
  return keys.map((key) => {
    const { publicJwk, sealedPrivate, kekId, ...shown } = key;
    const leaves = leavesAt(key, rules);
    const safe = safeFrom(key, rules);
    const spread = spreadBy(key, rules);
    return {
      ...shown,
      ...(leaves && { leavesAt: leaves }),
      ...(safe && { safeFrom: safe }),
      ...(spread && { spreadBy: spread }),
      ...(replaced && key.state === "active" && { replacedAt: replaced }),
    };
  });
}
