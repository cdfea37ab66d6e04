// The spending tide: how much has gone out this month, day by day, beside the range that most of
// the last six months ran in, and where the month is heading. What is moved to Rainy day counts: it
// has left the current account.
import {
  addMonths,
  type Day,
  dayNumber,
  daysIn,
  lastDayOf,
  type Month,
  monthOf,
} from "../../relying-party/words/calendar.ts";
import { currentMonth } from "./current-month.ts";
import type { Customer } from "./customer.ts";
import { type Movement, type Purpose, sumOf } from "./movement.ts";
import { statementOf } from "./statement.ts";

const MONTHS_COMPARED = 6;

export interface PurposeTotal {
  readonly purpose: Purpose;
  readonly cents: number;
}

export interface SpendingTide {
  readonly month: Month;
  readonly daysInMonth: number;
  /** Running totals at the end of each day; index 0 is the month's beginning, the last is today. */
  readonly spentCents: readonly number[];
  /** The usual range at the end of each day of the whole month, index 0 to `daysInMonth`. */
  readonly usual: readonly { readonly lowCents: number; readonly highCents: number }[];
  readonly expectedCents: number;
  readonly level: "below" | "within" | "above";
  /** Largest first; their sum is what has been spent. */
  readonly byPurpose: readonly PurposeTotal[];
}

export function spendingTide(customer: Customer, today: Day): SpendingTide {
  const month = monthOf(today);
  const daysInMonth = daysIn(month);
  const outgoing = outgoingIn(customer, month, today);
  const spentCents = runningTotals(outgoing, dayNumber(today));

  const earlier = Array.from({ length: MONTHS_COMPARED }, (_, index) => {
    const compared = addMonths(month, -1 - index);
    return outgoingIn(customer, compared, lastDayOf(compared));
  });
  const totals = earlier.map((movements) => runningTotals(movements, daysInMonth));
  const usual = Array.from({ length: daysInMonth + 1 }, (_, day) =>
    middleOf(totals.map((each) => each[day] ?? 0)),
  );

  const spent = spentCents.at(-1) ?? 0;
  const now = usual[spentCents.length - 1] ?? { lowCents: 0, highCents: 0 };
  return {
    month,
    daysInMonth,
    spentCents,
    usual,
    expectedCents: spent + billsToCome(customer, today) + usualPurchasesAfter(earlier, today),
    level: spent < now.lowCents ? "below" : spent > now.highCents ? "above" : "within",
    byPurpose: totalsByPurpose(outgoing),
  };
}

/** What is known to go out between tomorrow and the month's end. */
const billsToCome = (customer: Customer, today: Day): number =>
  -sumOf(
    currentMonth(customer, monthOf(today)).filter(
      ({ day, cents, kind }) => day > today && cents < 0 && kind !== "card",
    ),
  );

/** What is spent by card in the rest of a month, on average. */
function usualPurchasesAfter(earlier: readonly (readonly Movement[])[], today: Day): number {
  const after = earlier.map((movements) =>
    sumOf(
      movements.filter(({ day, kind }) => kind === "card" && dayNumber(day) > dayNumber(today)),
    ),
  );
  return -Math.round(after.reduce((sum, cents) => sum + cents, 0) / after.length);
}

const outgoingIn = (customer: Customer, month: Month, today: Day): Movement[] =>
  statementOf(customer, "current", month, today).lines.filter(({ cents }) => cents < 0);

/** The total out at the end of days 0 to `lastDay`; a shorter month stays level at its end. */
function runningTotals(outgoing: readonly Movement[], lastDay: number): number[] {
  const totals = new Array<number>(lastDay + 1).fill(0);
  for (const { day, cents } of outgoing) {
    for (let index = dayNumber(day); index <= lastDay; index++) {
      totals[index] = (totals[index] ?? 0) - cents;
    }
  }
  return totals;
}

/** All but the lowest and the highest: "usual" leaves out the odd month. */
function middleOf(values: readonly number[]): { lowCents: number; highCents: number } {
  const middle = [...values].sort((a, b) => a - b).slice(1, -1);
  return { lowCents: middle[0] ?? 0, highCents: middle.at(-1) ?? 0 };
}

function totalsByPurpose(outgoing: readonly Movement[]): PurposeTotal[] {
  const totals = new Map<Purpose, number>();
  for (const { purpose, cents } of outgoing) {
    totals.set(purpose, (totals.get(purpose) ?? 0) - cents);
  }
  return [...totals]
    .map(([purpose, cents]) => ({ purpose, cents }))
    .sort((a, b) => b.cents - a.cents);
}
