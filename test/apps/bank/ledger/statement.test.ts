import { describe, expect, it } from "vitest";
import { ACCOUNT_IDS } from "../../../../apps/bank/ledger/account.ts";
import { customerFor } from "../../../../apps/bank/ledger/customer.ts";
import { sumOf } from "../../../../apps/bank/ledger/movement.ts";
import { nextDebit } from "../../../../apps/bank/ledger/next-debit.ts";
import { spendingTide } from "../../../../apps/bank/ledger/spending.ts";
import { statementOf, totalCentsOn } from "../../../../apps/bank/ledger/statement.ts";
import {
  addDays,
  addMonths,
  lastDayOf,
  monthsFrom,
} from "../../../../apps/relying-party/words/calendar.ts";

const ISSUER = "http://id.localhost:4000";
const people = Array.from({ length: 15 }, (_, index) =>
  customerFor({ issuer: ISSUER, subject: `person-${index}` }),
);
const months = monthsFrom("2025-11", "2026-12");

describe("statements", () => {
  it("balances: opening plus every movement is the balance, line by line", () => {
    for (const customer of people) {
      for (const account of ACCOUNT_IDS) {
        const statement = statementOf(customer, account, "2026-11", "2026-11-20");
        let balance = statement.openingCents;
        for (const line of statement.lines) {
          balance += line.cents;
          expect(line.balanceCents).toBe(balance);
        }
        expect(statement.balanceCents).toBe(statement.openingCents + sumOf(statement.lines));
      }
    }
  });

  it("closes each month on the next one's opening balance, in both accounts", () => {
    for (const customer of people) {
      for (const account of ACCOUNT_IDS) {
        for (const month of months) {
          const next = addMonths(month, 1);
          expect(statementOf(customer, account, month, lastDayOf(month)).balanceCents).toBe(
            statementOf(customer, account, next, lastDayOf(next)).openingCents,
          );
        }
      }
    }
  });

  it("gives any new person a plausible account that is never overdrawn", () => {
    for (const customer of people) {
      for (const month of months) {
        const { lines } = statementOf(customer, "current", month, lastDayOf(month));
        expect(lines.length).toBeGreaterThan(20);
        expect(Math.min(...lines.map(({ balanceCents }) => balanceCents))).toBeGreaterThan(0);
        expect(lines.every(({ cents }) => cents !== 0)).toBe(true);
      }
    }
  });

  it("says the same of yesterday tomorrow", () => {
    const [customer] = people;
    if (!customer) throw new Error("no people");
    const today = statementOf(customer, "current", "2026-11", "2026-11-20").lines;
    const tomorrow = statementOf(customer, "current", "2026-11", "2026-11-21").lines;
    const settled = (lines: typeof today) => lines.map(({ isPending: _, ...line }) => line);
    expect(settled(tomorrow.slice(0, today.length))).toEqual(settled(today));
  });

  it("counts today's card payments as pending, and nothing else", () => {
    for (const customer of people) {
      const { lines, pendingCents } = statementOf(customer, "current", "2026-11", "2026-11-20");
      const pending = lines.filter(({ isPending }) => isPending);
      expect(pending.every(({ day, kind }) => kind === "card" && day === "2026-11-20")).toBe(true);
      expect(pendingCents).toBe(sumOf(pending));
    }
  });

  it("changes the total by what moved, and not by moving money between the two accounts", () => {
    for (const customer of people) {
      for (let day = "2026-11-02"; day < "2026-11-30"; day = addDays(day, 1)) {
        const moved = ACCOUNT_IDS.flatMap((account) =>
          statementOf(customer, account, "2026-11", day).lines.filter((line) => line.day === day),
        );
        expect(totalCentsOn(customer, day) - totalCentsOn(customer, addDays(day, -1))).toBe(
          sumOf(moved),
        );
        expect(sumOf(moved.filter(({ kind }) => kind === "own"))).toBe(0);
      }
    }
  });
});

describe("T6: whose account it is", () => {
  it("depends on issuer and subject together", () => {
    const numbers = [
      { issuer: ISSUER, subject: "a" },
      { issuer: ISSUER, subject: "b" },
      { issuer: "https://other.example", subject: "a" },
    ].map((key) =>
      JSON.stringify(statementOf(customerFor(key), "current", "2026-11", "2026-11-20")),
    );
    expect(new Set(numbers).size).toBe(3);
  });

  it("is the same whenever the same person comes back", () => {
    const key = { issuer: ISSUER, subject: "a" };
    expect(customerFor(key)).toEqual(customerFor({ ...key }));
  });
});

describe("spending tide", () => {
  it("adds up: the purposes, the last running total and the statement say the same", () => {
    for (const customer of people) {
      const tide = spendingTide(customer, "2026-11-20");
      const spent = tide.spentCents.at(-1);
      expect(tide.byPurpose.reduce((sum, { cents }) => sum + cents, 0)).toBe(spent);
      const out = statementOf(customer, "current", "2026-11", "2026-11-20").lines.filter(
        ({ cents }) => cents < 0,
      );
      expect(spent).toBe(-sumOf(out));
    }
  });

  it("covers the month from its beginning to its end, also on its first day and in February", () => {
    const [customer] = people;
    if (!customer) throw new Error("no people");
    for (const [today, days] of [
      ["2026-11-01", 30],
      ["2026-02-28", 28],
      ["2028-02-29", 29],
    ] as const) {
      const tide = spendingTide(customer, today);
      expect(tide.spentCents).toHaveLength(Number(today.slice(8)) + 1);
      expect(tide.spentCents[0]).toBe(0);
      expect(tide.usual).toHaveLength(days + 1);
      expect(tide.expectedCents).toBeGreaterThanOrEqual(tide.spentCents.at(-1) ?? 0);
      for (const { lowCents, highCents } of tide.usual) {
        expect(lowCents).toBeLessThanOrEqual(highCents);
      }
    }
  });
});

describe("the next debit", () => {
  it("is a bill that is still to come, and is on the statement when its day has come", () => {
    for (const customer of people) {
      const next = nextDebit(customer, "2026-11-28");
      if (!next) throw new Error("a tenant always has a next bill");
      expect(next.day > "2026-11-28").toBe(true);
      const { lines } = statementOf(customer, "current", next.day.slice(0, 7), next.day);
      expect(lines).toContainEqual(expect.objectContaining({ party: next.party, day: next.day }));
    }
  });
});
