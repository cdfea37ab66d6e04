import { describe, expect, it } from "vitest";
import {
  addMonths,
  clockTime,
  dayOf,
  daysIn,
  hourOf,
  longDay,
  monthBefore,
  monthsFrom,
  workingDayAfter,
  workingDayBefore,
} from "../../../../apps/relying-party/words/calendar.ts";

describe("calendar", () => {
  it("reads the day and the hour where the sites live, summer and winter", () => {
    expect(dayOf(new Date("2026-11-20T23:30:00Z"))).toBe("2026-11-21");
    expect(clockTime(new Date("2026-11-20T23:30:05Z"))).toBe("00:30:05");
    expect(hourOf(new Date("2026-07-20T23:30:00Z"))).toBe(1);
  });

  it("counts months across years, both ways", () => {
    expect(addMonths("2026-11", 2)).toBe("2027-01");
    expect(addMonths("2026-01", -13)).toBe("2024-12");
    expect(monthsFrom("2025-12", "2026-02")).toEqual(["2025-12", "2026-01", "2026-02"]);
    expect(monthsFrom("2026-02", "2025-12")).toEqual([]);
    expect([daysIn("2026-02"), daysIn("2028-02"), daysIn("2026-12")]).toEqual([28, 29, 31]);
  });

  it("finds the same day a month ago, or that month's last", () => {
    expect(monthBefore("2026-11-20")).toBe("2026-10-20");
    expect(monthBefore("2026-03-31")).toBe("2026-02-28");
  });

  it("pays before a weekend and debits after it", () => {
    expect(longDay("2026-11-22")).toBe("Sunday 22 November");
    expect(workingDayBefore("2026-11-22")).toBe("2026-11-20");
    expect(workingDayAfter("2026-11-22")).toBe("2026-11-23");
    expect(workingDayAfter("2026-11-23")).toBe("2026-11-23");
  });
});
