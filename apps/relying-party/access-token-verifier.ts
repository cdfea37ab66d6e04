import { createHash } from "node:crypto";
import { performance } from "node:perf_hooks";
import { decodeProtectedHeader, jwtVerify } from "jose";
import { LRUCache } from "lru-cache";
import { z } from "zod";
import { AccessTokenClaims } from "./access-token-claims.ts";
import { type Clock, numericDate } from "./clock.ts";
import { type KeyCache, KeysUnavailable } from "./key-cache.ts";
import { type CheckTokenStatus, type TokenStanding, TokenStatusRefused } from "./token-status.ts";
import { isCompactJws } from "./token-syntax.ts";

/** Not an access token that this site accepts. The message is for `error_description`; the cause is for the log. */
export class InvalidAccessToken extends Error {
  override name = "InvalidAccessToken";
}

/**
 * The whole header of an access token (RFC 9068 §2.1). Nothing else is allowed in it, so that a header can
 * never bring a key (`jwk`, `jku`, `x5c`, `x5u`), switch encodings (`b64`, `zip`) or ask for more (`crit`).
 */
const Header = z.strictObject({
  alg: z.string(),
  typ: z.literal("at+jwt"),
  kid: z.string().min(1).max(256),
});

export interface VerifiedAccessToken {
  header: z.infer<typeof Header>;
  claims: AccessTokenClaims;
  /** When the signature was checked; a repeated token rests on that check until it expires. */
  verifiedAt: Date;
  tookMilliseconds: number;
  /** What the provider's status list says of it, looked up at every use; undefined when nothing is known. */
  standing?: TokenStanding;
}

export interface AccessTokenPolicy {
  /** Accept it this long past `exp`; only for the pages of a session in an outage. */
  graceSeconds?: number;
  /** Only with a current word on whether it has been taken back. */
  strict?: boolean;
}

export interface AccessTokenVerifier {
  /**
   * Verifies an access token by this site alone: no request leaves unless its key is new to us.
   * @throws InvalidAccessToken; KeysUnavailable when there is nothing to verify with; TokenStatusUnavailable when a
   *   strict use cannot be sure
   */
  verify(token: string, policy?: AccessTokenPolicy): Promise<VerifiedAccessToken>;
  /** Forgets every check made so far. */
  forget(): void;
}

/** For iat and nbf only: a clock that is slightly behind the issuer's. `exp` is exact. */
const SKEW_SECONDS = 60;
const REMEMBERED_TOKENS = 5000;

export function createAccessTokenVerifier(options: {
  issuer: string;
  audience: string;
  algorithms: readonly string[];
  keys: KeyCache;
  checkStatus: CheckTokenStatus;
  clock: Clock;
}): AccessTokenVerifier {
  const { issuer, audience, algorithms, keys, checkStatus, clock } = options;
  // Keyed by a hash of every byte, so that no two tokens share an entry.
  const verifiedTokens = new LRUCache<string, VerifiedAccessToken>({ max: REMEMBERED_TOKENS });

  const checkSignature = async (
    token: string,
    graceSeconds: number,
  ): Promise<VerifiedAccessToken> => {
    const startedAt = performance.now();
    const header = Header.parse(decodeProtectedHeader(token));
    const { payload } = await jwtVerify(token, (protectedHeader) => keys.resolve(protectedHeader), {
      algorithms: [...algorithms],
      issuer,
      audience,
      typ: "at+jwt",
      currentDate: clock.now(),
      clockTolerance: SKEW_SECONDS + graceSeconds,
    });
    const claims = AccessTokenClaims.parse(payload);
    if (claims.aud !== audience) throw new Error("audience");
    const tookMilliseconds = performance.now() - startedAt;
    return { header, claims, verifiedAt: clock.now(), tookMilliseconds };
  };
  const verified = async (token: string, graceSeconds: number) => {
    const id = createHash("sha256").update(token).digest("base64url");
    const remembered = verifiedTokens.get(id);
    if (remembered && keys.holds(remembered.header.kid)) return remembered;
    const fresh = await checkSignature(token, graceSeconds);
    verifiedTokens.set(id, fresh);
    return fresh;
  };

  return {
    async verify(token, { graceSeconds = 0, strict = false } = {}) {
      if (!isCompactJws(token)) throw new InvalidAccessToken("The access token is malformed");
      const result = await verified(token, graceSeconds).catch((cause: unknown) => {
        if (cause instanceof KeysUnavailable) throw cause;
        throw new InvalidAccessToken("The access token is not valid", { cause });
      });
      // Time is looked at on every use, remembered or not.
      const { exp, iat, nbf = iat } = result.claims;
      const now = numericDate(clock.now());
      if (now >= exp + graceSeconds) throw new InvalidAccessToken("The access token has expired");
      if (Math.max(iat, nbf) > now + SKEW_SECONDS) {
        throw new InvalidAccessToken("The access token is not valid yet");
      }
      // Last, so that nobody is asked about a token that is not valid in itself.
      const standing = await checkStatus(result.claims.status, { strict }).catch(
        (cause: unknown) => {
          if (!(cause instanceof TokenStatusRefused)) throw cause;
          throw new InvalidAccessToken(cause.message, { cause });
        },
      );
      return { ...result, ...(standing && { standing }) };
    },
    forget: () => verifiedTokens.clear(),
  };
}
