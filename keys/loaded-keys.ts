// A key set made ready for use: private halves opened, public halves imported, the JWKS written.
import type { CryptoKey } from "jose";
import { type JwksDocument, jwksDocument } from "./jwks.ts";
import type { VerificationKey } from "./jws.ts";
import { isPublished, type KeyRules, safeFrom, scheduledAt } from "./key-rules.ts";
import type { KeySet } from "./key-store.ts";
import type { OpenedKeys } from "./opened-keys.ts";
import { publicKeyOf, type SigningKey } from "./signing-key.ts";

/** There are no keys to answer with: 503, never an empty set (security K7). */
export class KeysUnavailable extends Error {
  override readonly name = "KeysUnavailable";
}

/** A key that can sign, and the means to. */
export interface Signer {
  readonly kid: string;
  readonly alg: string;
  readonly privateKey: CryptoKey;
}

export interface LoadedKeys {
  readonly version: number;
  /** By algorithm. */
  readonly active: ReadonlyMap<string, Signer>;
  readonly pending: ReadonlyMap<string, Signer>;
  readonly published: ReadonlyMap<string, VerificationKey>;
  readonly retired: ReadonlyMap<string, VerificationKey>;
  /** Of all that are published or retired. */
  readonly hintAlgs: readonly string[];
  readonly jwks: JwksDocument;
  /** The moments at which a pending key may begin to sign. */
  readonly activations: readonly Date[];
  /**
   * Why a key that signs or will cannot be used. What is published and what is refused are current all
   * the same: they need no private half, and a key that was thrown out must not live on (security K4).
   */
  readonly problem?: Error;
}

export interface LoadDeps {
  readonly opened: OpenedKeys;
  readonly signingAlgs: readonly string[];
  readonly rules: KeyRules;
}

/** @throws KeysUnavailable when there is nothing to publish */
export async function loadKeys(
  { version, keys }: KeySet,
  { opened, signingAlgs, rules }: LoadDeps,
): Promise<LoadedKeys> {
  if (!keys.some(isPublished)) throw new KeysUnavailable("there are no signing keys");
  const { signers, problem = missing(keys, signingAlgs) } = await opened.open(keys);
  const enabled = keys.filter(({ alg }) => signingAlgs.includes(alg));
  const signersIn = (state: SigningKey["state"]) =>
    new Map(
      enabled.flatMap(({ kid, alg, state: its }) => {
        const privateKey = signers.get(kid);
        return its === state && privateKey ? [[alg, { kid, alg, privateKey }] as const] : [];
      }),
    );
  return {
    version,
    active: signersIn("active"),
    pending: signersIn("pending"),
    published: publicKeys(keys.filter(isPublished)),
    retired: publicKeys(keys.filter(({ state }) => state === "retired")),
    hintAlgs: [...new Set(keys.filter(({ state }) => state !== "revoked").map(({ alg }) => alg))],
    jwks: jwksDocument(keys),
    activations: [...keys.map((key) => safeFrom(key, rules)), scheduledAt(keys, rules)].filter(
      (time) => time !== undefined,
    ),
    ...(problem && { problem }),
  };
}

const missing = (
  keys: readonly SigningKey[],
  [usual = ""]: readonly string[],
): KeysUnavailable | undefined =>
  keys.some(({ alg, state }) => alg === usual && state === "active")
    ? undefined
    : new KeysUnavailable(`there is no active key for ${usual}`);

const publicKeys = (keys: readonly SigningKey[]): Map<string, VerificationKey> =>
  new Map(keys.map((key) => [key.kid, { alg: key.alg, key: publicKeyOf(key) }]));
