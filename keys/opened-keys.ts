// Private halves in memory, able to sign and not exportable. Opening one may cost a visit to a KMS, so
// each is opened once and dropped when it can never sign again.
import type { CryptoKey } from "jose";
import type { KeySeal } from "./key-seal.ts";
import { openPrivateKey, type SigningKey } from "./signing-key.ts";

export interface OpenedKeys {
  /**
   * Opens every key that signs or will: one that does not open must show before it is needed. The
   * others are forgotten.
   * @throws KeyEncryptionKeyWrong, KeySealUnavailable
   */
  open(keys: readonly SigningKey[]): Promise<ReadonlyMap<string, CryptoKey>>;
}

const maySign = ({ state }: SigningKey) => state === "active" || state === "pending";

export function openedKeys(seal: KeySeal): OpenedKeys {
  let opened = new Map<string, CryptoKey>();
  // A row that was changed is opened again, whatever its kid.
  const placeOf = ({ kid, kekId, sealedPrivate }: SigningKey) => `${kid} ${kekId} ${sealedPrivate}`;

  return {
    async open(keys) {
      const signing = keys.filter(maySign);
      const found = await Promise.all(
        signing.map(
          async (key) =>
            [key, opened.get(placeOf(key)) ?? (await openPrivateKey(key, seal))] as const,
        ),
      );
      opened = new Map(found.map(([key, signer]) => [placeOf(key), signer]));
      return new Map(found.map(([{ kid }, signer]) => [kid, signer]));
    },
  };
}
