// One signing key: what is kept of it, how it is made, and how its halves become usable.
import { createPublicKey, generateKeyPair, type KeyObject, webcrypto } from "node:crypto";
import { promisify } from "node:util";
import { type CryptoKey, calculateJwkThumbprint } from "jose";
import type { KeySeal, Sealed } from "./key-seal.ts";

/**
 * pending: published, does not sign yet. active: signs. retiring: published, verifies only.
 * retired: gone from the JWKS, still verifies hints. revoked: accepted nowhere.
 */
export type KeyState = "pending" | "active" | "retiring" | "retired" | "revoked";

/** The members that name the public half, and no others (RFC 7518 §6). */
export type PublicJwk = Readonly<Record<string, string>>;

export interface SigningKey {
  /** RFC 7638 thumbprint of the public half. */
  readonly kid: string;
  readonly alg: string;
  readonly state: KeyState;
  readonly publicJwk: PublicJwk;
  /** Empty once the key can never sign again. */
  readonly sealedPrivate: string;
  readonly kekId: string;
  readonly publishedAt: Date;
  readonly activatedAt?: Date;
  readonly retiringAt?: Date;
  readonly retiredAt?: Date;
  readonly revokedAt?: Date;
}

/** A key just made, before it has a place in the set. */
export type NewSigningKey = Pick<
  SigningKey,
  "kid" | "alg" | "publicJwk" | "sealedPrivate" | "kekId"
>;

interface Algorithm {
  generate(rsaBits: number): Promise<{ publicKey: KeyObject; privateKey: KeyObject }>;
  /** What WebCrypto calls it. */
  readonly importParameters:
    | webcrypto.RsaHashedImportParams
    | webcrypto.EcKeyImportParams
    | webcrypto.Algorithm;
}

const pair = promisify(generateKeyPair);
const rsa = (name: "RSASSA-PKCS1-v1_5" | "RSA-PSS"): Algorithm => ({
  generate: (rsaBits) => pair("rsa", { modulusLength: rsaBits }),
  importParameters: { name, hash: "SHA-256" },
});

const ALGORITHMS = new Map<string, Algorithm>([
  ["RS256", rsa("RSASSA-PKCS1-v1_5")],
  ["PS256", rsa("RSA-PSS")],
  [
    "ES256",
    {
      generate: () => pair("ec", { namedCurve: "P-256" }),
      importParameters: { name: "ECDSA", namedCurve: "P-256" },
    },
  ],
  ["EdDSA", { generate: () => pair("ed25519"), importParameters: { name: "Ed25519" } }],
]);

/** The members of a public key by its type; whatever else a record might hold stays unpublished. */
const PUBLIC_MEMBERS: Readonly<Record<string, readonly string[]>> = {
  RSA: ["kty", "n", "e"],
  EC: ["kty", "crv", "x", "y"],
  OKP: ["kty", "crv", "x"],
};

export function publicMembersOf(jwk: Readonly<Record<string, unknown>>): PublicJwk {
  const names = PUBLIC_MEMBERS[String(jwk.kty)];
  if (names === undefined) throw new Error(`no key type ${String(jwk.kty)}`);
  return Object.fromEntries(
    names.map((name) => {
      const value = jwk[name];
      if (typeof value !== "string") throw new Error(`a public key without its ${name}`);
      return [name, value];
    }),
  );
}

/** @throws KeySealUnavailable */
export async function newSigningKey(
  alg: string,
  { seal, rsaBits }: { seal: KeySeal; rsaBits: number },
): Promise<NewSigningKey> {
  const { publicKey, privateKey } = await requireAlgorithm(alg).generate(rsaBits);
  const publicJwk = publicMembersOf({ ...publicKey.export({ format: "jwk" }) });
  const kid = await calculateJwkThumbprint(publicJwk);
  const pkcs8 = privateKey.export({ type: "pkcs8", format: "der" });
  try {
    return { kid, alg, publicJwk, ...(await seal.seal(pkcs8, { kid, alg })) };
  } finally {
    pkcs8.fill(0);
  }
}

/** The same key, sealed anew. @throws KeyEncryptionKeyWrong, KeySealUnavailable */
export async function resealed(key: SigningKey, seal: KeySeal): Promise<Sealed> {
  const pkcs8 = await seal.open(key, key);
  try {
    return await seal.seal(pkcs8, key);
  } finally {
    pkcs8.fill(0);
  }
}

/**
 * The private half, able to sign and to do nothing else: not exportable (security K9).
 * @throws KeyEncryptionKeyWrong, KeySealUnavailable
 */
export async function openPrivateKey(key: NewSigningKey, seal: KeySeal): Promise<CryptoKey> {
  const pkcs8 = await seal.open(key, key);
  try {
    const { importParameters } = requireAlgorithm(key.alg);
    return await webcrypto.subtle.importKey("pkcs8", pkcs8, importParameters, false, ["sign"]);
  } finally {
    pkcs8.fill(0);
  }
}

export const publicKeyOf = ({ publicJwk }: SigningKey): KeyObject =>
  createPublicKey({ key: publicMembersOf(publicJwk), format: "jwk" });

function requireAlgorithm(alg: string): Algorithm {
  const algorithm = ALGORITHMS.get(alg);
  if (algorithm === undefined) throw new Error(`SIGNING_ALGS: no keys are made for ${alg}`);
  return algorithm;
}
