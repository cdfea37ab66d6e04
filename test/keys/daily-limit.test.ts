import { beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { KeyLifecycle } from "../../keys/key-lifecycle.ts";
import type { Database } from "../../prisma/database.ts";
import { openTwoHandles } from "../support/databases.ts";
import { type MovableClock, movableClock } from "../support/movable-clock.ts";
import { aKeyLifecycle, readySite, removeAllKeys } from "./a-key-lifecycle.ts";

const cause = { actor: "account:ines" };
const MOST = 5;
const ONE_DAY_SECONDS = 86_400;

let first: Database;
let second: Database;
let clock: MovableClock;
let keys: KeyLifecycle;
let other: KeyLifecycle;

beforeAll(async () => {
  [first, second] = await openTwoHandles();
});

beforeEach(async () => {
  await removeAllKeys(first);
  clock = movableClock();
  // Nothing but the limit stands in the way.
  const options = { mostChanges: MOST, recentSites: readySite(first) };
  keys = aKeyLifecycle(first, clock, options);
  other = aKeyLifecycle(second, clock, options);
  await keys.start();
  await other.start();
});

const revokeSome = async (lifecycle: KeyLifecycle) => {
  const pending = (await lifecycle.list()).find(({ state }) => state === "pending");
  return lifecycle.revoke({ kid: pending?.kid ?? "", cause, alongside: async () => {} });
};

const changes = () =>
  first.orm.auditEvent.count({ where: { kind: { in: ["keys.rotated", "keys.revoked"] } } });

describe("how often keys may be changed in a day (D1)", () => {
  it("is so often, rotations and revocations together; then both are refused", async () => {
    for (let done = 0; done < MOST; done += 1) {
      const { kind } = await (done % 2 === 0 ? keys.rotate(cause) : revokeSome(keys));
      expect(kind).toBe(done % 2 === 0 ? "rotated" : "revoked");
    }
    const before = await keys.list();
    expect(await keys.rotate(cause)).toEqual({ kind: "limit-reached", most: MOST });
    expect(await revokeSome(other)).toEqual({ kind: "limit-reached", most: MOST });
    expect(await keys.list()).toEqual(before);
  });

  it("counts the last 24 hours, whatever the calendar says", async () => {
    clock.set(new Date("2026-03-01T23:59:00.000Z"));
    for (let done = 0; done < MOST; done += 1) await keys.rotate(cause);
    clock.advance(ONE_DAY_SECONDS - 1);
    expect((await keys.rotate(cause)).kind).toBe("limit-reached");
    clock.advance(1);
    expect((await keys.rotate(cause)).kind).toBe("rotated");
  });

  it("holds against 20 calls at once, again and again, over two replicas", async () => {
    for (let round = 0; round < 5; round += 1) {
      const results = await Promise.all(
        Array.from({ length: 20 }, (_, index) => {
          const lifecycle = index % 2 === 0 ? keys : other;
          return index % 3 === 0 ? revokeSome(lifecycle) : lifecycle.rotate(cause);
        }),
      );
      expect(results).toHaveLength(20);
      expect(await changes()).toBeLessThanOrEqual(MOST);
    }
    expect(await changes()).toBe(MOST);
    const states = (await keys.list()).map(({ state }) => state);
    expect(states.filter((state) => state === "active")).toHaveLength(1);
    expect(states.filter((state) => state === "pending")).toHaveLength(1);
  });

  it("is for people: what is due by itself happens, and does not count", async () => {
    const options = { mostChanges: 1, recentSites: readySite(first), rotationSeconds: 3_600 };
    const scheduled = aKeyLifecycle(first, clock, options);
    await scheduled.start();
    for (let round = 0; round < 3; round += 1) {
      clock.advance(3_600);
      await scheduled.poll();
    }
    expect(await changes()).toBe(3);
    expect((await scheduled.rotate(cause)).kind).toBe("rotated");
    expect((await scheduled.rotate(cause)).kind).toBe("limit-reached");
    clock.advance(3_600);
    await scheduled.poll();
    expect(await changes()).toBe(5);
    await scheduled.stop();
  });
});
