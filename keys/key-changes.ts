// What a change of the key set stands on, the same for rotation, revocation and rewrapping: the set as
// the database has it, new keys, who did it and how often in a day.
import type { Clock } from "../prisma/clock.ts";
import type { KeyEvent } from "./key-event.ts";
import type { KeyRules } from "./key-rules.ts";
import type { KeySeal } from "./key-seal.ts";
import type { KeySet, KeyStore } from "./key-store.ts";
import type { OpenedKeys } from "./opened-keys.ts";
import type { NewSigningKey } from "./signing-key.ts";

/** Who asked, and why; it goes into the audit. */
export interface KeyCause {
  readonly actor: string;
  readonly requestId?: string;
  readonly reason?: string;
}

/** What nobody asked for. */
export const SYSTEM: KeyCause = { actor: "system" };

/** Stolen access to the console must not wear the keys out (security D1). */
export interface DailyLimit {
  readonly most: number;
  /** How many rotations and revocations somebody asked for since then. */
  count(since: Date): Promise<number>;
}

export interface KeyChanges {
  readonly store: KeyStore;
  readonly clock: Clock;
  readonly seal: KeySeal;
  readonly opened: OpenedKeys;
  readonly rules: KeyRules;
  /** The usual one first. */
  readonly algs: readonly string[];
  /** @throws KeySealUnavailable */
  newKey(alg: string): Promise<NewSigningKey>;
  /** Takes over what the database now has. Never throws: the change is made, and polling tries again. */
  takeOver(): Promise<void>;
  readonly limit: DailyLimit;
  readonly logger: KeyLogger | undefined;
}

export interface KeyLogger {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

const ONE_DAY_MILLISECONDS = 86_400_000;

export const limitIsReached = async ({ limit, clock }: KeyChanges): Promise<boolean> =>
  (await limit.count(new Date(clock.now().getTime() - ONE_DAY_MILLISECONDS))) >= limit.most;

/**
 * The set as it is now, every key that signs or will proven to open: a key that does not must stop
 * the change, never lead to another key (security K7).
 * @throws DatabaseUnavailable, KeyEncryptionKeyWrong, KeySealUnavailable
 */
export async function currentSet({ store, opened }: KeyChanges): Promise<KeySet> {
  const set = await store.read();
  const { problem } = await opened.open(set.keys);
  if (problem) throw problem;
  return set;
}

export const happened = (
  kind: KeyEvent["kind"],
  at: Date,
  cause: KeyCause,
  details: KeyEvent["details"],
): KeyEvent => ({ at, kind, outcome: "success", ...cause, details });
