// What the provider says about its keys, as tokens that only it can have signed and that open nothing: a probe,
// signed by a key that is to come, asks whether this site would accept it; a notice names keys that are revoked.
import { decodeProtectedHeader, type JWTPayload, jwtVerify } from "jose";
import { z } from "zod";
import { type Clock, numericDate } from "./clock.ts";
import { type KeyCache, KeysUnavailable, UnknownKey } from "./key-cache.ts";
import { Kid, Kids } from "./key-set.ts";
import { isCompactJws } from "./token-syntax.ts";

const PROBE = "key-probe+jwt";
const NOTICE = "key-notice+jwt";

/** The whole header, so that it can bring no key and ask for nothing, as with an access token's. */
const Header = z.strictObject({ alg: z.string(), typ: z.enum([PROBE, NOTICE]), kid: Kid });

const Text = z.string().min(1).max(1024);
const NumericDate = z.int().positive();
const LONGEST_LIFETIME_SECONDS = 60;
/** For iat: a clock that is slightly behind the issuer's. `exp` is exact. */
const SKEW_SECONDS = 60;

const Claims = z
  .object({ iss: Text, aud: Text, iat: NumericDate, exp: NumericDate, jti: Text })
  .refine(({ iat, exp }) => exp > iat && exp - iat <= LONGEST_LIFETIME_SECONDS, "lives too long");
const NoticeClaims = z.object({ revoked: Kids.min(1) });

export type KeyEvent =
  | { kind: "probe"; kid: string }
  | { kind: "notice"; revoked: string[] }
  | {
      kind: "refused";
      of: "probe" | "other";
      error: "unknown_key" | "invalid_token";
      cause: unknown;
    }
  /** Not a token at all. */
  | { kind: "unreadable" };

/** Looks at an event token with this site's own copy of the keys. Changes nothing, never throws. */
export type VerifyKeyEvent = (token: string) => Promise<KeyEvent>;

export function createKeyEventVerifier(options: {
  issuer: string;
  clientId(): string | undefined;
  algorithms: readonly string[];
  keys: Pick<KeyCache, "resolve" | "resolveUrgently">;
  clock: Clock;
}): VerifyKeyEvent {
  const { issuer, algorithms, keys, clock } = options;

  const claimsOf = async (token: string, typ: string): Promise<JWTPayload> => {
    const audience = options.clientId();
    if (!audience) throw new Error("this site does not know its client id yet");
    const resolve = typ === NOTICE ? keys.resolveUrgently : keys.resolve;
    const { payload } = await jwtVerify(token, (header) => resolve(header), {
      algorithms: [...algorithms],
      issuer,
      audience,
      typ,
      currentDate: clock.now(),
    });
    const { aud, iat } = Claims.parse(payload);
    if (aud !== audience) throw new Error("audience");
    if (iat > numericDate(clock.now()) + SKEW_SECONDS) throw new Error("not valid yet");
    return payload;
  };
  const verified = async (token: string, unchecked: unknown): Promise<KeyEvent> => {
    const { typ, kid } = Header.parse(unchecked);
    const claims = await claimsOf(token, typ);
    if (typ === PROBE) return { kind: "probe", kid };
    const { revoked } = NoticeClaims.parse(claims);
    // Whoever stole a key has no say in who is to be believed instead.
    if (revoked.includes(kid)) throw new Error("the key speaks of itself");
    return { kind: "notice", revoked };
  };

  return async (token) => {
    const header = headerOf(token);
    if (!header) return { kind: "unreadable" };
    try {
      return await verified(token, header);
    } catch (cause) {
      const isUnknown = cause instanceof UnknownKey || cause instanceof KeysUnavailable;
      return {
        kind: "refused",
        of: header.typ === PROBE ? "probe" : "other",
        error: isUnknown ? "unknown_key" : "invalid_token",
        cause,
      };
    }
  };
}

function headerOf(token: string) {
  if (!isCompactJws(token)) return undefined;
  try {
    return decodeProtectedHeader(token);
  } catch {
    return undefined;
  }
}
