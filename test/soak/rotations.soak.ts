import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { aFleet, type Fleet } from "../support/a-fleet.ts";
import { rotationsUnderLoad, SHORTEST } from "../support/rotations-under-load.ts";
import { count, figure } from "./support/figures.ts";

const ROTATIONS = count(100, 3);
const TWO_HOURS = 2 * 60 * 60 * 1000;

describe("two replicas and two sites under load, for an hour", () => {
  let fleet: Fleet;
  beforeAll(async () => {
    fleet = await aFleet(SHORTEST.settings);
  });
  afterAll(() => fleet?.close());

  it(`K2: rotate ${ROTATIONS} times, and nothing fails`, { timeout: TWO_HOURS }, async () => {
    const { everySeconds } = SHORTEST;
    const load = await rotationsUnderLoad(fleet, { rotations: ROTATIONS, everySeconds });
    figure({ id: "K2", what: "keys that signed", unit: "", samples: [load.kids.size] });
    figure({ id: "K2", what: "verifications", unit: "", samples: [load.verifications] });
    figure({ id: "K2", what: "sign-ins", unit: "", samples: [load.signIns] });
    expect(load.failures).toEqual([]);
    figure(
      { id: "K2", what: "failures under load", unit: "", samples: [load.failures.length] },
      { of: "most", atMost: 0 },
    );
    expect(load.kids.size).toBe(ROTATIONS + 1);
  });
});
