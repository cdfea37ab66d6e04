// What our own tokens have in common when they come back: a compact JWS with exactly our header,
// under a key we name ourselves (RFC 8725 §3; security T1, T2, T10). What a token claims is decided
// by the acceptor of its one type.
import { type CryptoKey, compactVerify, decodeProtectedHeader } from "jose";
import { z } from "zod";

/** Why a token is not one of ours. For the log and for tests; callers say less. */
export class TokenRefused extends Error {
  override readonly name = "TokenRefused";
}

export interface SignedTokenRules {
  readonly algs: readonly string[];
  /** By the `typ` it declares, each acceptor takes one type (RFC 8725 §3.11). */
  readonly typ: string;
  /** Whether `typ` may be missing, as in ID tokens of other makers (RFC 7519 §5.1). */
  readonly typOptional?: boolean;
  readonly findKey: (kid: string) => CryptoKey | undefined;
}

const LONGEST_TOKEN = 8 * 1024;

// Nothing else is ever in our headers: what could name a key or change the payload's meaning
// (jku, jwk, x5u, x5c, crit, b64, zip) is refused, not ignored.
const Header = z.strictObject({
  alg: z.string(),
  kid: z.string(),
  typ: z.string().optional(),
});

/**
 * The payload of a token that one of our keys signed.
 * @throws TokenRefused
 */
export async function openSignedToken(
  token: string,
  { algs, typ, typOptional = false, findKey }: SignedTokenRules,
): Promise<unknown> {
  requireCanonical(token);
  const header = parseHeader(token);
  if (!algs.includes(header.alg)) throw new TokenRefused(`alg ${header.alg} is not one of ours`);
  if (header.typ !== typ && !(typOptional && header.typ === undefined)) {
    throw new TokenRefused(`typ ${header.typ} is not ${typ}`);
  }
  const key = findKey(header.kid);
  if (key === undefined) throw new TokenRefused("kid names none of our keys");
  try {
    const { payload } = await compactVerify(token, key, { algorithms: [...algs] });
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(payload));
  } catch (cause) {
    throw new TokenRefused("the signature or the encoding is wrong", { cause });
  }
}

/** One text per token: no padding, no spare bits, no white space, nothing in front or behind. */
function requireCanonical(token: string): void {
  const parts = token.split(".");
  const isCanonical = (part: string) =>
    part !== "" && Buffer.from(part, "base64url").toString("base64url") === part;
  if (token.length > LONGEST_TOKEN || parts.length !== 3 || !parts.every(isCanonical)) {
    throw new TokenRefused("not a compact JWS in canonical base64url");
  }
}

function parseHeader(token: string): z.infer<typeof Header> {
  try {
    return Header.parse(decodeProtectedHeader(token));
  } catch (cause) {
    throw new TokenRefused("the header is not one we write", { cause });
  }
}

/** Seconds since 1970 (RFC 7519 §2). The bound tells them from milliseconds. */
export const NumericDate = z.int().positive().max(99_999_999_999);

export const numericDate = (time: Date): number => Math.floor(time.getTime() / 1000);

/** How far the clock of another of our replicas may be ahead when it writes `iat` or `nbf`. */
export const SKEW_SECONDS = 60;

export const isFromFuture = (issuedAt: number, now: Date): boolean =>
  issuedAt > numericDate(now) + SKEW_SECONDS;
