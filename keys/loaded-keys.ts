// A key set made ready for use: private halves opened, public halves imported, the JWKS written.
import type { CryptoKey } from "jose";
import { type JwksDocument, jwksDocument } from "./jwks.ts";
import { isPublished, type KeyRules, safeFrom } from "./key-rules.ts";
import type { KeySeal } from "./key-seal.ts";
import type { KeySet } from "./key-store.ts";
import { importPublicKey, openPrivateKey, type SigningKey } from "./signing-key.ts";

/** There are no keys to answer with: 503, never an empty set (security K7). */
export class KeysUnavailable extends Error {
  override readonly name = "KeysUnavailable";
}

/** A key set made ready for use. */
export interface LoadedKeys {
  readonly version: number;
  readonly active: SigningKey;
  readonly signer: CryptoKey;
  readonly published: ReadonlyMap<string, CryptoKey>;
  readonly retired: ReadonlyMap<string, CryptoKey>;
  readonly jwks: JwksDocument;
  /** When the youngest pending key may sign at the earliest. */
  readonly nextSafeFrom: Date | undefined;
}

/**
 * Opens every key that signs or will: one that does not open must show before it is needed.
 * @throws KeyEncryptionKeyWrong
 */
export async function requireOpenable(keys: readonly SigningKey[], seal: KeySeal): Promise<void> {
  const signing = keys.filter(({ state }) => state === "active" || state === "pending");
  for (const key of signing) await openPrivateKey(key, seal);
}

/** @throws KeyEncryptionKeyWrong, KeysUnavailable */
export async function loadKeys(
  { version, keys }: KeySet,
  { seal, signingAlgs, rules }: { seal: KeySeal; signingAlgs: readonly string[]; rules: KeyRules },
): Promise<LoadedKeys> {
  await requireOpenable(keys, seal);
  const [alg] = signingAlgs;
  const active = keys.find((key) => key.alg === alg && key.state === "active");
  if (active === undefined) throw new KeysUnavailable(`there is no active key for ${alg}`);
  const times = keys.map((key) => safeFrom(key, rules)).filter((time) => time !== undefined);
  return {
    version,
    active,
    signer: await openPrivateKey(active, seal),
    published: await publicKeys(keys.filter(isPublished)),
    retired: await publicKeys(keys.filter(({ state }) => state === "retired")),
    jwks: jwksDocument(keys),
    nextSafeFrom: times.sort((a, b) => b.getTime() - a.getTime()).at(0),
  };
}

const publicKeys = async (keys: readonly SigningKey[]): Promise<Map<string, CryptoKey>> =>
  new Map(
    await Promise.all(keys.map(async (key) => [key.kid, await importPublicKey(key)] as const)),
  );
