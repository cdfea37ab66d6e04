// What happened in a plan, in words.
import { monthName, monthOf, shortDay } from "../../relying-party/words/calendar.ts";
import { euros } from "../../sample-life/money.ts";
import { FEE_PERCENT_A_YEAR, FUND_NAME } from "../plan/fund.ts";
import type { Member } from "../plan/member.ts";
import type { PlanEvent } from "../plan/plan-history.ts";

export interface EventRow {
  readonly day: string;
  readonly what: string;
  readonly note?: string;
  readonly amount: string;
}

/** Newest first. */
export const eventRows = (events: readonly PlanEvent[], member: Member): EventRow[] =>
  [...events].reverse().map((event) => ({
    day: shortDay(event.day),
    ...whatOf(event, member),
    amount: euros(event.cents),
  }));

export const fundName = ({ pensionYear }: Member): string =>
  `${FUND_NAME} ${Math.floor(pensionYear / 5) * 5}`;

function whatOf({ kind, day, cents }: PlanEvent, member: Member): { what: string; note?: string } {
  const month = monthName(monthOf(day));
  switch (kind) {
    case "own":
      return { what: "Your contribution" };
    case "employer":
      return { what: `From ${member.life.employer}` };
    case "growth":
      return { what: `${cents < 0 ? "Loss" : "Growth"} in ${month}`, note: fundName(member) };
    case "fee":
      return { what: `Our fee, ${FEE_PERCENT_A_YEAR}% a year` };
  }
}
