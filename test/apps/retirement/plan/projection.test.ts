import { describe, expect, it } from "vitest";
import { project } from "../../../../apps/retirement/plan/projection.ts";

describe("projection", () => {
  it("begins at today's balance, whatever the outcome", () => {
    const [today] = project(8_000_000, 500_000, 26).years;
    expect(today).toEqual({
      yearsAhead: 0,
      lowCents: 8_000_000,
      lowerCents: 8_000_000,
      middleCents: 8_000_000,
      upperCents: 8_000_000,
      highCents: 8_000_000,
    });
  });

  it("is always a range, in order, in every year", () => {
    const { years, atPension } = project(8_000_000, 500_000, 26);
    expect(years).toHaveLength(27);
    expect(years.at(-1)).toEqual({ yearsAhead: 26, ...atPension });
    for (const year of years.slice(1)) {
      expect(year.lowCents).toBeLessThan(year.lowerCents);
      expect(year.lowerCents).toBeLessThan(year.middleCents);
      expect(year.middleCents).toBeLessThan(year.upperCents);
      expect(year.upperCents).toBeLessThan(year.highCents);
    }
  });

  it("leads further the more is put in, and stays a number with nothing put in", () => {
    const outcomes = [0, 200_000, 400_000].map(
      (yearly) => project(8_000_000, yearly, 26).atPension.middleCents,
    );
    expect(outcomes).toEqual([...outcomes].sort((a, b) => a - b));
    expect(project(0, 0, 1).atPension.highCents).toBe(0);
  });
});
