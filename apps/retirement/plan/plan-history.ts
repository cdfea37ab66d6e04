// Everything that ever happened in a plan, month by month from the day it was joined: contributions
// on pay day, growth and our fee on the last day. The balance is the sum of it and nothing else.
import {
  type Day,
  lastDayOf,
  type Month,
  monthOf,
  monthsFrom,
  yearOf,
} from "../../relying-party/sample/calendar.ts";
import { contributionIn, payDayIn } from "../../relying-party/sample/working-life.ts";
import { FEE_PERCENT_A_YEAR, fundGrowth } from "./fund.ts";
import type { Member } from "./member.ts";

export type PlanEventKind = "own" | "employer" | "growth" | "fee";

export interface PlanEvent {
  readonly day: Day;
  readonly kind: PlanEventKind;
  /** Negative for a fee or a month of losses. */
  readonly cents: number;
}

export interface PlanYear {
  readonly year: number;
  readonly ownCents: number;
  readonly employerCents: number;
  /** Growth less our fee. */
  readonly grewCents: number;
  /** What the plan was worth when the year ended, or is today. */
  readonly balanceCents: number;
  readonly monthsPaused: number;
}

export interface PlanHistory {
  /** Oldest first. */
  readonly events: readonly PlanEvent[];
  readonly years: readonly PlanYear[];
  readonly ownCents: number;
  readonly employerCents: number;
  readonly grewCents: number;
  readonly balanceCents: number;
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
    years: yearsOf(events),
    ownCents: sum(events, "own"),
    employerCents: sum(events, "employer"),
    grewCents: sum(events, "growth", "fee"),
    balanceCents: balance,
  };
}

function eventsIn({ life }: Member, month: Month, openingCents: number): PlanEvent[] {
  const { ownCents, employerCents } = contributionIn(life, month);
  const paid = payDayIn(life, month);
  const closed = lastDayOf(month);
  return [
    { day: paid, kind: "own", cents: ownCents },
    { day: paid, kind: "employer", cents: employerCents },
    { day: closed, kind: "growth", cents: Math.round(openingCents * fundGrowth(month)) },
    { day: closed, kind: "fee", cents: -Math.round((openingCents * FEE_PERCENT_A_YEAR) / 1200) },
  ];
}

function yearsOf(events: readonly PlanEvent[]): PlanYear[] {
  let balanceCents = 0;
  const years = [...new Set(events.map(({ day }) => yearOf(day)))];
  return years.map((year) => {
    const inYear = events.filter(({ day }) => yearOf(day) === year);
    const paid = inYear.filter(({ kind }) => kind === "own");
    balanceCents += sum(inYear, "own", "employer", "growth", "fee");
    return {
      year,
      ownCents: sum(inYear, "own"),
      employerCents: sum(inYear, "employer"),
      grewCents: sum(inYear, "growth", "fee"),
      balanceCents,
      monthsPaused: new Set(inYear.map(({ day }) => monthOf(day))).size - paid.length,
    };
  });
}

const sum = (events: readonly PlanEvent[], ...kinds: readonly PlanEventKind[]): number =>
  events.reduce((total, { kind, cents }) => total + (kinds.includes(kind) ? cents : 0), 0);
