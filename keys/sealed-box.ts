// AES-256-GCM with a random 96-bit nonce per box (NIST SP 800-38D §8.2.2): nonce, ciphertext, tag.
import { createCipheriv, createDecipheriv, randomBytes } from "node:crypto";
import type { SealContext } from "./key-seal.ts";

const CIPHER = "aes-256-gcm";
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

export function sealBox(plain: Uint8Array, key: Uint8Array, context: SealContext): Buffer {
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv(CIPHER, key, nonce, { authTagLength: TAG_BYTES });
  cipher.setAAD(associatedData(context));
  return Buffer.concat([nonce, cipher.update(plain), cipher.final(), cipher.getAuthTag()]);
}

/** @throws when the key, the context or a single bit of the box is another */
export function openBox(box: Buffer, key: Uint8Array, context: SealContext): Buffer {
  if (box.length <= NONCE_BYTES + TAG_BYTES) throw new Error("shorter than a nonce and a tag");
  const tagAt = box.length - TAG_BYTES;
  const decipher = createDecipheriv(CIPHER, key, box.subarray(0, NONCE_BYTES), {
    authTagLength: TAG_BYTES,
  });
  decipher.setAAD(associatedData(context));
  decipher.setAuthTag(box.subarray(tagAt));
  return Buffer.concat([decipher.update(box.subarray(NONCE_BYTES, tagAt)), decipher.final()]);
}

const associatedData = ({ kid, alg }: SealContext): Buffer =>
  Buffer.from(JSON.stringify({ purpose: "signet signing key", kid, alg }));
