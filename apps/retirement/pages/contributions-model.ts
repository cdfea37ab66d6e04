// Every year of a plan in one table, and one year month by month: where the rings' numbers stand.

import type { Visit } from "../../relying-party/visit.ts";
import {
  dayOf,
  longMonth,
  monthName,
  monthOf,
  yearOf,
} from "../../relying-party/words/calendar.ts";
import { type OutageModel, outageModel } from "../../relying-party/words/outage-model.ts";
import { euros } from "../../sample-life/money.ts";
import { memberFor } from "../plan/member.ts";
import { type PlanPeriod, planHistory } from "../plan/plan-history.ts";

export interface PeriodRow {
  readonly name: string;
  readonly own: string;
  readonly employer: string;
  readonly grew: string;
  readonly worth: string;
  readonly note?: string;
  readonly href?: string;
  readonly isShown?: boolean;
}

export interface ContributionsModel {
  readonly putIn: string;
  readonly since: string;
  readonly employerShort: string;
  /** Newest first. */
  readonly years: readonly PeriodRow[];
  readonly together: PeriodRow;
  readonly shownYear: string;
  readonly months: readonly PeriodRow[];
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
    years: [...plan.years].reverse().map((year) => ({
      ...rowOf(String(year.year), year),
      href: `/contributions?year=${year.year}#months`,
      isShown: year.year === shownYear,
      ...(year.monthsPaused > 1 && { note: `${year.monthsPaused} months off` }),
    })),
    together: rowOf("Together", plan),
    shownYear: String(shownYear),
    months: plan.months
      .filter(({ month }) => yearOf(month) === shownYear)
      .map((each) => ({
        ...rowOf(monthName(each.month), each),
        ...(each.month === monthOf(today) && { note: "so far" }),
      }))
      .reverse(),
    outage: outageModel(outage),
  };
}

const rowOf = (name: string, period: PlanPeriod): PeriodRow => ({
  name,
  own: euros(period.ownCents),
  employer: euros(period.employerCents),
  grew: euros(period.grewCents),
  worth: euros(period.balanceCents),
});
