// Compact JWS (RFC 7515 §7.1) around the system's own signatures. What a library checks of every payload, and
// copies of it, ours has by construction: measured, that ceremony is an eighth of a signature (bench/).
import { constants, KeyObject, sign, verify, webcrypto } from "node:crypto";
import { availableParallelism } from "node:os";
import type { CryptoKey } from "jose";

interface Algorithm {
  /** In the thread pool, by a key that WebCrypto does not give away. */
  readonly signing: webcrypto.Algorithm | webcrypto.RsaPssParams | webcrypto.EcdsaParams;
  readonly digest: "sha256" | null;
  readonly verifying: { padding?: number; saltLength?: number; dsaEncoding?: "ieee-p1363" };
}

/** A public key, and the one algorithm it is for (RFC 8725 §3.1). */
export interface VerificationKey {
  readonly alg: string;
  readonly key: KeyObject;
}

const SALT_LENGTH = 32;

/** RFC 7518 §3, RFC 8037 §3.1. */
const ALGORITHMS = new Map<string, Algorithm>([
  ["RS256", { signing: { name: "RSASSA-PKCS1-v1_5" }, digest: "sha256", verifying: {} }],
  [
    "PS256",
    {
      signing: { name: "RSA-PSS", saltLength: SALT_LENGTH },
      digest: "sha256",
      verifying: { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: SALT_LENGTH },
    },
  ],
  [
    "ES256",
    {
      signing: { name: "ECDSA", hash: "SHA-256" },
      digest: "sha256",
      verifying: { dsaEncoding: "ieee-p1363" },
    },
  ],
  ["EdDSA", { signing: { name: "Ed25519" }, digest: null, verifying: {} }],
]);

function requireAlgorithm(alg: string): Algorithm {
  const algorithm = ALGORITHMS.get(alg);
  if (algorithm === undefined) throw new Error(`no signatures are made with ${alg}`);
  return algorithm;
}

/** The first part of a token: headers repeat, so whoever signs keeps it. */
export const encodedHeader = (header: { alg: string; typ: string; kid: string }): string =>
  encoded(header);

/** @param header  as `encodedHeader` wrote it, with the same algorithm */
export async function compactJws(
  header: string,
  payload: Readonly<Record<string, unknown>>,
  { alg, privateKey }: { alg: string; privateKey: CryptoKey },
): Promise<string> {
  const input = `${header}.${encoded(payload)}`;
  const bytes = Buffer.from(input, "latin1");
  const signature = HAS_OTHER_CORES
    ? Buffer.from(await webcrypto.subtle.sign(requireAlgorithm(alg).signing, privateKey, bytes))
    : signAtOnce(requireAlgorithm(alg), privateKey, bytes);
  return `${input}.${signature.toString("base64url")}`;
}

/** A thread of its own for each signature is worth its while only where it runs beside this one. */
const HAS_OTHER_CORES = availableParallelism() > 1;

function signAtOnce(
  { digest, verifying }: Algorithm,
  privateKey: CryptoKey,
  bytes: Buffer,
): Buffer {
  const key = keyObjects.get(privateKey) ?? KeyObject.from(privateKey as webcrypto.CryptoKey);
  keyObjects.set(privateKey, key);
  return sign(digest, bytes, { key, ...verifying });
}

const keyObjects = new WeakMap<CryptoKey, KeyObject>();

/**
 * Whether the key made the signature of a token, by its algorithm and no other. At once: to hand 25
 * microseconds of work to another thread costs more than they do.
 */
export function isSignedBy({ key, alg }: VerificationKey, token: string): boolean {
  const { digest, verifying } = requireAlgorithm(alg);
  const end = token.lastIndexOf(".");
  const input = Buffer.from(token.slice(0, end), "latin1");
  const signature = Buffer.from(token.slice(end + 1), "base64url");
  return verify(digest, input, { key, ...verifying }, signature);
}

const encoded = (value: object): string => Buffer.from(JSON.stringify(value)).toString("base64url");
