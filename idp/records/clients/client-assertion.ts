// A client's signed word of who it is (RFC 7523 §3, OpenID Connect Core §9): every claim that has to be
// there, for us alone, and for minutes. Pure: that it counts once is `used-jti-store.ts`'s.
import { type CryptoKey, compactVerify, decodeProtectedHeader, importJWK, type JWK } from "jose";
import { z } from "zod";
import {
  CLIENT_SIGNING_ALGS,
  type ClientKey,
  type ClientSigningAlg,
  fits,
} from "../../protocol/client-key-set.ts";

export interface AssertionRules {
  readonly clientId: string;
  /** What `aud` may be: one string, never a list (draft-ietf-oauth-rfc7523bis). */
  readonly audiences: readonly string[];
  /** The one algorithm the client is registered for, if it is for one. */
  readonly alg?: string | undefined;
}

export interface VerifiedAssertion {
  readonly jti: string;
  /** From then on it would be refused anyway. */
  readonly expiresAt: Date;
}

/** Why an assertion does not count. For the audit; whoever sent it learns less. */
export class AssertionRefused extends Error {
  override readonly name = "AssertionRefused";
}

/** None of the keys made this signature: another copy of them might have the one that did. */
export class SignerUnknown extends AssertionRefused {}

const LONGEST_LIFE_SECONDS = 300;
const SKEW_SECONDS = 60;

/** RFC 8725 §3.11; `JWT` is what libraries write. */
const TYPES = new Set(["jwt", "client-authentication+jwt"]);

const NumericDate = z.number().positive().max(99_999_999_999);

const Claims = z.object({
  iss: z.string(),
  sub: z.string(),
  aud: z.string(),
  exp: NumericDate,
  iat: NumericDate.optional(),
  nbf: NumericDate.optional(),
  jti: z.string().min(1).max(256),
});

/** @throws AssertionRefused, SignerUnknown */
export async function verifyAssertion(
  assertion: string,
  keys: readonly ClientKey[],
  rules: AssertionRules,
  now: Date,
): Promise<VerifiedAssertion> {
  const { alg, kid } = headerOf(assertion, rules);
  const candidates = keys.filter((key) => fits(key, alg) && (kid === undefined || key.kid === kid));
  const payload = await payloadBy(candidates, assertion, alg);
  const claims = Claims.safeParse(payload);
  if (!claims.success) throw new AssertionRefused("a claim is missing or of the wrong type");
  const { iss, sub, aud, jti } = claims.data;
  if (iss !== rules.clientId || sub !== rules.clientId)
    throw new AssertionRefused("wrong iss or sub");
  if (!rules.audiences.includes(aud)) throw new AssertionRefused("wrong aud");
  return { jti, expiresAt: requireCurrent(claims.data, now) };
}

/** Nothing in it names or brings a key (security T2): only alg, kid and typ are looked at. */
function headerOf(assertion: string, rules: AssertionRules) {
  const header = z
    .looseObject({
      alg: z.enum(CLIENT_SIGNING_ALGS),
      kid: z.string().optional(),
      typ: z.string().default("JWT"),
    })
    .safeParse(decoded(assertion));
  if (!header.success) throw new AssertionRefused("not a JWS by an algorithm for clients");
  const { alg, kid, typ } = header.data;
  if (!TYPES.has(typ.toLowerCase())) throw new AssertionRefused("of another type");
  if (rules.alg !== undefined && rules.alg !== alg)
    throw new AssertionRefused("not the registered alg");
  return { alg, kid };
}

function decoded(assertion: string): unknown {
  try {
    return decodeProtectedHeader(assertion);
  } catch {
    return undefined;
  }
}

async function payloadBy(
  candidates: readonly ClientKey[],
  assertion: string,
  alg: ClientSigningAlg,
): Promise<unknown> {
  for (const key of candidates) {
    try {
      const { payload } = await compactVerify(assertion, await imported(key, alg), {
        algorithms: [alg],
      });
      return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(payload));
    } catch {
      // Not by this one.
    }
  }
  throw new SignerUnknown("signed by none of the client's keys");
}

const importedKeys = new WeakMap<ClientKey, Map<string, Promise<CryptoKey | Uint8Array>>>();

/** Importing costs more than verifying, so each key object remembers what it became. */
function imported(key: ClientKey, alg: string): Promise<CryptoKey | Uint8Array> {
  const byAlg = importedKeys.get(key) ?? new Map<string, Promise<CryptoKey | Uint8Array>>();
  importedKeys.set(key, byAlg);
  const known = byAlg.get(alg) ?? importJWK(key as JWK, alg);
  byAlg.set(alg, known);
  return known;
}

/** @returns when it is over for us */
function requireCurrent({ exp, iat, nbf }: z.output<typeof Claims>, now: Date): Date {
  const seconds = now.getTime() / 1000;
  const latest = (iat ?? seconds + SKEW_SECONDS) + LONGEST_LIFE_SECONDS;
  if (exp + SKEW_SECONDS <= seconds) throw new AssertionRefused("expired");
  if (exp > latest || exp > seconds + SKEW_SECONDS + LONGEST_LIFE_SECONDS)
    throw new AssertionRefused("meant to live for too long");
  if (Math.max(iat ?? 0, nbf ?? 0) > seconds + SKEW_SECONDS)
    throw new AssertionRefused("from the future");
  return new Date((exp + SKEW_SECONDS) * 1000);
}
