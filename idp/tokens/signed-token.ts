// What our own tokens have in common when they come back: a compact JWS with exactly our header,
// under a key we name ourselves (RFC 8725 §3; security T1, T2, T10). What a token claims is decided
// by the acceptor of its one type.
import { decodeProtectedHeader } from "jose";
import { LRUCache } from "lru-cache";
import { z } from "zod";
import { isSignedBy, type VerificationKey } from "../../keys/jws.ts";

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
  readonly findKey: (kid: string) => VerificationKey | undefined;
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
export function openSignedToken(
  token: string,
  { algs, typ, typOptional = false, findKey }: SignedTokenRules,
): unknown {
  requireCanonical(token);
  const header = parseHeader(token);
  if (!algs.includes(header.alg)) throw new TokenRefused(`alg ${header.alg} is not one of ours`);
  if (header.typ !== typ && !(typOptional && header.typ === undefined)) {
    throw new TokenRefused(`typ ${header.typ} is not ${typ}`);
  }
  const key = findKey(header.kid);
  if (key === undefined) throw new TokenRefused("kid names none of our keys");
  // A key makes the signatures of one algorithm (RFC 8725 §3.1).
  if (key.alg !== header.alg || !isSignedBy(key, token))
    throw new TokenRefused("the signature is wrong");
  try {
    return JSON.parse(utf8.decode(Buffer.from(token.split(".", 2)[1] ?? "", "base64url")));
  } catch (cause) {
    throw new TokenRefused("the encoding is wrong", { cause });
  }
}

const utf8 = new TextDecoder("utf-8", { fatal: true });

/** One text per token: no padding, no spare bits, no white space, nothing in front or behind. */
function requireCanonical(token: string): void {
  const parts = token.split(".");
  if (token.length > LONGEST_TOKEN || parts.length !== 3 || !parts.every(isCanonical)) {
    throw new TokenRefused("not a compact JWS in canonical base64url");
  }
}

/** Base64url of whole bytes (RFC 4648 §3.5): what is left over in the last character is zero. */
function isCanonical(part: string): boolean {
  if (!/^[A-Za-z0-9_-]+$/.test(part)) return false;
  const spareBits = [0, undefined, 4, 2][part.length % 4];
  if (spareBits === undefined) return false;
  return ALPHABET.indexOf(part.at(-1) ?? "") % 2 ** spareBits === 0;
}

const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

type Header = z.infer<typeof Header>;

/** Ours are few, and each comes a million times. */
const known = new LRUCache<string, Header>({ max: 100 });

function parseHeader(token: string): Header {
  const text = token.slice(0, token.indexOf("."));
  const header = known.get(text) ?? readHeader(token);
  known.set(text, header);
  return header;
}

function readHeader(token: string): Header {
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
