// A month of one account, all of it: what it opened with, what came in and went out, and the way to
// the months beside it.

import type { Visit } from "../../relying-party/visit.ts";
import {
  addMonths,
  dayOf,
  longMonth,
  type Month,
  monthName,
  monthOf,
  plainDay,
} from "../../relying-party/words/calendar.ts";
import { type OutageModel, outageModel } from "../../relying-party/words/outage-model.ts";
import { euros, movedEuros } from "../../sample-life/money.ts";
import { ACCOUNT_IDS, type AccountId } from "../ledger/account.ts";
import type { Customer } from "../ledger/customer.ts";
import { type Statement, statementOf } from "../ledger/statement.ts";
import { type DayOfMovements, daysOfMovements } from "./movement-rows.ts";

interface LinkTo {
  readonly text: string;
  readonly href: string;
}

export interface TransactionsModel {
  readonly accountName: string;
  readonly accountNumber: string;
  readonly balance: { readonly euros: string; readonly cents: string };
  readonly balanceNote: string;
  readonly accounts: readonly (LinkTo & { readonly isShown: boolean })[];
  readonly month: string;
  readonly earlier: LinkTo | undefined;
  readonly later: LinkTo | undefined;
  readonly sums: readonly { readonly term: string; readonly amount: string }[];
  readonly days: readonly DayOfMovements[];
  readonly broughtForward: string;
  readonly outage: OutageModel | undefined;
}

const NAMES: Readonly<Record<AccountId, string>> = { current: "Current", "rainy-day": "Rainy day" };

/** What was asked for; absent means the current account, this month. */
export interface TransactionsQuery {
  readonly account?: AccountId | undefined;
  readonly month?: Month | undefined;
}

/** Undefined when the account has no such month: before it was opened, or still to come. */
export function transactionsModel(
  visit: Visit,
  customer: Customer,
  { account = "current", month: asked }: TransactionsQuery,
  now: Date,
): TransactionsModel | undefined {
  const today = dayOf(now);
  const thisMonth = monthOf(today);
  const month = asked ?? thisMonth;
  if (month > thisMonth || (month < customer.openedIn && month !== thisMonth)) return undefined;

  const statement = statementOf(customer, account, month, today);
  const isThisMonth = month === thisMonth;
  const [wholePart = "", centPart = ""] = euros(statement.balanceCents).split(".");
  return {
    accountName: NAMES[account],
    accountNumber: `·${numberOf(customer, account)}`,
    balance: { euros: wholePart, cents: `.${centPart}` },
    balanceNote: isThisMonth ? `on ${plainDay(today)}` : `when ${monthName(month)} ended`,
    accounts: ACCOUNT_IDS.map((id) => ({
      text: NAMES[id],
      href: hrefOf(id, isThisMonth ? undefined : month),
      isShown: id === account,
    })),
    month: longMonth(month),
    earlier:
      month > customer.openedIn ? monthLink(account, addMonths(month, -1), thisMonth) : undefined,
    later: isThisMonth ? undefined : monthLink(account, addMonths(month, 1), thisMonth),
    sums: sumsOf(statement, isThisMonth),
    days: daysOfMovements(statement.lines, today),
    broughtForward: euros(statement.openingCents),
    outage: outageModel(visit.outage),
  };
}

function sumsOf({ openingCents, lines, balanceCents }: Statement, isThisMonth: boolean) {
  const total = (wanted: (cents: number) => boolean) =>
    lines.reduce((sum, { cents }) => sum + (wanted(cents) ? cents : 0), 0);
  return [
    { term: "Brought forward", amount: euros(openingCents) },
    { term: "Came in", amount: movedEuros(total((cents) => cents > 0)) },
    { term: "Went out", amount: movedEuros(total((cents) => cents < 0)) },
    { term: isThisMonth ? "There now" : "At the end", amount: euros(balanceCents) },
  ];
}

const numberOf = (customer: Customer, account: AccountId) =>
  account === "current" ? customer.currentNumber : customer.rainyDayNumber;

const monthLink = (account: AccountId, month: Month, thisMonth: Month): LinkTo => ({
  text: longMonth(month),
  href: hrefOf(account, month === thisMonth ? undefined : month),
});

function hrefOf(account: AccountId, month: Month | undefined): string {
  const query = new URLSearchParams();
  if (account !== "current") query.set("account", account);
  if (month) query.set("month", month);
  return query.size > 0 ? `/transactions?${query}` : "/transactions";
}
