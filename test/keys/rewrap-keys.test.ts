import { beforeAll, beforeEach, describe, expect, it } from "vitest";
import { commandSealingKey } from "../../keys/command-sealing.ts";
import type { KeyLifecycle } from "../../keys/key-lifecycle.ts";
import { KeyEncryptionKeyWrong, type SealingKey } from "../../keys/key-seal.ts";
import type { Database } from "../../prisma/database.ts";
import { openTwoHandles } from "../support/databases.ts";
import { type MovableClock, movableClock } from "../support/movable-clock.ts";
import { aKek, aKeyLifecycle, LEAD_SECONDS, removeAllKeys } from "./a-key-lifecycle.ts";
import { aSealProgram } from "./a-seal-command.ts";

const cause = { actor: "operator-token", reason: "the old one leaves with its keeper" };

let first: Database;
let second: Database;
let clock: MovableClock;
let hsm: SealingKey;
const local = aKek("2026-03");

beforeAll(async () => {
  [first, second] = await openTwoHandles();
  const program = await aSealProgram();
  hsm = commandSealingKey("hsm", {
    command: program.command("--slot", "a slot"),
    timeoutSeconds: 30,
  });
});

beforeEach(async () => {
  await removeAllKeys(first);
  clock = movableClock();
});

async function replica(keks: SealingKey[], database = first): Promise<KeyLifecycle> {
  const keys = aKeyLifecycle(database, clock, { keks });
  await keys.start();
  return keys;
}

const sealedUnder = async () => {
  const rows = await first.orm.signingKey.findMany({ where: { sealedPrivate: { not: "" } } });
  return [...new Set(rows.map(({ kekId }) => kekId))];
};
const kidsInUse = async (keys: KeyLifecycle) =>
  (await keys.list()).filter(({ state }) => state !== "retiring").map(({ kid }) => kid);
const sign = ({ ring }: KeyLifecycle) => ring.sign({ typ: "JWT" }, { sub: "alice" });

describe("keys under several key-encryption keys (K8)", () => {
  it("are sealed by the first and opened by any, in this process or behind a command", async () => {
    const old = await replica([local]);
    const both = await replica([hsm, local], second);
    clock.advance(LEAD_SECONDS);
    expect((await both.rotate(cause)).kind).toBe("rotated");
    const rows = await first.orm.signingKey.findMany({ orderBy: { publishedAt: "asc" } });
    expect(rows.map(({ kekId, state }) => `${state} ${kekId}`).sort()).toEqual([
      "active 2026-03",
      "pending hsm",
      "retiring 2026-03",
    ]);
    await sign(both);
    await old.stop();
  });

  it.each<[string, () => SealingKey, () => SealingKey]>([
    ["from this process behind a command", () => local, () => hsm],
    ["from behind a command into this process", () => hsm, () => local],
    ["from one of this process to the next", () => local, () => aKek("2026-09", 9)],
  ])("move %s, and the former one can go", async (_, from, to) => {
    const old = await replica([from()]);
    clock.advance(LEAD_SECONDS);
    await old.rotate(cause);
    const before = await old.list();

    const keys = await replica([to(), from()], second);
    const result = await keys.rewrap(cause);
    expect(result).toEqual({
      kind: "rewrapped",
      kekId: to().id,
      kids: await kidsInUse(keys),
    });
    expect(await sealedUnder()).toEqual([to().id]);
    // The same keys in the same states; nobody outside can tell.
    expect(await keys.list()).toEqual(before);
    expect(keys.ring.publication().etag).toBe(old.ring.publication().etag);

    const later = await replica([to()]);
    expect(later.ring.activeKid).toBe(old.ring.activeKid);
    await sign(later);
    await expect(replica([from()])).rejects.toThrow(KeyEncryptionKeyWrong);
  });

  it("move once: the second time there is nothing to do, and nothing is recorded", async () => {
    await replica([local]);
    const keys = await replica([aKek("2026-09", 9), local]);
    await keys.rewrap(cause);
    expect(await keys.rewrap(cause)).toEqual({ kind: "rewrapped", kekId: "2026-09", kids: [] });
    const events = await first.orm.auditEvent.findMany({ where: { kind: "keys.rewrapped" } });
    expect(events).toMatchObject([{ ...cause, details: { kekId: "2026-09" } }]);
  });

  it("get a fresh seal: neither the old box nor its nonce is used again", async () => {
    await replica([local]);
    const before = await first.orm.signingKey.findMany();
    const keys = await replica([aKek("2026-09", 9), local]);
    await keys.rewrap(cause);
    const after = await first.orm.signingKey.findMany();
    const boxes = [...before, ...after].map(({ sealedPrivate }) => sealedPrivate);
    expect(new Set(boxes.map((box) => box.slice(0, 16))).size).toBe(4);
  });

  it("do not move, and lose nothing, when one of them does not open", async () => {
    await replica([local]);
    const [row] = await first.orm.signingKey.findMany({ where: { state: "pending" } });
    const keys = await replica([aKek("2026-09", 9), local]);
    const { kid = "", sealedPrivate = "" } = row ?? {};
    await first.orm.signingKey.update({
      where: { kid },
      data: { sealedPrivate: sealedPrivate.slice(0, -4) },
    });
    await expect(keys.rewrap(cause)).rejects.toThrow(KeyEncryptionKeyWrong);
    expect(await sealedUnder()).toEqual(["2026-03"]);
  });

  it("K5: move while others rotate: the rotation happens, and who moves them is told if it came first", async () => {
    // As when the new one is brought in: all can open both before any seals with it.
    const next = aKek("2026-09", 9);
    const old = await replica([local, next]);
    const keys = await replica([next, local], second);
    clock.advance(LEAD_SECONDS);
    const [rotated, rewrapped] = await Promise.all([old.rotate(cause), keys.rewrap(cause)]);
    expect(rotated.kind).toBe("rotated");
    expect(["rewrapped", "lost-race"]).toContain(rewrapped.kind);
    const states = (await keys.list()).map(({ state }) => state);
    expect(states.filter((state) => state === "active")).toHaveLength(1);
    expect(states.filter((state) => state === "pending")).toHaveLength(1);
  });
});
