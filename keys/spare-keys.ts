// The keys that are published next, made ahead of their time. Making one takes as long as finding two primes,
// a second now and then, and a stolen key must not sign for that long. A spare is held sealed.
import type { Clock } from "../prisma/clock.ts";
import type { KeyLogger } from "./key-changes.ts";
import type { KeySeal } from "./key-seal.ts";
import { type NewSigningKey, openPrivateKey } from "./signing-key.ts";

export interface SpareKeys {
  /**
   * A new key, made already or made now; nobody is given the same one.
   * @throws KeyEncryptionKeyWrong, KeySealUnavailable
   */
  take(alg: string): Promise<NewSigningKey>;
  /** Makes what is missing, in the background. Never throws: whoever takes one then makes it. */
  refill(): void;
}

/** One for a rotation, and one for the emergency right after it. */
const OF_EACH = 2;

/** Whoever holds the key-encryption key is asked in vain no more often than this. */
const TRY_AGAIN_SECONDS = 60;

export function spareKeys(
  make: (alg: string) => Promise<NewSigningKey>,
  deps: {
    algs: readonly string[];
    seal: KeySeal;
    clock: Clock;
    logger: KeyLogger | undefined;
  },
): SpareKeys {
  const { algs, seal, clock, logger } = deps;
  const spares = new Map<string, NewSigningKey[]>(algs.map((alg) => [alg, []]));
  let isFilling = false;
  let notBefore = 0;

  async function fill(): Promise<void> {
    for (const [alg, held] of spares) while (held.length < OF_EACH) held.push(await make(alg));
  }

  return {
    async take(alg) {
      const spare = spares.get(alg)?.shift();
      if (spare === undefined) return make(alg);
      try {
        // What does not open now would keep every replica from being ready in a moment.
        await openPrivateKey(spare, seal);
        return spare;
      } catch (error) {
        spares.get(alg)?.unshift(spare);
        throw error;
      }
    },
    refill() {
      if (isFilling || clock.now().getTime() < notBefore) return;
      isFilling = true;
      fill()
        .catch((error: unknown) => {
          notBefore = clock.now().getTime() + TRY_AGAIN_SECONDS * 1000;
          logger?.warn({ err: error }, "could not make a spare signing key");
        })
        .finally(() => {
          isFilling = false;
        });
    },
  };
}
