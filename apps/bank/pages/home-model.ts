// What the front page says: the balance first, then where it is, what moved, and how fast it goes.

import type { Visit } from "../../relying-party/visit.ts";
import {
  type Day,
  dayNumber,
  dayOf,
  hourOf,
  monthBefore,
  monthName,
  monthOf,
  plainDay,
} from "../../relying-party/words/calendar.ts";
import { type OutageModel, outageModel } from "../../relying-party/words/outage-model.ts";
import { type ProofModel, proofModel } from "../../relying-party/words/proof-model.ts";
import { euros, wholeEuros } from "../../sample-life/money.ts";
import type { Customer } from "../ledger/customer.ts";
import { nextDebit } from "../ledger/next-debit.ts";
import { RAINY_DAY_RATE_PERCENT } from "../ledger/rainy-day.ts";
import { type SpendingTide, spendingTide } from "../ledger/spending.ts";
import { type Statement, statementOf, totalCentsOn } from "../ledger/statement.ts";
import { type DayOfMovements, daysOfMovements } from "./movement-rows.ts";
import { type TideChart, tideChart, tideTable } from "./tide-chart.ts";

const LATEST_MOVEMENTS = 8;

export interface AccountLine {
  readonly name: string;
  readonly number: string;
  readonly href: string;
  readonly balance: string;
  readonly note: string;
}

export interface HomeModel {
  readonly greeting: string;
  readonly balance: { readonly euros: string; readonly cents: string };
  readonly notes: readonly string[];
  readonly checkedIn: string;
  readonly accounts: readonly AccountLine[];
  readonly currentNumber: string;
  readonly days: readonly DayOfMovements[];
  readonly tide: {
    readonly month: string;
    readonly spent: string;
    readonly level: string;
    readonly chart: TideChart;
    readonly table: readonly { day: string; out: string; usual: string }[];
    readonly purposes: readonly { purpose: string; amount: string; share: string }[];
  };
  readonly proof: ProofModel;
  readonly outage: OutageModel | undefined;
}

export function homeModel(
  visit: Visit,
  customer: Customer,
  siteName: string,
  now: Date,
): HomeModel {
  const { signedIn, pass, outage } = visit;
  const today = dayOf(now);
  const month = monthOf(today);
  const current = statementOf(customer, "current", month, today);
  const rainyDay = statementOf(customer, "rainy-day", month, today);
  const total = current.balanceCents + rainyDay.balanceCents;
  const proof = proofModel({ pass, signedIn, siteName, now });
  const [wholePart = "", centPart = ""] = euros(total).split(".");
  return {
    greeting: `${greetingAt(hourOf(now))}, ${firstName(signedIn.name)}. You have`,
    balance: { euros: wholePart, cents: `.${centPart}` },
    notes: [comparedWithAMonthAgo(customer, total, today), nextOut(customer, today)].filter(
      (note) => note !== "",
    ),
    checkedIn: proof.took,
    accounts: [currentLine(customer, current), rainyDayLine(customer, rainyDay)],
    currentNumber: customer.currentNumber,
    days: daysOfMovements(latest(customer, current, today), today),
    tide: tideModel(customer, today),
    proof,
    outage: outageModel(outage),
  };
}

/** The latest movements, reaching into last month when this one has only begun. */
function latest(customer: Customer, current: Statement, today: Day): Statement["lines"] {
  const lastMonth = monthOf(monthBefore(today));
  const earlier =
    current.lines.length < LATEST_MOVEMENTS
      ? statementOf(customer, "current", lastMonth, today).lines
      : [];
  return [...earlier, ...current.lines].slice(-LATEST_MOVEMENTS);
}

function tideModel(customer: Customer, today: Day): HomeModel["tide"] {
  const tide = spendingTide(customer, today);
  const spent = tide.spentCents.at(-1) ?? 0;
  const largest = tide.byPurpose[0]?.cents ?? 1;
  const rentDay = rentDayOf(customer, today);
  return {
    month: monthName(tide.month),
    spent: wholeEuros(spent),
    level: levelInWords(tide),
    chart: tideChart(tide, rentDay),
    table: tideTable(tide),
    purposes: tide.byPurpose.map(({ purpose, cents }) => ({
      purpose,
      amount: euros(cents),
      share: `${Math.max(1, Math.round((cents / largest) * 100))}%`,
    })),
  };
}

function rentDayOf(customer: Customer, today: Day): number | undefined {
  const { lines } = statementOf(customer, "current", monthOf(today), today);
  const rent = lines.find(({ party }) => party.startsWith(customer.landlord));
  return rent && dayNumber(rent.day);
}

const LEVELS: Readonly<Record<SpendingTide["level"], string>> = {
  below: "so far, below your usual level",
  within: "so far, at your usual level",
  above: "so far, above your usual level",
};
const levelInWords = ({ level }: SpendingTide) => LEVELS[level];

function greetingAt(hour: number): string {
  if (hour < 12) return "Good morning";
  return hour < 18 ? "Good afternoon" : "Good evening";
}

export const firstName = (name: string): string => name.trim().split(/\s+/)[0] ?? "";

function comparedWithAMonthAgo(customer: Customer, total: number, today: Day): string {
  const change = total - totalCentsOn(customer, monthBefore(today));
  if (Math.abs(change) < 100) return "As much as a month ago.";
  return `${wholeEuros(Math.abs(change))} ${change > 0 ? "more" : "less"} than a month ago.`;
}

function nextOut(customer: Customer, today: Day): string {
  const next = nextDebit(customer, today);
  return next ? `Next out: ${next.party}, ${euros(-next.cents)} on ${plainDay(next.day)}.` : "";
}

const currentLine = ({ currentNumber }: Customer, statement: Statement): AccountLine => ({
  name: "Current",
  number: `·${currentNumber}`,
  href: "/transactions",
  balance: euros(statement.balanceCents),
  note:
    statement.pendingCents === 0
      ? "nothing pending"
      : `${euros(statement.balanceCents - statement.pendingCents)} before pending`,
});

const rainyDayLine = ({ rainyDayNumber }: Customer, statement: Statement): AccountLine => ({
  name: "Rainy day",
  number: `·${rainyDayNumber}`,
  href: "/transactions?account=rainy-day",
  balance: euros(statement.balanceCents),
  note: `${RAINY_DAY_RATE_PERCENT}% a year`,
});
