// A key is thrown out: accepted nowhere from this moment, its place filled in the same transaction
// (security K4). It waits for nothing and no lead: whoever holds the stolen key is already signing.
import type { Orm } from "../prisma/database.ts";
import {
  currentSet,
  happened,
  type KeyCause,
  type KeyChanges,
  limitIsReached,
} from "./key-changes.ts";
import type { Revocation } from "./key-store.ts";
import type { SigningKey } from "./signing-key.ts";

export interface RevokeRequest {
  readonly kid: string;
  readonly cause: KeyCause;
  /** Written in the same transaction, at the same time: who must hear of it, what else ends. */
  readonly alongside: (orm: Orm, at: Date) => Promise<void>;
}

export type RevokeResult =
  | {
      kind: "revoked";
      /** The key that signs from now on, when the revoked one did. */
      activated?: string;
      /** The fresh key that waits. */
      published?: string;
      revokedAt: Date;
    }
  | { kind: "unknown-key" }
  | { kind: "already-revoked" }
  | { kind: "limit-reached"; most: number }
  /** Others changed the keys each time it was tried. */
  | { kind: "lost-race" };

const TRIES = 5;

/** @throws DatabaseUnavailable, KeyEncryptionKeyWrong, KeySealUnavailable */
export const revokeKey =
  (changes: KeyChanges) =>
  async (request: RevokeRequest): Promise<RevokeResult> => {
    for (let tries = 0; tries < TRIES; tries += 1) {
      const result = await attempt(changes, request);
      if (result.kind !== "lost-race") return result;
    }
    return { kind: "lost-race" };
  };

async function attempt(changes: KeyChanges, request: RevokeRequest): Promise<RevokeResult> {
  const { store, clock, limit, logger } = changes;
  const { kid, cause, alongside } = request;
  const set = await currentSet(changes);
  const key = set.keys.find((candidate) => candidate.kid === kid);
  if (key === undefined) return { kind: "unknown-key" };
  if (key.state === "revoked") return { kind: "already-revoked" };
  if (await limitIsReached(changes)) return { kind: "limit-reached", most: limit.most };

  const replacement = await replacementFor(key, set.keys, changes);
  const revokedAt = clock.now();
  const outcome = {
    ...(replacement?.activated !== undefined && { activated: replacement.activated }),
    ...(replacement && { published: replacement.next.kid }),
  };
  const event = happened("keys.revoked", revokedAt, cause, { kid, was: key.state, ...outcome });
  const revocation: Revocation = { kid, ...(replacement && { replacement }) };
  const won = await store.revoke(set.version, revocation, event, (orm) =>
    alongside(orm, revokedAt),
  );
  await changes.takeOver();
  if (!won) return { kind: "lost-race" };
  logger?.warn({ kid, ...outcome }, "revoked a signing key");
  return { kind: "revoked", revokedAt, ...outcome };
}

async function replacementFor(
  { alg, state }: SigningKey,
  keys: readonly SigningKey[],
  { algs, newKey }: KeyChanges,
): Promise<Revocation["replacement"]> {
  const pending = keys.find((key) => key.alg === alg && key.state === "pending");
  if (!algs.includes(alg)) return undefined;
  if (state === "active")
    return { ...(pending && { activated: pending.kid }), next: await newKey(alg) };
  return state === "pending" ? { next: await newKey(alg) } : undefined;
}
