// The next bill that will leave the current account: what a person wants to know beside a balance.
import { addMonths, type Day, monthOf } from "../../relying-party/words/calendar.ts";
import { currentMonth } from "./current-month.ts";
import type { Customer } from "./customer.ts";
import type { Movement } from "./movement.ts";

export function nextDebit(customer: Customer, today: Day): Movement | undefined {
  const month = monthOf(today);
  return [month, addMonths(month, 1)]
    .flatMap((each) => currentMonth(customer, each))
    .find(({ day, kind }) => day > today && kind === "debit");
}
