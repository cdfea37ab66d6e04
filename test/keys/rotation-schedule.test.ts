import { setTimeout as wait } from "node:timers/promises";
import { beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import type { KeyLifecycle } from "../../keys/key-lifecycle.ts";
import type { RecentSites } from "../../keys/rotate-keys.ts";
import type { Database } from "../../prisma/database.ts";
import { openTwoHandles } from "../support/databases.ts";
import { type MovableClock, movableClock } from "../support/movable-clock.ts";
import {
  aKeyLifecycle,
  JWKS_MAX_AGE_SECONDS,
  LEAD_SECONDS,
  noSite,
  removeAllKeys,
  silentSite,
} from "./a-key-lifecycle.ts";

const cause = { actor: "account:ines" };
const ROTATION_SECONDS = 7_200;

let first: Database;
let second: Database;
let clock: MovableClock;
let warnings: object[];

beforeAll(async () => {
  [first, second] = await openTwoHandles();
});

beforeEach(async () => {
  await removeAllKeys(first);
  clock = movableClock();
  warnings = [];
});

async function replica(
  database: Database,
  { recentSites = silentSite, rotationSeconds = ROTATION_SECONDS, pollSeconds = 3_600 } = {},
): Promise<KeyLifecycle> {
  const keys = aKeyLifecycle(database, clock, {
    recentSites,
    rotationSeconds,
    pollSeconds,
    logger: { info() {}, error() {}, warn: (fields) => warnings.push(fields) },
  });
  await keys.start();
  return keys;
}

const rotations = () =>
  first.orm.auditEvent.findMany({ where: { kind: "keys.rotated" }, orderBy: { at: "asc" } });

describe("the scheduled rotation", () => {
  it("happens by itself after the time, once, and says that nobody asked", async () => {
    const keys = await replica(first);
    const before = keys.ring.activeKid;
    clock.advance(ROTATION_SECONDS - 1);
    await keys.poll();
    expect(await rotations()).toEqual([]);
    clock.advance(1);
    await keys.poll();
    await keys.poll();
    expect(await rotations()).toMatchObject([{ actor: "system", reason: "scheduled" }]);
    expect(keys.ring.activeKid).not.toBe(before);
    const active = (await keys.list()).find(({ state }) => state === "active");
    expect(active?.replacedAt).toEqual(new Date(clock.now().getTime() + ROTATION_SECONDS * 1000));
  });

  it.each<[string, RecentSites]>([
    ["a site that never reports", silentSite],
    ["no site at all", noSite],
  ])("is one for all replicas, with %s", async (_, recentSites) => {
    const replicas = [
      await replica(first, { recentSites }),
      await replica(second, { recentSites }),
      await replica(second, { recentSites }),
    ];
    for (let round = 1; round <= 4; round += 1) {
      clock.advance(ROTATION_SECONDS);
      await Promise.all(replicas.map((keys) => keys.poll()));
      for (const keys of replicas) await keys.poll();
      expect(await rotations()).toHaveLength(round);
      expect(new Set(replicas.map(({ ring }) => ring.activeKid)).size).toBe(1);
    }
  });

  it("counts from the last rotation, whoever asked for it", async () => {
    const keys = await replica(first);
    clock.advance(ROTATION_SECONDS - 100);
    expect((await keys.rotate(cause)).kind).toBe("rotated");
    clock.advance(100);
    await keys.poll();
    expect(await rotations()).toHaveLength(1);
    clock.advance(ROTATION_SECONDS - 100);
    await keys.poll();
    expect(await rotations()).toHaveLength(2);
  });

  it("is off when the setting is 0", async () => {
    const keys = await replica(first, { rotationSeconds: 0 });
    clock.advance(ROTATION_SECONDS * 1_000);
    await keys.poll();
    expect(await rotations()).toEqual([]);
  });

  it("K2: waits for the lead of a young key, says so once, and then happens", async () => {
    const keys = await replica(first);
    clock.advance(ROTATION_SECONDS - 10);
    const pending = (await keys.list()).find(({ state }) => state === "pending");
    await keys.revoke({ kid: pending?.kid ?? "", cause, alongside: async () => {} });
    warnings = [];
    clock.advance(10);
    for (let poll = 0; poll < 3; poll += 1) await keys.poll();
    expect(await rotations()).toEqual([]);
    expect(warnings).toHaveLength(1);
    expect(warnings[0]).toHaveProperty("reason", expect.stringContaining("Ledgerline"));
    clock.advance(LEAD_SECONDS - 10);
    await keys.poll();
    expect(await rotations()).toHaveLength(1);
  });

  it("K10: the JWKS is cached no longer than until then", async () => {
    const { ring } = await replica(first);
    const maxAge = () => ring.publication().maxAgeSeconds;
    clock.advance(ROTATION_SECONDS - JWKS_MAX_AGE_SECONDS - 1);
    expect(maxAge()).toBe(JWKS_MAX_AGE_SECONDS);
    clock.advance(201);
    expect(maxAge()).toBe(100);
    clock.advance(95);
    expect(maxAge()).toBe(10);
  });
});

describe("polling", () => {
  it("is never twice at the same distance, so that replicas drift apart", async () => {
    const delays: number[] = [];
    const setTimeoutAsItIs = setTimeout;
    const spy = vi.spyOn(globalThis, "setTimeout").mockImplementation(((
      call: () => void,
      delay: number,
    ) => {
      if (delay >= 40 && delay <= 50) delays.push(delay);
      return setTimeoutAsItIs(call, delay);
    }) as typeof setTimeout);
    const keys = await replica(first, { pollSeconds: 0.05 });
    await expect.poll(() => delays.length, { timeout: 20_000 }).toBeGreaterThan(5);
    await keys.stop();
    spy.mockRestore();
    expect(new Set(delays).size).toBe(delays.length);
  });

  it("ends when the replica stops", async () => {
    const keys = await replica(first, { pollSeconds: 0.02 });
    await wait(100);
    await keys.stop();
    const { count } = first.statements;
    await wait(200);
    expect(first.statements.count).toBe(count);
  });
});
