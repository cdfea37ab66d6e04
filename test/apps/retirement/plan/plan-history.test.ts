import { describe, expect, it } from "vitest";
import { customerFor } from "../../../../apps/bank/ledger/customer.ts";
import { statementOf } from "../../../../apps/bank/ledger/statement.ts";
import { addDays, lastDayOf, monthsFrom } from "../../../../apps/relying-party/words/calendar.ts";
import { ageOf, memberFor, yearsToPension } from "../../../../apps/retirement/plan/member.ts";
import { planHistory } from "../../../../apps/retirement/plan/plan-history.ts";

const ISSUER = "http://id.localhost:4000";
const keys = Array.from({ length: 15 }, (_, index) => ({
  issuer: ISSUER,
  subject: `person-${index}`,
}));
const members = keys.map(memberFor);
const TODAY = "2026-11-20";

describe("a plan's history", () => {
  it("adds up: what was put in and what it grew by is the balance, to the cent", () => {
    for (const member of members) {
      const plan = planHistory(member, TODAY);
      expect(plan.ownCents + plan.employerCents + plan.grewCents).toBe(plan.balanceCents);
      expect(plan.events.reduce((sum, { cents }) => sum + cents, 0)).toBe(plan.balanceCents);
      expect(plan.balanceCents).toBeGreaterThan(0);
    }
  });

  it("adds up year by year, and the years add up to the plan", () => {
    for (const member of members) {
      const plan = planHistory(member, TODAY);
      let balance = 0;
      for (const year of plan.years) {
        balance += year.ownCents + year.employerCents + year.grewCents;
        expect(year.balanceCents).toBe(balance);
      }
      expect(balance).toBe(plan.balanceCents);
    }
  });

  it("is put in in whole euros, so that rounding the total never parts from its parts", () => {
    for (const member of members) {
      const plan = planHistory(member, TODAY);
      expect(plan.ownCents % 100).toBe(0);
      expect(plan.employerCents % 100).toBe(0);
    }
  });

  it("says the same of yesterday tomorrow", () => {
    for (const member of members.slice(0, 5)) {
      const today = planHistory(member, TODAY).events;
      const later = planHistory(member, addDays(TODAY, 40)).events;
      expect(later.slice(0, today.length)).toEqual(today);
    }
  });

  it("has one ring a year from the first to this one, and one thin ring for the pause", () => {
    for (const member of members) {
      const { years } = planHistory(member, TODAY);
      const first = Number(member.life.joined.slice(0, 4));
      expect(years.map(({ year }) => year)).toEqual(
        Array.from({ length: 2026 - first + 1 }, (_, index) => first + index),
      );
      const paused = years.filter(({ monthsPaused }) => monthsPaused > 1);
      expect(paused).toEqual([expect.objectContaining({ monthsPaused: member.life.pause.months })]);
    }
  });

  it("keeps ages sensible, however far the clock moves", () => {
    for (const member of members) {
      expect(ageOf(member, TODAY)).toBeGreaterThanOrEqual(30);
      expect(ageOf(member, TODAY)).toBeLessThan(67);
      expect(yearsToPension(member, "2090-01-01")).toBe(1);
    }
  });
});

describe("T6: the same person at both sites", () => {
  it("Evergreen receives, on the same day, exactly what Harbour pays it", () => {
    for (const key of keys) {
      const customer = customerFor(key);
      const { events } = planHistory(memberFor(key), lastDayOf("2026-10"));
      for (const month of monthsFrom("2026-01", "2026-10")) {
        const paid = statementOf(customer, "current", month, lastDayOf(month)).lines.find(
          ({ party }) => party === "Evergreen Retirement",
        );
        const received = events.find(
          ({ day, kind }) => kind === "own" && day.slice(0, 7) === month,
        );
        expect(received).toEqual({ day: paid?.day, kind: "own", cents: -(paid?.cents ?? 0) });
      }
    }
  });
});
