import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { kitThroughRotations } from "../keys/kit-through-rotations.ts";
import { aFleet, type Fleet } from "../support/a-fleet.ts";
import { openTestDatabase } from "../support/databases.ts";
import { rotationsUnderLoad, SHORTEST } from "../support/rotations-under-load.ts";
import { count, figure } from "./support/figures.ts";

const ROTATIONS = count(100, 3);
const TWO_HOURS = 2 * 60 * 60 * 1000;

describe("a site on the kit, by a clock that is moved", () => {
  it(`K2, K3: follows ${ROTATIONS} rotations, and nothing fails`, async () => {
    const { keys, fetches } = await kitThroughRotations(await openTestDatabase(), ROTATIONS);
    expect(keys).toBe(ROTATIONS + 1);
    figure({ id: "K2", what: "keys that one site verified with", unit: "", samples: [keys] });
    figure({ id: "Z2", what: "key sets it fetched meanwhile", unit: "", samples: [fetches] });
  });
});

describe("two replicas and two sites under load, for half an hour", () => {
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
