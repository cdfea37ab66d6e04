import { beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { KeyEvent } from "../../keys/key-event.ts";
import { keySeal } from "../../keys/key-seal.ts";
import { keyStore } from "../../keys/key-store.ts";
import { openedKeys } from "../../keys/opened-keys.ts";
import { type NewSigningKey, newSigningKey } from "../../keys/signing-key.ts";
import type { Database } from "../../prisma/database.ts";
import { openTwoHandles } from "../support/databases.ts";
import { aKek, recordAudit, removeAllKeys } from "./a-key-lifecycle.ts";

const now = new Date("2026-03-01T12:00:00.000Z");
const seal = keySeal([aKek()]);

// ES256: the store does not care, and such keys are made in no time.
const aKey = () => newSigningKey("ES256", { seal, rsaBits: 2048 });

const event = (kind: KeyEvent["kind"]): KeyEvent => ({
  at: now,
  kind,
  actor: "operator-token",
  outcome: "success",
  details: {},
});

let first: Database;
let second: Database;
let active: NewSigningKey;
let pending: NewSigningKey;

beforeAll(async () => {
  [first, second] = await openTwoHandles();
});

beforeEach(async () => {
  await removeAllKeys(first);
  [active, pending] = await Promise.all([aKey(), aKey()]);
  await store(first).create(0, firstTwo(), event("keys.created"));
});

const store = (database: Database) => keyStore(database, recordAudit);

const firstTwo = () => [
  { state: "active" as const, key: active },
  { state: "pending" as const, key: pending },
];

const rotation = async (database: Database, version: number) =>
  store(database).rotate(
    version,
    [
      {
        succession: { alg: "ES256", active: active.kid, pending: pending.kid },
        next: await aKey(),
      },
    ],
    [],
    event("keys.rotated"),
  );

const auditCount = (kind: string) => first.orm.auditEvent.count({ where: { kind } });

describe("the key set in the database", () => {
  it("is read back as it was written, under its version", async () => {
    const { version, keys } = await store(second).read();
    expect(version).toBe(1);
    expect(keys).toHaveLength(2);
    expect(keys).toContainEqual({ ...active, state: "active", publishedAt: now, activatedAt: now });
    expect(keys).toContainEqual({ ...pending, state: "pending", publishedAt: now });
  });

  it("rotates: the active key retires and loses its private half, the pending one signs", async () => {
    expect(await rotation(first, 1)).toBe(true);
    const { version, keys } = await store(first).read();
    expect(version).toBe(2);
    expect(keys.find(({ kid }) => kid === active.kid)).toMatchObject({
      state: "retiring",
      retiringAt: now,
      sealedPrivate: "",
    });
    expect(keys.find(({ kid }) => kid === pending.kid)).toMatchObject({
      state: "active",
      activatedAt: now,
    });
    expect(keys.filter(({ state }) => state === "pending")).toHaveLength(1);
    expect(await auditCount("keys.rotated")).toBe(1);
  });

  it.each([
    ["active", "active"],
    ["pending", "pending"],
  ])("K1: SQL cannot make a second %s key for one algorithm", async (_, state) => {
    const third = await aKey();
    const data = { ...third, state, publishedAt: now, createdAt: now };
    await expect(first.orm.signingKey.create({ data })).rejects.toThrow(/[Uu]nique/);
    await first.orm.signingKey.create({ data: { ...data, state: "retiring" } });
    await expect(
      first.orm.signingKey.update({ where: { kid: third.kid }, data: { state } }),
    ).rejects.toThrow(/[Uu]nique/);
  });

  it("K5: of 50 parallel rotations over two replicas one wins, and the losers write nothing", async () => {
    const won = await Promise.all(
      Array.from({ length: 50 }, (_, index) => rotation(index % 2 === 0 ? first : second, 1)),
    );
    expect(won.filter(Boolean)).toHaveLength(1);
    const { version, keys } = await store(first).read();
    expect(version).toBe(2);
    expect(keys.map(({ state }) => state).sort()).toEqual(["active", "pending", "retiring"]);
    expect(await auditCount("keys.rotated")).toBe(1);
  });

  it("K6: of 50 first starts over two replicas one makes the keys", async () => {
    await removeAllKeys(first);
    const won = await Promise.all(
      Array.from({ length: 50 }, (_, index) =>
        store(index % 2 === 0 ? first : second).create(0, firstTwo(), event("keys.created")),
      ),
    );
    expect(won.filter(Boolean)).toHaveLength(1);
    expect((await store(second).read()).keys).toHaveLength(2);
    expect(await auditCount("keys.created")).toBe(1);
  });

  it("writes neither keys nor audit when one of the two fails", async () => {
    const unrecorded = keyStore(first, async () => {
      throw new Error("the audit is full");
    });
    const next = await aKey();
    const succession = { alg: "ES256", active: active.kid, pending: pending.kid };
    await expect(
      unrecorded.rotate(1, [{ succession, next }], [], event("keys.rotated")),
    ).rejects.toThrow("the audit is full");
    expect(await store(first).read()).toMatchObject({ version: 1 });
    expect(await first.orm.signingKey.count()).toBe(2);
  });

  it("retires keys whose time has come, and keeps their public halves", async () => {
    await rotation(first, 1);
    const retired = event("keys.retired");
    expect(await store(first).retire(2, [active.kid], retired)).toBe(true);
    expect(await store(second).retire(2, [active.kid], retired)).toBe(false);
    expect(await auditCount("keys.retired")).toBe(1);
    const kept = (await store(first).read()).keys.find(({ kid }) => kid === active.kid);
    expect(kept).toMatchObject({ state: "retired", publicJwk: active.publicJwk });
  });

  it("K8: opens no key whose sealed half was swapped with another's", async () => {
    const swap = (kid: string, { sealedPrivate }: NewSigningKey) =>
      first.orm.signingKey.update({ where: { kid }, data: { sealedPrivate } });
    await swap(active.kid, pending);
    await swap(pending.kid, active);
    const { signers, problem } = await openedKeys(seal).open((await store(first).read()).keys);
    expect(signers.size).toBe(0);
    expect(problem?.message).toMatch(/KEY_ENCRYPTION_KEYS/);
  });

  it("K8, R1: holds no private key in the open", async () => {
    const dump = JSON.stringify(await first.orm.signingKey.findMany());
    expect(dump).not.toMatch(/PRIVATE KEY|"(d|p|q|dp|dq|qi|k)":/);
  });
});
