// A logout token (OpenID Connect Back-Channel Logout 1.0 §2.4): the provider's word that a session there has ended.
// It is told from every other token by its type, its event and the nonce that it may not have (§2.6, RFC 8725 §3.11).
import { decodeProtectedHeader, jwtVerify } from "jose";
import { z } from "zod";
import { type Clock, numericDate } from "./clock.ts";
import type { SessionEnd } from "./ended-sessions.ts";
import { type KeyCache, KeysUnavailable } from "./key-cache.ts";
import { Kid } from "./key-set.ts";
import { isCompactJws } from "./token-syntax.ts";

const LOGOUT_EVENT = "http://schemas.openid.net/event/backchannel-logout";
/** A token that ends sessions has no business later. */
const LONGEST_LIFETIME_SECONDS = 120;
const SKEW_SECONDS = 60;

/** The whole header, so that it can bring no key and ask for nothing, as with an access token's. */
const Header = z.strictObject({ alg: z.string(), typ: z.literal("logout+jwt"), kid: Kid });

const Text = z.string().min(1).max(1024);
const NumericDate = z.int().positive();

const Claims = z
  .object({
    /** This site and nobody else, in either spelling of RFC 7519 §4.1.3. */
    aud: z.union([Text, z.tuple([Text])]),
    iat: NumericDate,
    exp: NumericDate,
    jti: Text,
    sub: Text.max(255).optional(),
    sid: Text.optional(),
    events: z.looseObject({ [LOGOUT_EVENT]: z.looseObject({}) }),
    /** It would make it an ID token (§2.4). */
    nonce: z.undefined().optional(),
  })
  .refine(({ iat, exp }) => exp > iat && exp - iat <= LONGEST_LIFETIME_SECONDS, "lives too long")
  .refine(({ sub, sid }) => sub !== undefined || sid !== undefined, "it ends nobody's session");

/** Not a logout token of our issuer's for this site; the cause says why. */
export class InvalidLogoutToken extends Error {
  override name = "InvalidLogoutToken";
}

/**
 * What a logout token ends: with a `sid` every session here that hangs on that one, else all of that person.
 * @throws InvalidLogoutToken, or KeysUnavailable when there is nothing to verify with
 */
export type VerifyLogoutToken = (token: string) => Promise<SessionEnd>;

export function createLogoutTokenVerifier(options: {
  issuer: string;
  clientId(): string | undefined;
  algorithms: readonly string[];
  keys: Pick<KeyCache, "resolve">;
  clock: Clock;
}): VerifyLogoutToken {
  const { issuer, algorithms, keys, clock } = options;
  const verified = async (token: string): Promise<SessionEnd> => {
    const audience = options.clientId();
    if (!audience) throw new Error("this site does not know its client id yet");
    Header.parse(decodeProtectedHeader(token));
    const { payload } = await jwtVerify(token, (header) => keys.resolve(header), {
      algorithms: [...algorithms],
      issuer,
      audience,
      typ: "logout+jwt",
      currentDate: clock.now(),
      clockTolerance: SKEW_SECONDS,
    });
    const { iat, sub, sid } = Claims.parse(payload);
    if (iat > numericDate(clock.now()) + SKEW_SECONDS) throw new Error("not valid yet");
    if (sid !== undefined) return { kind: "sid", sid };
    return { kind: "subject", subject: sub ?? "", before: new Date(iat * 1000) };
  };
  return async (token) => {
    if (!isCompactJws(token)) throw new InvalidLogoutToken("the logout token is malformed");
    return verified(token).catch((cause: unknown) => {
      if (cause instanceof KeysUnavailable) throw cause;
      throw new InvalidLogoutToken("the logout token is not valid", { cause });
    });
  };
}
