// Proof Key for Code Exchange (RFC 7636), method S256 only: `plain` proves nothing to whoever saw
// the request (RFC 9700 §2.1.1).
import { hash } from "node:crypto";

/** Who has to use it: every client, or at least those that cannot prove who they are. */
export type PkceFor = "all" | "public";

/** Public clients never go without (RFC 9700 §2.1.1, RFC 8252 §6). */
export const needsPkce = (isPublicClient: boolean, pkceFor: PkceFor): boolean =>
  isPublicClient || pkceFor === "all";

/** Base64url of a SHA-256: 43 characters, no padding (RFC 7636 §4.2). */
export const isCodeChallenge = (text: string): boolean => /^[A-Za-z0-9_-]{43}$/.test(text);

/** 43 to 128 unreserved characters (RFC 7636 §4.1). */
export const isCodeVerifier = (text: string): boolean => /^[A-Za-z0-9\-._~]{43,128}$/.test(text);

export const challengeOf = (verifier: string): string => hash("sha256", verifier, "base64url");
