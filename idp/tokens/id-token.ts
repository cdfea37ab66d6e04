// ID tokens (OpenID Connect Core §2): minted for a client; read back only as `id_token_hint`.
import { createHash } from "node:crypto";
import { z } from "zod";
import type { KeyRing } from "../../keys/key-ring.ts";
import {
  isFromFuture,
  NumericDate,
  numericDate,
  openSignedToken,
  TokenRefused,
} from "./signed-token.ts";

const TYP = "JWT";

export interface IdTokenDeps {
  readonly issuer: string;
  readonly ring: Pick<KeyRing, "sign" | "hintKey" | "hintAlgs">;
  readonly ttlSeconds: number;
}

export interface IdTokenRequest {
  readonly subject: string;
  readonly clientId: string;
  readonly nonce?: string | undefined;
  /** The client's name for the session. */
  readonly sid?: string | undefined;
  readonly authenticatedAt?: Date | undefined;
  readonly acr?: string | undefined;
  readonly amr?: readonly string[] | undefined;
  /** One of the ring's; the usual one unless named. */
  readonly alg?: string;
  /** The access token it is issued with, for `at_hash`. */
  readonly accessToken: string;
  /** Claims about the person, in wire spelling. They cannot displace the token's own. */
  readonly claims: Readonly<Record<string, unknown>>;
}

/** What a hint says of whom it was issued for. */
export interface IdTokenHint {
  readonly subject: string;
  readonly clientId: string;
  readonly sid?: string;
}

/** What only the token itself may say, also where it says nothing. */
const RESERVED = new Set(
  "iss sub aud exp iat nbf jti azp sid nonce auth_time acr amr at_hash c_hash events".split(" "),
);

const withoutReserved = (claims: Readonly<Record<string, unknown>>) =>
  Object.fromEntries(Object.entries(claims).filter(([name]) => !RESERVED.has(name)));

const HintClaims = z.looseObject({
  iss: z.string(),
  sub: z.string().min(1),
  aud: z.string().min(1),
  iat: NumericDate,
  exp: NumericDate,
  sid: z.string().optional(),
});

export type IdTokens = ReturnType<typeof idTokens>;

export function idTokens({ issuer, ring, ttlSeconds }: IdTokenDeps) {
  return {
    /** @throws KeysUnavailable */
    async mint(request: IdTokenRequest, now: Date): Promise<string> {
      const { nonce, sid, authenticatedAt, acr, amr = [], alg = "RS256" } = request;
      const issuedAt = numericDate(now);
      return ring.sign(
        { typ: TYP, alg },
        {
          ...withoutReserved(request.claims),
          iss: issuer,
          sub: request.subject,
          aud: request.clientId,
          iat: issuedAt,
          exp: issuedAt + ttlSeconds,
          at_hash: accessTokenHash(request.accessToken, alg),
          ...(authenticatedAt && { auth_time: numericDate(authenticatedAt) }),
          ...(nonce !== undefined && { nonce }),
          ...(sid !== undefined && { sid }),
          ...(acr !== undefined && { acr }),
          ...(amr.length > 0 && { amr }),
        },
      );
    },

    /**
     * Reads an `id_token_hint` (OpenID Connect Core §3.1.2.1, RP-Initiated Logout §2): one of our
     * own ID tokens, however old; undefined for any other text. It tells, it proves nothing.
     */
    async readHint(token: string, now: Date): Promise<IdTokenHint | undefined> {
      try {
        const payload = await openSignedToken(token, {
          algs: ring.hintAlgs,
          typ: TYP,
          typOptional: true,
          findKey: (kid) => ring.hintKey(kid),
        });
        const { data: claims } = HintClaims.safeParse(payload);
        if (claims?.iss !== issuer || isFromFuture(claims.iat, now)) return undefined;
        const { sub: subject, aud: clientId, sid } = claims;
        return { subject, clientId, ...(sid !== undefined && { sid }) };
      } catch (error) {
        if (error instanceof TokenRefused) return undefined;
        throw error;
      }
    },
  };
}

/**
 * OpenID Connect Core §3.1.3.6: the left half of the hash that the alg signs over. Ed25519 hashes with
 * SHA-512 (RFC 8032 §5.1), and so do the clients that know it.
 */
function accessTokenHash(accessToken: string, alg: string): string {
  const digest = createHash(alg === "EdDSA" ? "sha512" : "sha256")
    .update(accessToken, "ascii")
    .digest();
  return digest.subarray(0, digest.length / 2).toString("base64url");
}
