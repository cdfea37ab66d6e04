// The secrets Signet hands out: 256 random bits behind a prefix that says what they are for, so that
// one kind is never looked up as another. Only their SHA-256 is kept.
import { hash, timingSafeEqual } from "node:crypto";
import { randomText } from "./random-text.ts";

const prefixes = {
  code: "sgc_",
  "pushed-request": "sgp_",
  refresh: "sgr_",
  session: "sgs_",
  browser: "sgb_",
  device: "sgd_",
  "device-code": "sgo_",
  "password-link": "sgl_",
  "client-secret": "sgx_",
  "initial-access": "sgi_",
  registration: "sgm_",
  csrf: "sgt_",
} as const;

export type CredentialKind = keyof typeof prefixes;

/** A new secret: the kind's prefix and 43 base64url characters. */
export const newCredential = (kind: CredentialKind): string => prefixes[kind] + randomText(32);

/** Whether the text has the shape of this kind. Checked before any look-up. */
export const isCredential = (kind: CredentialKind, text: string): boolean =>
  text.startsWith(prefixes[kind]) && /^[A-Za-z0-9_-]{43}$/.test(text.slice(prefixes[kind].length));

/** What is stored in place of a secret: SHA-256, base64url. Enough for 256 random bits; not for passwords. */
export const hashOf = (secret: string): string => hash("sha256", secret, "base64url");

/** Whether a secret has this stored hash, in a time that depends on neither (both are 32 bytes). */
export const matchesHash = (secret: string, stored: string): boolean => {
  const expected = Buffer.from(stored, "base64url");
  const actual = hash("sha256", secret, "buffer");
  return expected.length === actual.length && timingSafeEqual(expected, actual);
};
