// The savings account: the standing order after each pay, and interest on the last day of a month.
import {
  addMonths,
  dayInMonth,
  lastDayOf,
  type Month,
  monthsFrom,
  workingDayAfter,
} from "../../relying-party/words/calendar.ts";
import type { Customer } from "./customer.ts";
import { type Movement, sumOf } from "./movement.ts";
import { transfersIn } from "./transfer.ts";

export const RAINY_DAY_RATE_PERCENT = 2.15;

/** What stood in Rainy day when the month began. */
export function rainyDayOpeningCents(customer: Customer, month: Month): number {
  return monthsFrom(customer.openedIn, addMonths(month, -1)).reduce(
    (balance, past) =>
      balance +
      customer.standingOrderCents +
      interestCents(balance) +
      sumOf(transfersIn(customer, "rainy-day", past)),
    customer.firstDepositCents,
  );
}

/** Every movement of the month but transfers, oldest first. */
export function rainyDayMonth(customer: Customer, month: Month): Movement[] {
  const saved: Movement = {
    day: workingDayAfter(dayInMonth(month, customer.life.payDay + 1)),
    party: `From Current ·${customer.currentNumber}`,
    purpose: "Saving",
    cents: customer.standingOrderCents,
    kind: "own",
  };
  const interest: Movement = {
    day: lastDayOf(month),
    party: `Interest, ${RAINY_DAY_RATE_PERCENT}% a year`,
    purpose: "Interest",
    cents: interestCents(rainyDayOpeningCents(customer, month)),
    kind: "credit",
  };
  return [saved, interest];
}

/** For one month, on what stood in the account when it began. */
const interestCents = (openingCents: number) =>
  Math.round((openingCents * RAINY_DAY_RATE_PERCENT) / 1200);
