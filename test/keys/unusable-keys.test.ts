// A key that does not open, a database that is away: no start, no other key in its place, and what runs goes on.
import { decodeProtectedHeader } from "jose";
import { beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { KeyLifecycle } from "../../keys/key-lifecycle.ts";
import { KeysUnavailable } from "../../keys/key-ring.ts";
import { KeyEncryptionKeyWrong } from "../../keys/key-seal.ts";
import { type Database, DatabaseUnavailable } from "../../prisma/database.ts";
import { openTestDatabase, openTwoHandles } from "../support/databases.ts";
import { type MovableClock, movableClock } from "../support/movable-clock.ts";
import {
  aKek,
  aKeyLifecycle,
  LEAD_SECONDS,
  operator,
  publishedKids,
  removeAllKeys,
  SKEW_SECONDS,
} from "./a-key-lifecycle.ts";

let first: Database;
let second: Database;
let clock: MovableClock;
let keys: KeyLifecycle;

beforeAll(async () => {
  [first, second] = await openTwoHandles();
});

beforeEach(async () => {
  await removeAllKeys(first);
  clock = movableClock();
  keys = aKeyLifecycle(first, clock);
  await keys.start();
});

const sign = ({ ring }: KeyLifecycle) => ring.sign({ typ: "JWT" }, { sub: "alice" });

describe("what cannot be loaded (K7)", () => {
  const start = (kek: ReturnType<typeof aKek>) =>
    aKeyLifecycle(second, clock, { keks: [kek] }).start();

  it.each([
    ["another key under the same name", aKek("kek-1", 8)],
    ["another name", aKek("kek-2")],
  ])(
    "a wrong key-encryption key (%s) stops the start with one line and makes no key",
    async (_, kek) => {
      const before = await first.orm.signingKey.findMany();
      const refused = await start(kek).catch((error: unknown) => error);
      expect(refused).toBeInstanceOf(KeyEncryptionKeyWrong);
      expect(String(refused)).toMatch(/^[^\n]*KEY_ENCRYPTION_KEYS[^\n]*$/);
      expect(await first.orm.signingKey.findMany()).toEqual(before);
    },
  );

  it.each(["active", "pending"])(
    "a truncated %s row stops the start, with its partner gone too",
    async (state) => {
      const [damaged] = await first.orm.signingKey.findMany({ where: { state } });
      if (damaged === undefined) throw new Error(`no ${state} key`);
      await first.orm.signingKey.update({
        where: { kid: damaged.kid },
        data: { sealedPrivate: damaged.sealedPrivate.slice(0, -8) },
      });
      await expect(start(aKek())).rejects.toThrow(KeyEncryptionKeyWrong);
      // Not even where a key is missing is one made beside a key that does not open.
      await first.orm.signingKey.deleteMany({ where: { kid: { not: damaged.kid } } });
      await expect(start(aKek())).rejects.toThrow(KeyEncryptionKeyWrong);
      expect(await first.orm.signingKey.count()).toBe(1);
    },
  );

  it("a replica with the wrong key-encryption key cannot rotate", async () => {
    clock.advance(LEAD_SECONDS);
    const wrong = aKeyLifecycle(second, clock, { keks: [aKek("kek-1", 8)] });
    await expect(wrong.rotate(operator)).rejects.toThrow(KeyEncryptionKeyWrong);
    expect((await keys.list()).map(({ state }) => state).sort()).toEqual(["active", "pending"]);
  });

  it("a running replica serves the last good set, not ready, until the row is whole again", async () => {
    const shown = publishedKids(keys);
    const [pending] = await first.orm.signingKey.findMany({ where: { state: "pending" } });
    if (pending === undefined) throw new Error("no pending key");
    const { kid, sealedPrivate } = pending;
    const setRow = async (sealed: string, version: number) => {
      await first.orm.signingKey.update({ where: { kid }, data: { sealedPrivate: sealed } });
      await first.orm.keySet.update({ where: { id: 1 }, data: { version } });
    };
    await setRow("damaged", 2);
    await keys.poll();
    expect(keys.isReady()).toBe(false);
    expect(publishedKids(keys)).toEqual(shown);
    await setRow(sealedPrivate, 3);
    await keys.poll();
    expect(keys.isReady()).toBe(true);
  });

  it("before any start there is nothing to publish or sign with, and nothing is ready", async () => {
    const unstarted = aKeyLifecycle(second, clock);
    expect(unstarted.isReady()).toBe(false);
    expect(() => unstarted.ring.publication()).toThrow(KeysUnavailable);
    expect(() => unstarted.ring.activeKid).toThrow(KeysUnavailable);
    await expect(sign(unstarted)).rejects.toThrow(KeysUnavailable);
  });

  it("without a database the last set is served, and signed with until it is older than the skew", async () => {
    const own = await openTestDatabase();
    const cutOff = aKeyLifecycle(own, clock);
    await cutOff.start();
    const shown = publishedKids(cutOff);
    await own.close();
    await cutOff.poll();
    expect(publishedKids(cutOff)).toEqual(shown);
    expect(decodeProtectedHeader(await sign(cutOff)).kid).toBe(shown[0]);
    clock.advance(SKEW_SECONDS + 1);
    await expect(sign(cutOff)).rejects.toThrow(DatabaseUnavailable);
    expect(publishedKids(cutOff)).toEqual(shown);
    await expect(cutOff.start()).rejects.toThrow(DatabaseUnavailable);
  });
});
