// The key set in the database. Every change takes the set's row and compares its version, so that of
// any number of contenders one writes and the others write nothing (security K5, K6).
import type { Database, Orm } from "../prisma/database.ts";
import type { KeyEvent, RecordKeyEvent } from "./key-event.ts";
import { keyOf, rowOf } from "./key-rows.ts";
import type { Succession } from "./key-rules.ts";
import type { Sealed } from "./key-seal.ts";
import type { KeyState, NewSigningKey, SigningKey } from "./signing-key.ts";

export interface KeySet {
  /** Rises with every change. */
  readonly version: number;
  readonly keys: readonly SigningKey[];
}

export interface SuccessionStep {
  readonly succession: Succession;
  /** Published now, to be the one after. */
  readonly next: NewSigningKey;
}

export interface Revocation {
  readonly kid: string;
  /** Absent when the key neither signed nor was going to. */
  readonly replacement?: {
    /** The pending key that signs from now on, when the revoked one signed. */
    readonly activated?: string;
    readonly next: NewSigningKey;
  };
}

const SET_ID = 1;

/** Somebody else changed the set since it was read. */
class SetChanged extends Error {}

export type KeyStore = ReturnType<typeof keyStore>;

export function keyStore(database: Database, recordAudit: RecordKeyEvent) {
  /** Runs `change` if the set still has this version; false, and nothing written, if it has not. */
  async function changeFrom(version: number, change: (orm: Orm) => Promise<void>) {
    try {
      await database.transaction(async (orm) => {
        // The update locks the row: a contender waits here, then finds another version.
        const taken = await orm.keySet.updateMany({
          where: { id: SET_ID, version },
          data: { version: version + 1 },
        });
        if (taken.count !== 1) throw new SetChanged();
        await change(orm);
      });
      return true;
    } catch (error) {
      if (error instanceof SetChanged) return false;
      throw error;
    }
  }

  async function readVersion(): Promise<number> {
    const set = await database.orm.keySet.findUnique({ where: { id: SET_ID } });
    if (set === null) throw new Error("the row of KeySet is missing");
    return set.version;
  }

  return {
    version: readVersion,

    /** The set with every key it ever had, all of one version. */
    async read(): Promise<KeySet> {
      for (let version = await readVersion(); ; ) {
        const rows = await database.orm.signingKey.findMany({
          orderBy: [{ publishedAt: "asc" }, { kid: "asc" }],
        });
        // Whoever changed them in between has changed the version with them.
        const still = await readVersion();
        if (still === version) return { version, keys: rows.map(keyOf) };
        version = still;
      }
    },

    /**
     * Fills places that are empty.
     * @returns false when another replica was first
     */
    create(
      version: number,
      made: readonly { state: KeyState; key: NewSigningKey }[],
      event: KeyEvent,
    ): Promise<boolean> {
      return changeFrom(version, async (orm) => {
        for (const { state, key } of made) {
          const activatedAt = state === "active" ? event.at : null;
          await orm.signingKey.create({ data: { ...rowOf(key, state, event.at), activatedAt } });
        }
        await recordAudit(orm, event);
      });
    },

    /**
     * Promotes the pending keys and publishes the next ones; keys that leave without a successor
     * verify a while longer.
     * @returns false when another change was first
     */
    rotate(
      version: number,
      steps: readonly SuccessionStep[],
      leaving: readonly string[],
      event: KeyEvent,
    ): Promise<boolean> {
      return changeFrom(version, async (orm) => {
        for (const step of steps) await succeed(orm, step, event.at);
        await orm.signingKey.updateMany({
          where: { kid: { in: [...leaving] }, state: { in: ["active", "pending"] } },
          data: { state: "retiring", retiringAt: event.at, sealedPrivate: "" },
        });
        await recordAudit(orm, event);
      });
    },

    /**
     * Throws a key out, whatever its state, and fills its place at once.
     * @param alongside  what else belongs to the same transaction
     * @returns false when another change was first
     */
    revoke(
      version: number,
      { kid, replacement }: Revocation,
      event: KeyEvent,
      alongside: (orm: Orm) => Promise<void>,
    ): Promise<boolean> {
      return changeFrom(version, async (orm) => {
        await orm.signingKey.update({
          where: { kid },
          data: { state: "revoked", revokedAt: event.at, sealedPrivate: "" },
        });
        if (replacement?.activated !== undefined) {
          await orm.signingKey.update({
            where: { kid: replacement.activated, state: "pending" },
            data: { state: "active", activatedAt: event.at },
          });
        }
        if (replacement)
          await orm.signingKey.create({ data: rowOf(replacement.next, "pending", event.at) });
        await recordAudit(orm, event);
        await alongside(orm);
      });
    },

    /** The same keys under another key-encryption key. @returns false when another change was first */
    rewrap(
      version: number,
      sealed: readonly ({ kid: string } & Sealed)[],
      event: KeyEvent,
    ): Promise<boolean> {
      return changeFrom(version, async (orm) => {
        for (const { kid, sealedPrivate, kekId } of sealed)
          await orm.signingKey.update({ where: { kid }, data: { sealedPrivate, kekId } });
        await recordAudit(orm, event);
      });
    },

    /** Takes keys out of the JWKS; their public halves stay for `id_token_hint`. */
    retire(version: number, kids: readonly string[], event: KeyEvent): Promise<boolean> {
      return changeFrom(version, async (orm) => {
        await orm.signingKey.updateMany({
          where: { kid: { in: [...kids] }, state: "retiring" },
          data: { state: "retired", retiredAt: event.at, sealedPrivate: "" },
        });
        await recordAudit(orm, event);
      });
    },
  };
}

async function succeed(orm: Orm, { succession, next }: SuccessionStep, at: Date): Promise<void> {
  if (succession.active !== undefined) {
    await orm.signingKey.update({
      where: { kid: succession.active, state: "active" },
      // It never signs again, so its private half need not exist any longer.
      data: { state: "retiring", retiringAt: at, sealedPrivate: "" },
    });
  }
  await orm.signingKey.update({
    where: { kid: succession.pending, state: "pending" },
    data: { state: "active", activatedAt: at },
  });
  await orm.signingKey.create({ data: rowOf(next, "pending", at) });
}
