import { describe, expect, it } from "vitest";
import {
  throttlePolicies,
  waitSeconds,
  waitTable,
} from "../../../../idp/records/accounts/throttle-policy.ts";

describe("how long to wait after failures in a row (security P7)", () => {
  const { name, nameAtAddress } = throttlePolicies;

  it.each([
    [1, 0],
    [9, 0],
    [10, 1],
    [11, 2],
    [12, 4],
    [19, 512],
    [20, 900],
    [99, 900],
    [100, 86_400],
    [1_000, 86_400],
  ])("P7: %i of one person's at one place: %i s", (failures, seconds) => {
    expect(waitSeconds(failures, nameAtAddress)).toBe(seconds);
  });

  it("P7: lets at most 100 in a row through without a long wait, and never locks for good", () => {
    expect(waitSeconds(99, name)).toBe(900);
    expect(waitSeconds(100, name)).toBe(3_600);
    expect(waitSeconds(1_000_000, name)).toBe(3_600);
  });

  it.each(Object.entries(throttlePolicies))(
    "tabulates %s up to its last growing wait",
    (_, policy) => {
      const table = waitTable(policy);
      expect(table[0]).toBe(0);
      expect(table.at(-1)).toBe(policy.longestWaitSeconds);
      expect(table).toEqual([...table].sort((a, b) => a - b));
      expect(table.length).toBeLessThan(policy.last);
    },
  );
});
