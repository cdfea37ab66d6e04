// A month of one account as a statement: what it opened with, every movement up to a day, and the
// balance after each. All that the pages and the API show is read from statements, so the numbers
// agree wherever they appear.
import { type Day, type Month, monthOf } from "../../relying-party/words/calendar.ts";
import { ACCOUNT_IDS, type AccountId } from "./account.ts";
import { currentMonth, openingCents } from "./current-month.ts";
import type { Customer } from "./customer.ts";
import { type Movement, sumOf } from "./movement.ts";
import { rainyDayMonth, rainyDayOpeningCents } from "./rainy-day.ts";
import { transfersBefore, transfersIn } from "./transfer.ts";

export interface StatementLine extends Movement {
  readonly balanceCents: number;
  readonly isPending: boolean;
}

export interface Statement {
  readonly account: AccountId;
  readonly month: Month;
  readonly openingCents: number;
  /** Oldest first. */
  readonly lines: readonly StatementLine[];
  readonly balanceCents: number;
  readonly pendingCents: number;
}

/** The statement of a month as it reads on `today`: nothing later than that day is on it yet. */
export function statementOf(
  customer: Customer,
  account: AccountId,
  month: Month,
  today: Day,
): Statement {
  const isCurrent = account === "current";
  const opening = isCurrent
    ? openingCents(customer, month) + sumOf(transfersBefore(customer, "current", month))
    : rainyDayOpeningCents(customer, month);
  const planned = isCurrent ? currentMonth(customer, month) : rainyDayMonth(customer, month);
  // A stable sort: what was sent comes after all else of its day.
  const movements = [...planned, ...transfersIn(customer, account, month)].sort((one, other) =>
    one.day < other.day ? -1 : one.day > other.day ? 1 : 0,
  );

  let balanceCents = opening;
  const lines = movements
    .filter(({ day }) => day <= today)
    .map((movement) => {
      balanceCents += movement.cents;
      return {
        ...movement,
        balanceCents,
        isPending: movement.kind === "card" && movement.day === today,
      };
    });
  return {
    account,
    month,
    openingCents: opening,
    lines,
    balanceCents,
    pendingCents: lines.reduce((sum, line) => sum + (line.isPending ? line.cents : 0), 0),
  };
}

/** Both accounts together, at the end of a day. */
export const totalCentsOn = (customer: Customer, day: Day): number =>
  ACCOUNT_IDS.reduce(
    (sum, account) => sum + statementOf(customer, account, monthOf(day), day).balanceCents,
    0,
  );
