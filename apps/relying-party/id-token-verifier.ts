import { createHash } from "node:crypto";
import { jwtVerify } from "jose";
import { z } from "zod";
import type { Clock } from "./clock.ts";
import type { KeyCache } from "./key-cache.ts";
import { isCompactJws } from "./token-syntax.ts";
import type { SignedIn } from "./visit.ts";

const Text = z.string().min(1).max(1024);
const NumericDate = z.int().positive();

/** The claims that a site reads from an ID token (OIDC Core §2, §5.1). */
const IdTokenClaims = z.object({
  iss: Text,
  sub: Text.max(255),
  iat: NumericDate,
  exp: NumericDate,
  name: Text.optional(),
  email: Text.optional(),
  sid: Text.optional(),
  auth_time: NumericDate.optional(),
  acr: Text.optional(),
  amr: z.array(Text).max(16).default([]),
  at_hash: Text.optional(),
});

export type VerifyIdToken = (idToken: string, accessToken: string) => Promise<SignedIn>;

/**
 * Verifies an ID token's signature with our own copy of the keys. openid-client has compared nonce, azp and
 * the rest with the request (OIDC Core §3.1.3.7); an ID token over TLS may go unsigned there, here never.
 */
export function createIdTokenVerifier(options: {
  issuer: string;
  clientId(): string | undefined;
  algorithms: readonly string[];
  keys: KeyCache;
  clock: Clock;
}): VerifyIdToken {
  const { issuer, algorithms, keys, clock } = options;
  return async (idToken, accessToken) => {
    const audience = options.clientId();
    if (!audience || !isCompactJws(idToken)) throw new Error("the ID token is malformed");
    const { payload, protectedHeader } = await jwtVerify(
      idToken,
      (header) => keys.resolve(header),
      {
        algorithms: [...algorithms],
        issuer,
        audience,
        currentDate: clock.now(),
        clockTolerance: 60,
      },
    );
    const typ = protectedHeader.typ ?? "JWT";
    if (typ.toUpperCase() !== "JWT") throw new Error(`typ "${typ}" is not an ID token's`);
    const claims = IdTokenClaims.parse(payload);
    if (claims.at_hash !== undefined && claims.at_hash !== accessTokenHash(accessToken)) {
      throw new Error("at_hash names another access token");
    }
    return signedIn(claims);
  };
}

function signedIn(claims: z.infer<typeof IdTokenClaims>): SignedIn {
  const { iss, sub, name, email, sid, auth_time, iat, acr, amr } = claims;
  return {
    issuer: iss,
    subject: sub,
    name: name ?? email ?? sub,
    ...(email && { email }),
    ...(sid && { sid }),
    authenticatedAt: new Date((auth_time ?? iat) * 1000),
    toldAt: new Date(iat * 1000),
    ...(acr && { acr }),
    amr,
  };
}

/** OIDC Core §3.1.3.6 for the SHA-256 algorithms: the left half of the hash. */
function accessTokenHash(accessToken: string): string {
  return createHash("sha256").update(accessToken).digest().subarray(0, 16).toString("base64url");
}
