// Access tokens as RFC 9068 describes them: minted for one audience, verified without asking anyone.
import { z } from "zod";
import type { KeyRing } from "../../keys/key-ring.ts";
import { invalidToken, OAuthError } from "../protocol/oauth-error.ts";
import { randomText } from "../protocol/random-text.ts";
import { formatScope } from "../protocol/scope.ts";
import {
  isFromFuture,
  NumericDate,
  numericDate,
  openSignedToken,
  TokenRefused,
} from "./signed-token.ts";

/** RFC 9068 §2.1. */
const TYP = "at+jwt";

export interface AccessTokenDeps {
  readonly issuer: string;
  readonly ring: Pick<KeyRing, "sign" | "verificationKey" | "hintKey" | "signingAlgs">;
  readonly ttlSeconds: number;
  /** Where the status of a grant is told (Token Status List, draft-20 §6.2). */
  readonly statusOf: (grant: { readonly statusNumber: number }) => StatusReference;
}

export interface StatusReference {
  readonly idx: number;
  readonly uri: string;
}

export interface AccessTokenRequest {
  readonly grant: { readonly id: string; readonly statusNumber: number };
  /** The account, or the client itself for client_credentials (RFC 9068 §2.2). */
  readonly subject: string;
  readonly clientId: string;
  /** The one resource it is for. */
  readonly audience: string;
  readonly scopes: readonly string[];
  readonly authenticatedAt?: Date | undefined;
  readonly acr?: string | undefined;
  readonly amr?: readonly string[] | undefined;
}

// A missing or ill-typed claim is a refusal, never a skipped check (security T5).
const Claims = z.looseObject({
  iss: z.string(),
  sub: z.string().min(1),
  aud: z.string().min(1),
  client_id: z.string().min(1),
  iat: NumericDate,
  exp: NumericDate,
  nbf: NumericDate.optional(),
  jti: z.string().min(1),
  grant_id: z.string().min(1),
  scope: z.string().default(""),
  auth_time: NumericDate.optional(),
  acr: z.string().optional(),
  amr: z.array(z.string()).optional(),
});

export type AccessTokenClaims = z.infer<typeof Claims>;

export type AccessTokens = ReturnType<typeof accessTokens>;

export function accessTokens({ issuer, ring, ttlSeconds, statusOf }: AccessTokenDeps) {
  async function open(token: string, findKey: KeyRing["verificationKey"]) {
    const payload = await openSignedToken(token, { algs: ring.signingAlgs, typ: TYP, findKey });
    const claims = Claims.safeParse(payload);
    if (!claims.success) throw new TokenRefused("a claim is missing or of the wrong type");
    if (claims.data.iss !== issuer) throw new TokenRefused("iss is somebody else");
    return claims.data;
  }

  async function openCurrent(token: string, now: Date): Promise<AccessTokenClaims> {
    const claims = await open(token, (kid) => ring.verificationKey(kid)).catch((cause: unknown) => {
      throw invalidToken("The access token is not valid", { cause });
    });
    if (claims.exp <= now.getTime() / 1000) throw invalidToken("The access token has expired");
    if (isFromFuture(Math.max(claims.iat, claims.nbf ?? 0), now)) {
      throw invalidToken("The access token is from the future");
    }
    return claims;
  }

  return {
    /** @throws KeysUnavailable */
    async mint(
      request: AccessTokenRequest,
      now: Date,
    ): Promise<{ token: string; expiresInSeconds: number }> {
      const { authenticatedAt, acr, amr = [], scopes } = request;
      const issuedAt = numericDate(now);
      const token = await ring.sign(
        { typ: TYP },
        {
          iss: issuer,
          sub: request.subject,
          aud: request.audience,
          client_id: request.clientId,
          iat: issuedAt,
          exp: issuedAt + ttlSeconds,
          jti: randomText(16),
          grant_id: request.grant.id,
          status: { status_list: statusOf(request.grant) },
          ...(scopes.length > 0 && { scope: formatScope(scopes) }),
          ...(authenticatedAt && { auth_time: numericDate(authenticatedAt) }),
          ...(acr !== undefined && { acr }),
          ...(amr.length > 0 && { amr }),
        },
      );
      return { token, expiresInSeconds: ttlSeconds };
    },

    /**
     * What the token says, if it is ours, for this audience, and current (RFC 9068 §4). Expiry is
     * exact; only times in the past of another replica get the skew.
     * @throws OAuthError invalid_token
     */
    async verify(token: string, audience: string, now: Date): Promise<AccessTokenClaims> {
      const claims = await openCurrent(token, now);
      if (claims.aud !== audience) throw invalidToken("The access token is not for this resource");
      return claims;
    },

    /** The same whatever its audience (for RFC 7662); undefined for any other text. */
    async inspect(token: string, now: Date): Promise<AccessTokenClaims | undefined> {
      try {
        return await openCurrent(token, now);
      } catch (error) {
        if (error instanceof OAuthError) return undefined;
        throw error;
      }
    },

    /**
     * What one of our own access tokens says, whatever its audience and even when it has expired
     * (for RFC 7009); undefined for any other text.
     */
    async identify(token: string): Promise<AccessTokenClaims | undefined> {
      try {
        return await open(token, (kid) => ring.hintKey(kid));
      } catch (error) {
        if (error instanceof TokenRefused) return undefined;
        throw error;
      }
    },
  };
}
