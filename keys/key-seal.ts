// Private keys at rest: AES-256-GCM under a key-encryption key that is not in the database
// (NIST SP 800-38D; security K8). Used for signing keys and nothing else.
import { createCipheriv, createDecipheriv, randomBytes } from "node:crypto";

export interface KeyEncryptionKey {
  readonly id: string;
  /** 256 bits. */
  readonly key: Uint8Array;
}

/** What a sealed key belongs to; part of what is authenticated, so that rows cannot be swapped. */
export interface SealContext {
  readonly kid: string;
  readonly alg: string;
}

export interface Sealed {
  readonly sealedPrivate: string;
  readonly kekId: string;
}

export interface KeySeal {
  seal(privateKey: Uint8Array, context: SealContext): Sealed;
  /** @throws KeyEncryptionKeyWrong when the key-encryption key is missing or other, or the row damaged */
  open(sealed: Sealed, context: SealContext): Buffer;
}

/** A signing key cannot be opened. It stops the start, and never leads to a new key. One line. */
export class KeyEncryptionKeyWrong extends Error {
  override readonly name = "KeyEncryptionKeyWrong";
}

const CIPHER = "aes-256-gcm";
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/** @param keys  the first seals, all of them open */
export function keySeal(keys: readonly KeyEncryptionKey[]): KeySeal {
  const [sealing] = keys;
  if (sealing === undefined) throw new KeyEncryptionKeyWrong("KEY_ENCRYPTION_KEYS names no key");

  return {
    seal(privateKey, context) {
      const nonce = randomBytes(NONCE_BYTES);
      const cipher = createCipheriv(CIPHER, sealing.key, nonce, { authTagLength: TAG_BYTES });
      cipher.setAAD(associatedData(context));
      const box = [nonce, cipher.update(privateKey), cipher.final(), cipher.getAuthTag()];
      return { sealedPrivate: Buffer.concat(box).toString("base64url"), kekId: sealing.id };
    },

    open({ sealedPrivate, kekId }, context) {
      const opening = keys.find(({ id }) => id === kekId);
      if (opening === undefined) {
        throw new KeyEncryptionKeyWrong(
          `The signing key ${context.kid} is sealed under the key "${kekId}", which KEY_ENCRYPTION_KEYS does not hold`,
        );
      }
      try {
        return unseal(Buffer.from(sealedPrivate, "base64url"), opening.key, context);
      } catch (cause) {
        throw new KeyEncryptionKeyWrong(
          `The signing key ${context.kid} does not open: KEY_ENCRYPTION_KEYS holds another key as "${kekId}", or its row is damaged`,
          { cause },
        );
      }
    },
  };
}

function unseal(box: Buffer, key: Uint8Array, context: SealContext): Buffer {
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
