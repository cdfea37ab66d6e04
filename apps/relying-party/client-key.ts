// This site's own key, by which it proves to the provider who it is (private_key_jwt, OpenID Connect Core §9):
// it signs, and only its public half leaves.
import { randomBytes } from "node:crypto";
import {
  type CryptoKey,
  calculateJwkThumbprint,
  exportJWK,
  generateKeyPair,
  importJWK,
  SignJWT,
} from "jose";
import { z } from "zod";
import type { Clock } from "./clock.ts";

const ALG = "ES256";
/** A report or a redemption takes seconds. */
const LIFE_SECONDS = 60;

/** What is kept: a P-256 key pair as a JWK (RFC 7518 §6.2). */
export const KeptClientKey = z.object({
  kty: z.literal("EC"),
  crv: z.literal("P-256"),
  x: z.string(),
  y: z.string(),
  d: z.string(),
});
export type KeptClientKey = z.output<typeof KeptClientKey>;

export interface ClientKey {
  /** For openid-client. */
  readonly signer: { readonly key: CryptoKey; readonly kid: string };
  /** What the provider fetches: a JWK Set with the public half (RFC 7517 §5). */
  readonly publicSet: { readonly keys: readonly object[] };
  /** A fresh assertion for the provider alone (RFC 7523 §3). */
  assert(clientId: string, issuer: string): Promise<string>;
}

export async function newClientKey(): Promise<KeptClientKey> {
  const { privateKey } = await generateKeyPair(ALG, { extractable: true });
  return KeptClientKey.parse(await exportJWK(privateKey));
}

export async function clientKey(kept: KeptClientKey, clock: Clock): Promise<ClientKey> {
  const { d: _, ...publicHalf } = kept;
  const kid = await calculateJwkThumbprint(publicHalf);
  const key = await importJWK(kept, ALG);
  if (key instanceof Uint8Array) throw new Error("not a key pair");
  return {
    signer: { key, kid },
    publicSet: { keys: [{ ...publicHalf, kid, alg: ALG, use: "sig" }] },
    assert(clientId, issuer) {
      const now = Math.floor(clock.now().getTime() / 1000);
      return new SignJWT({ jti: randomBytes(16).toString("base64url") })
        .setProtectedHeader({ alg: ALG, kid, typ: "client-authentication+jwt" })
        .setIssuer(clientId)
        .setSubject(clientId)
        .setAudience(issuer)
        .setIssuedAt(now)
        .setExpirationTime(now + LIFE_SECONDS)
        .sign(key);
    },
  };
}
