import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { aFleet, type Fleet } from "../support/a-fleet.ts";
import { rotationsUnderLoad, SHORTEST } from "../support/rotations-under-load.ts";

const ROTATIONS = 8;

describe("two replicas and two sites under load", () => {
  let fleet: Fleet;
  beforeAll(async () => {
    fleet = await aFleet(SHORTEST.settings);
  }, 120_000);
  afterAll(() => fleet?.close());

  it("K2: rotate as often as they may, and no verification and no sign-in fails", {
    timeout: 600_000,
  }, async () => {
    const { everySeconds } = SHORTEST;
    const load = await rotationsUnderLoad(fleet, { rotations: ROTATIONS, everySeconds });
    expect(load.failures).toEqual([]);
    expect(load.kids.size).toBe(ROTATIONS + 1);
    expect(load.verifications).toBeGreaterThan(ROTATIONS * 100);
    expect(load.signIns).toBeGreaterThan(ROTATIONS);
    // Both replicas had their share of it.
    const [one = 0, other = 0] = fleet.given;
    expect(Math.abs(one - other)).toBeLessThanOrEqual(1);
  });
});
