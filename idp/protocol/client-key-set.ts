// The public keys that a client signs with, as a JWK Set (RFC 7517): registered inline, or found where its
// jwks_uri points. Keys for other uses may stand beside them and are passed over.
import { z } from "zod";

/** What a client's assertions may be signed with (OpenID Connect Core §9, RFC 8725 §3.2). */
export const CLIENT_SIGNING_ALGS = ["RS256", "PS256", "ES256", "EdDSA"] as const;
export type ClientSigningAlg = (typeof CLIENT_SIGNING_ALGS)[number];

const MOST_KEYS = 20;
const LONGEST_MEMBER = 2_048;
/** 2048 bits in base64url. */
const SHORTEST_MODULUS = 342;

const Jwk = z.looseObject({
  kty: z.string().max(20),
  kid: z.string().max(256).optional(),
  alg: z.string().max(20).optional(),
  use: z.string().max(20).optional(),
  crv: z.string().max(20).optional(),
  n: z.string().max(LONGEST_MEMBER).optional(),
});
export type ClientKey = z.output<typeof Jwk>;

const JwkSet = z.looseObject({ keys: z.array(Jwk).max(MOST_KEYS) });

/** RFC 7518 §6: whoever publishes one of these has lost the key, or shares it. */
const PRIVATE_MEMBERS = ["d", "p", "q", "dp", "dq", "qi", "oth", "k"] as const;

const isPublic = (key: ClientKey) => PRIVATE_MEMBERS.every((member) => key[member] === undefined);

/** The keys of a set that could sign for a client; undefined when it is no JWK Set. */
export function clientKeys(set: unknown): ClientKey[] | undefined {
  const { data } = JwkSet.safeParse(set);
  return data?.keys.filter(
    (key) => isPublic(key) && CLIENT_SIGNING_ALGS.some((alg) => fits(key, alg)),
  );
}

/** Why a set cannot be registered, or undefined when it can: a mistake here is better told than passed over. */
export function keySetProblem(set: unknown): string | undefined {
  const { data } = JwkSet.safeParse(set);
  if (!data) return `is not a JWK Set of at most ${MOST_KEYS} keys (RFC 7517 section 5)`;
  if (!data.keys.every(isPublic)) return "has a private or symmetric key: register the public half";
  if (clientKeys(data)?.length === 0)
    return "has no key that signs: RSA of 2048 bits, P-256 or Ed25519";
  return undefined;
}

/** Whether a key can have made a signature of this algorithm; the key, not the token, has the say. */
export function fits(key: ClientKey, alg: ClientSigningAlg): boolean {
  if (key.use !== undefined && key.use !== "sig") return false;
  if (key.alg !== undefined && key.alg !== alg && !(key.alg === "Ed25519" && alg === "EdDSA"))
    return false;
  switch (alg) {
    case "RS256":
    case "PS256":
      return key.kty === "RSA" && (key.n?.length ?? 0) >= SHORTEST_MODULUS;
    case "ES256":
      return key.kty === "EC" && key.crv === "P-256";
    case "EdDSA":
      return key.kty === "OKP" && key.crv === "Ed25519";
  }
}
