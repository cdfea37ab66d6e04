import { decodeProtectedHeader } from "jose";
import { afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { KeyLifecycle } from "../../keys/key-lifecycle.ts";
import type { Database } from "../../prisma/database.ts";
import { openTwoHandles } from "../support/databases.ts";
import { type MovableClock, movableClock } from "../support/movable-clock.ts";
import { aKeyLifecycle, LEAD_SECONDS, removeAllKeys } from "./a-key-lifecycle.ts";

const cause = { actor: "operator-token", reason: "it is time" };
/** Long enough to look at what happens meanwhile. */
const SETTLE_MS = 3_000;

let handles: readonly [Database, Database];
beforeAll(async () => {
  handles = await openTwoHandles();
});

let clock: MovableClock;
let one: KeyLifecycle;
let other: KeyLifecycle;
beforeEach(async () => {
  await removeAllKeys(handles[0]);
  clock = movableClock();
  const replica = (database: Database) =>
    // It polls once an hour: whatever it learns sooner it has heard.
    aKeyLifecycle(database, clock, { replicas: { settleMilliseconds: SETTLE_MS } });
  [one, other] = [replica(handles[0]), replica(handles[1])];
  await one.start();
  await other.start();
  clock.advance(LEAD_SECONDS);
});
afterEach(async () => {
  await one.stop();
  await other.stop();
});

const signsWith = async ({ ring }: KeyLifecycle) =>
  decodeProtectedHeader(await ring.sign({ typ: "JWT" }, { sub: "alice" })).kid;
const publishes = ({ ring }: KeyLifecycle): string[] =>
  JSON.parse(ring.publication().body.toString()).keys.map(({ kid }: { kid: string }) => kid);
const eventually = <T>(read: () => T) => expect.poll(read, { timeout: 2_000, interval: 5 });

describe("a rotation with several replicas (K2)", () => {
  it("is heard of at once, and published by all before any of them signs with it", async () => {
    const former = one.ring.activeKid;
    const rotating = one.rotate(cause);
    await eventually(() => publishes(other)).toHaveLength(3);
    expect(publishes(one)).toEqual(publishes(other));
    expect(await signsWith(one)).toBe(former);
    expect(await signsWith(other)).toBe(former);

    const rotated = await rotating;
    if (rotated.kind !== "rotated") throw new Error(rotated.kind);
    expect(publishes(other)).toContain(rotated.published);
    expect(await signsWith(one)).toBe(rotated.activated);
    await expect
      .poll(() => signsWith(other), { timeout: SETTLE_MS, interval: 20 })
      .toBe(rotated.activated);
  });

  it("K4: waits for nothing when a key is thrown out, not even right after a rotation", async () => {
    const rotated = await one.rotate(cause);
    if (rotated.kind !== "rotated") throw new Error(rotated.kind);
    const revoke = (kid: string) => one.revoke({ kid, cause, alongside: async () => {} });
    const first = await revoke(rotated.activated);
    expect(first).toMatchObject({ kind: "revoked", activated: rotated.published });
    expect(await signsWith(one)).toBe(rotated.published);
    await eventually(() => publishes(other)).not.toContain(rotated.activated);
    expect(await signsWith(other)).not.toBe(rotated.activated);
  });
});
