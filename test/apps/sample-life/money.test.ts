import { describe, expect, it } from "vitest";
import {
  bareEuros,
  decimalEuros,
  euros,
  movedEuros,
  wholeEuros,
} from "../../../apps/sample-life/money.ts";

describe("money in words", () => {
  it.each([
    [421_836, "€4,218.36", "+€4,218.36", "4,218.36", "€4,218", "4218.36"],
    [-4620, "−€46.20", "−€46.20", "−46.20", "−€46", "-46.20"],
    [5, "€0.05", "+€0.05", "0.05", "€0", "0.05"],
    [-5, "−€0.05", "−€0.05", "−0.05", "€0", "-0.05"],
    [0, "€0.00", "€0.00", "0.00", "€0", "0.00"],
    [121_000_050, "€1,210,000.50", "+€1,210,000.50", "1,210,000.50", "€1,210,001", "1210000.50"],
  ])("%i cents", (cents, full, moved, bare, whole, decimal) => {
    expect(euros(cents)).toBe(full);
    expect(movedEuros(cents)).toBe(moved);
    expect(bareEuros(cents)).toBe(bare);
    expect(wholeEuros(cents)).toBe(whole);
    expect(decimalEuros(cents)).toBe(decimal);
  });
});
