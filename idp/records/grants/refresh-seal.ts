// A refresh token's successor, kept so that whoever lost the answer gets the same one again (security
// E6). The key comes from the presented token, of which the database has only the hash: the database
// alone cannot open it.
import { createCipheriv, createDecipheriv, createHmac } from "node:crypto";
import { randomText } from "../../protocol/random-text.ts";

const NONCE_BYTES = 12;
const TAG_BYTES = 16;

// The token is 256 random bits already, so of HKDF only the step that expands is needed: one block of it
// (RFC 5869 §2.3, §3.3), with a name that separates this use from any other.
const keyFrom = (presented: string): Buffer =>
  createHmac("sha256", presented).update("signet refresh successor\x01").digest();

/** Seals `successor` under the token it succeeds. */
export function sealSuccessor(successor: string, presented: string): string {
  const nonce = Buffer.from(randomText(NONCE_BYTES), "base64url");
  const cipher = createCipheriv("aes-256-gcm", keyFrom(presented), nonce);
  const sealed = Buffer.concat([cipher.update(successor, "utf8"), cipher.final()]);
  return Buffer.concat([nonce, sealed, cipher.getAuthTag()]).toString("base64url");
}

/** @throws Error when it was sealed under another token, or altered */
export function openSuccessor(sealed: string, presented: string): string {
  const bytes = Buffer.from(sealed, "base64url");
  const nonce = bytes.subarray(0, NONCE_BYTES);
  const tag = bytes.subarray(bytes.length - TAG_BYTES);
  const decipher = createDecipheriv("aes-256-gcm", keyFrom(presented), nonce, {
    authTagLength: TAG_BYTES,
  });
  decipher.setAuthTag(tag);
  const text = bytes.subarray(NONCE_BYTES, bytes.length - TAG_BYTES);
  return Buffer.concat([decipher.update(text), decipher.final()]).toString("utf8");
}
