import { describe, expect, it } from "vitest";
import { retryAt } from "../../../idp/sending/retry.ts";

const now = new Date("2026-03-01T12:00:00Z");
const secondsLater = (attempts: number, chance: number) =>
  (retryAt(attempts, now, chance).getTime() - now.getTime()) / 1000;

describe("when a delivery is attempted again", () => {
  it.each([
    [1, 1],
    [2, 2],
    [3, 4],
    [6, 32],
    [7, 60],
    [1_500, 60],
  ])("after %i attempts in the vein of %i s", (attempts, seconds) => {
    expect(secondsLater(attempts, 0.5)).toBeCloseTo(seconds);
    expect(secondsLater(attempts, 0)).toBeCloseTo(seconds * 0.8);
    expect(secondsLater(attempts, 1)).toBeCloseTo(seconds * 1.2);
  });
});
