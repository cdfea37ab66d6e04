// Moves every private key under the key-encryption key that seals now, so that a former one can go.
import { happened, type KeyCause, type KeyChanges } from "./key-changes.ts";
import { resealed } from "./signing-key.ts";

export type RewrapResult =
  | { kind: "rewrapped"; kekId: string; kids: readonly string[] }
  | { kind: "lost-race" };

/**
 * Done already, it changes nothing and says so with an empty list.
 * @throws DatabaseUnavailable, KeyEncryptionKeyWrong, KeySealUnavailable
 */
export const rewrapKeys =
  (changes: KeyChanges) =>
  async (cause: KeyCause): Promise<RewrapResult> => {
    const { store, clock, seal, logger } = changes;
    const { version, keys } = await store.read();
    const { sealingId: kekId } = seal;
    const others = keys.filter((key) => key.sealedPrivate !== "" && key.kekId !== kekId);
    const kids = others.map(({ kid }) => kid);
    if (kids.length === 0) return { kind: "rewrapped", kekId, kids };
    const sealed = await Promise.all(
      others.map(async (key) => ({ kid: key.kid, ...(await resealed(key, seal)) })),
    );
    const event = happened("keys.rewrapped", clock.now(), cause, { kekId, kids });
    const won = await store.rewrap(version, sealed, event);
    await changes.takeOver();
    if (!won) return { kind: "lost-race" };
    logger?.info({ kekId, kids }, "sealed the signing keys anew");
    return { kind: "rewrapped", kekId, kids };
  };
