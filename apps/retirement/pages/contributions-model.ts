// Every year of a plan in one table, and this year month by month: where the rings' numbers stand.
import { dayOf, longMonth, yearOf } from "../../relying-party/sample/calendar.ts";
import { euros } from "../../relying-party/sample/money.ts";
import { type OutageModel, outageModel } from "../../relying-party/sample/outage-model.ts";
import type { Visit } from "../../relying-party/visit.ts";
import { memberFor } from "../plan/member.ts";
import { type PlanYear, planHistory } from "../plan/plan-history.ts";
import { type EventRow, eventRows } from "./plan-events.ts";

export interface YearRow {
  readonly year: string;
  readonly own: string;
  readonly employer: string;
  readonly grew: string;
  readonly worth: string;
  readonly note: string;
  readonly href: string;
  readonly isShown: boolean;
}

export interface ContributionsModel {
  readonly putIn: string;
  readonly since: string;
  readonly employerShort: string;
  /** Newest first. */
  readonly years: readonly YearRow[];
  readonly total: {
    readonly own: string;
    readonly employer: string;
    readonly grew: string;
    readonly worth: string;
  };
  readonly shownYear: string;
  readonly events: readonly EventRow[];
  readonly outage: OutageModel | undefined;
}

/** Undefined when the plan has no such year. */
export function contributionsModel(
  { signedIn, outage }: Visit,
  askedYear: number | undefined,
  now: Date,
): ContributionsModel | undefined {
  const member = memberFor(signedIn);
  const today = dayOf(now);
  const plan = planHistory(member, today);
  const shownYear = askedYear ?? yearOf(today);
  if (!plan.years.some(({ year }) => year === shownYear)) return undefined;
  return {
    putIn: euros(plan.ownCents + plan.employerCents),
    since: longMonth(member.life.joined),
    employerShort: member.life.employerShort,
    years: [...plan.years].reverse().map((year) => yearRow(year, shownYear)),
    total: {
      own: euros(plan.ownCents),
      employer: euros(plan.employerCents),
      grew: euros(plan.grewCents),
      worth: euros(plan.balanceCents),
    },
    shownYear: String(shownYear),
    events: eventRows(
      plan.events.filter(({ day }) => yearOf(day) === shownYear),
      member,
    ),
    outage: outageModel(outage),
  };
}

const yearRow = (row: PlanYear, shownYear: number): YearRow => ({
  year: String(row.year),
  own: euros(row.ownCents),
  employer: euros(row.employerCents),
  grew: euros(row.grewCents),
  worth: euros(row.balanceCents),
  note: row.monthsPaused > 1 ? `${row.monthsPaused} months off` : "",
  href: `/contributions?year=${row.year}#months`,
  isShown: row.year === shownYear,
});
