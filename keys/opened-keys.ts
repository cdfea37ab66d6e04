// Private halves in memory, able to sign and not exportable. Opening one may cost a visit to a KMS, so
// each is opened once and dropped when it can never sign again.
import type { CryptoKey } from "jose";
import type { KeySeal } from "./key-seal.ts";
import { openPrivateKey, type SigningKey } from "./signing-key.ts";

export interface Opened {
  /** By kid. */
  readonly signers: ReadonlyMap<string, CryptoKey>;
  /** Why a row does not open: KeyEncryptionKeyWrong, KeySealUnavailable. */
  readonly problem?: Error;
}

export interface OpenedKeys {
  /**
   * Opens every key that signs or will: one that does not open must show before it is needed. The
   * others are forgotten.
   */
  open(keys: readonly SigningKey[]): Promise<Opened>;
}

interface InMemory {
  /** The sealed row it was opened from: one that was changed is opened again. */
  readonly row: string;
  readonly signer: CryptoKey;
}

const maySign = ({ state }: SigningKey) => state === "active" || state === "pending";

export function openedKeys(seal: KeySeal): OpenedKeys {
  let inMemory = new Map<string, InMemory>();

  async function openOne(key: SigningKey): Promise<{ held?: InMemory; problem?: Error }> {
    const before = inMemory.get(key.kid);
    const row = `${key.kekId} ${key.sealedPrivate}`;
    if (before?.row === row) return { held: before };
    try {
      return { held: { row, signer: await openPrivateKey(key, seal) } };
    } catch (error) {
      const problem = error instanceof Error ? error : new Error(String(error));
      // A kid names one private half for good (RFC 7638): what was opened before still signs.
      return { problem, ...(before && { held: before }) };
    }
  }

  return {
    async open(keys) {
      const found = await Promise.all(
        keys.filter(maySign).map(async ({ kid, ...key }) => ({
          kid,
          ...(await openOne({ kid, ...key })),
        })),
      );
      inMemory = new Map(found.flatMap(({ kid, held }) => (held ? [[kid, held] as const] : [])));
      const problem = found.find((one) => one.problem)?.problem;
      return {
        signers: new Map([...inMemory].map(([kid, { signer }]) => [kid, signer])),
        ...(problem && { problem }),
      };
    },
  };
}
