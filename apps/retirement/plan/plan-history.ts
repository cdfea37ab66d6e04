// Everything that ever happened in a plan, month by month from the day it was joined: contributions
// on pay day, growth and our fee on the last day. The balance is the sum of it and nothing else.
import {
  type Day,
  lastDayOf,
  type Month,
  monthOf,
  monthsFrom,
} from "../../relying-party/words/calendar.ts";
import { contributionIn, payDayIn } from "../../sample-life/working-life.ts";
import { FEE_PERCENT_A_YEAR, fundGrowth } from "./fund.ts";
import type { Member } from "./member.ts";

export type PlanEventKind = "own" | "employer" | "growth" | "fee";

export interface PlanEvent {
  readonly day: Day;
  readonly kind: PlanEventKind;
  /** Negative for a fee or a month of losses. */
  readonly cents: number;
}

/** What a stretch of time did to a plan. */
export interface PlanPeriod {
  readonly ownCents: number;
  readonly employerCents: number;
  /** Growth less our fee. */
  readonly grewCents: number;
  /** What the plan was worth when the period ended, or is today. */
  readonly balanceCents: number;
}

export interface PlanMonth extends PlanPeriod {
  readonly month: Month;
}

export interface PlanYear extends PlanPeriod {
  readonly year: number;
  readonly monthsPaused: number;
}

export interface PlanHistory extends PlanPeriod {
  /** Oldest first, like the months and the years. */
  readonly events: readonly PlanEvent[];
  readonly months: readonly PlanMonth[];
  readonly years: readonly PlanYear[];
}

/** The plan as it stands at the end of `today`. */
export function planHistory(member: Member, today: Day): PlanHistory {
  const events: PlanEvent[] = [];
  let balance = 0;
  for (const month of monthsFrom(member.life.joined, monthOf(today))) {
    for (const event of eventsIn(member, month, balance)) {
      if (event.day > today || event.cents === 0) continue;
      events.push(event);
      balance += event.cents;
    }
  }
  return {
    events,
    months: periodsOf(events, ({ day }) => monthOf(day)).map(({ key, inPeriod: _, ...period }) => ({
      month: key,
      ...period,
    })),
    years: periodsOf(events, ({ day }) => day.slice(0, 4)).map(({ key, inPeriod, ...period }) => ({
      year: Number(key),
      ...period,
      monthsPaused: monthsIn(inPeriod) - monthsIn(inPeriod.filter(({ kind }) => kind === "own")),
    })),
    ...sumsOf(events),
    balanceCents: balance,
  };
}

function eventsIn({ life }: Member, month: Month, openingCents: number): PlanEvent[] {
  const { ownCents, employerCents } = contributionIn(life, month);
  const paid = payDayIn(life, month);
  const closed = lastDayOf(month);
  return [
    { day: paid, kind: "employer", cents: employerCents },
    { day: paid, kind: "own", cents: ownCents },
    { day: closed, kind: "fee", cents: -Math.round((openingCents * FEE_PERCENT_A_YEAR) / 1200) },
    { day: closed, kind: "growth", cents: Math.round(openingCents * fundGrowth(month)) },
  ];
}

/** The events parted by month or by year, summed, with the balance at each end. */
function periodsOf(events: readonly PlanEvent[], keyOf: (event: PlanEvent) => string) {
  let balanceCents = 0;
  return [...new Set(events.map(keyOf))].map((key) => {
    const inPeriod = events.filter((event) => keyOf(event) === key);
    const sums = sumsOf(inPeriod);
    balanceCents += sums.ownCents + sums.employerCents + sums.grewCents;
    return { key, inPeriod, ...sums, balanceCents };
  });
}

const monthsIn = (events: readonly PlanEvent[]) =>
  new Set(events.map(({ day }) => monthOf(day))).size;

const sumsOf = (events: readonly PlanEvent[]) => ({
  ownCents: sum(events, "own"),
  employerCents: sum(events, "employer"),
  grewCents: sum(events, "growth", "fee"),
});

const sum = (events: readonly PlanEvent[], ...kinds: readonly PlanEventKind[]): number =>
  events.reduce((total, { kind, cents }) => total + (kinds.includes(kind) ? cents : 0), 0);
