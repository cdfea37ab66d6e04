// A signing key as a row of the database, and back.
import type { SigningKey as SigningKeyRow } from "../prisma/generated/client.ts";
import {
  type KeyState,
  type NewSigningKey,
  publicMembersOf,
  type SigningKey,
} from "./signing-key.ts";

/** A key as it is first written. */
export const rowOf = (key: NewSigningKey, state: KeyState, now: Date) => ({
  ...key,
  state,
  publishedAt: now,
  createdAt: now,
});

export function keyOf(row: SigningKeyRow): SigningKey {
  const { activatedAt, retiringAt, retiredAt, revokedAt } = row;
  return {
    kid: row.kid,
    alg: row.alg,
    state: stateOf(row.state),
    publicJwk: publicMembersOf(objectOf(row.publicJwk)),
    sealedPrivate: row.sealedPrivate,
    kekId: row.kekId,
    publishedAt: row.publishedAt,
    ...(activatedAt && { activatedAt }),
    ...(retiringAt && { retiringAt }),
    ...(retiredAt && { retiredAt }),
    ...(revokedAt && { revokedAt }),
  };
}

const STATES: readonly KeyState[] = ["pending", "active", "retiring", "retired", "revoked"];

function stateOf(text: string): KeyState {
  const state = STATES.find((known) => known === text);
  if (state === undefined) throw new Error(`a signing key is in the unknown state ${text}`);
  return state;
}

const objectOf = (value: unknown): Record<string, unknown> =>
  typeof value === "object" && value !== null ? { ...value } : {};
