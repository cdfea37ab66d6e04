import { z } from "zod";
import { StatusClaim } from "./token-status.ts";

/** Longer than any access token is meant to live: an `exp` in milliseconds must not pass for a far future. */
const LONGEST_LIFETIME_SECONDS = 24 * 3600;

const Text = z.string().min(1).max(1024);
const NumericDate = z.int().positive();

/**
 * The claims of a JWT access token (RFC 9068 §2.2), every one of them typed: a claim that is missing or
 * of another type is a refusal, never a skipped check. `aud` names one site and is not a list.
 */
export const AccessTokenClaims = z
  .looseObject({
    iss: Text,
    sub: Text,
    aud: Text,
    client_id: Text,
    jti: Text,
    iat: NumericDate,
    exp: NumericDate,
    nbf: NumericDate.optional(),
    scope: z.string().max(1024).default(""),
    auth_time: NumericDate.optional(),
    acr: Text.optional(),
    amr: z.array(Text).max(16).optional(),
    status: StatusClaim.optional(),
  })
  .refine((claims) => claims.exp > claims.iat, "exp is not after iat")
  .refine((claims) => claims.exp - claims.iat <= LONGEST_LIFETIME_SECONDS, "exp is too far away");

export type AccessTokenClaims = z.infer<typeof AccessTokenClaims>;
