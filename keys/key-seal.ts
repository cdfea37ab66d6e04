// Private keys at rest: sealed under a key-encryption key that is not in the database (security K8).
// Where that key lives is a `SealingKey`'s affair: local-sealing.ts or command-sealing.ts.

/** What a sealed key belongs to; part of what is authenticated, so that rows cannot be swapped. */
export interface SealContext {
  readonly kid: string;
  readonly alg: string;
}

export interface Sealed {
  readonly sealedPrivate: string;
  readonly kekId: string;
}

/** One key-encryption key, wherever it lives. */
export interface SealingKey {
  readonly id: string;
  /** @throws KeySealUnavailable */
  seal(privateKey: Uint8Array, context: SealContext): Promise<string>;
  /** @throws KeySealUnavailable; any other error means that this key or the box is not the right one */
  open(sealedPrivate: string, context: SealContext): Promise<Buffer>;
}

export interface KeySeal {
  /** The id of the key-encryption key that seals from now on. */
  readonly sealingId: string;
  /** @throws KeySealUnavailable */
  seal(privateKey: Uint8Array, context: SealContext): Promise<Sealed>;
  /**
   * @throws KeyEncryptionKeyWrong when the key-encryption key is missing or other, or the row damaged;
   *         KeySealUnavailable
   */
  open(sealed: Sealed, context: SealContext): Promise<Buffer>;
}

/** A signing key cannot be opened. It stops the start, and never leads to a new key. One line. */
export class KeyEncryptionKeyWrong extends Error {
  override readonly name = "KeyEncryptionKeyWrong";
}

/** Whoever holds the key-encryption key does not answer. It may in a moment. One line. */
export class KeySealUnavailable extends Error {
  override readonly name = "KeySealUnavailable";
}

/** @param keys  the first seals, all of them open */
export function keySeal(keys: readonly SealingKey[]): KeySeal {
  const [sealing] = keys;
  if (sealing === undefined) throw new KeyEncryptionKeyWrong("KEY_ENCRYPTION_KEYS names no key");

  return {
    sealingId: sealing.id,

    async seal(privateKey, context) {
      return { sealedPrivate: await sealing.seal(privateKey, context), kekId: sealing.id };
    },

    async open({ sealedPrivate, kekId }, context) {
      const opening = keys.find(({ id }) => id === kekId);
      if (opening === undefined) {
        throw new KeyEncryptionKeyWrong(
          `The signing key ${context.kid} is sealed under the key "${kekId}", which KEY_ENCRYPTION_KEYS does not hold`,
        );
      }
      try {
        return await opening.open(sealedPrivate, context);
      } catch (cause) {
        if (cause instanceof KeySealUnavailable) throw cause;
        throw new KeyEncryptionKeyWrong(
          `The signing key ${context.kid} does not open: KEY_ENCRYPTION_KEYS holds another key as "${kekId}", or its row is damaged`,
          { cause },
        );
      }
    },
  };
}
