// The one fund everybody's plan is in. Its months are the same for all, as a fund's are: made from
// the month alone, with a bad year here and there.
import { type Month, yearOf } from "../../relying-party/words/calendar.ts";
import { dice } from "../../sample-life/dice.ts";

export const FUND_NAME = "Steady Growth Fund";
export const FEE_PERCENT_A_YEAR = 0.22;

const USUAL_MONTH = 0.0056;
const SWING = 0.021;
/** Years in which everything fell, taken off each of their months. */
const HARD_YEARS: Readonly<Record<number, number>> = {
  2008: 0.026,
  2011: 0.009,
  2018: 0.008,
  2022: 0.014,
};

/** Growth of the month as a share of what stood in the fund when it began. */
export function fundGrowth(month: Month): number {
  const throwing = dice("steady growth fund", month);
  // Three throws in place of one: middling months are common, extreme ones rare.
  const swing = (throwing.fraction() + throwing.fraction() + throwing.fraction()) / 1.5 - 1;
  return USUAL_MONTH + swing * SWING - (HARD_YEARS[yearOf(month)] ?? 0);
}
