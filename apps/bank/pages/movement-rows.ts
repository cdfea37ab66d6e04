// Movements as a table shows them: newest first, parted by day, every amount already in words.
import { addDays, type Day, longDay, plainDay } from "../../relying-party/words/calendar.ts";
import { bareEuros, movedEuros } from "../../sample-life/money.ts";
import type { Purpose } from "../ledger/movement.ts";
import type { StatementLine } from "../ledger/statement.ts";

export interface MovementRow {
  readonly party: string;
  readonly icon: string;
  readonly purpose: Purpose;
  readonly reference?: string;
  readonly amount: string;
  readonly balance: string;
  readonly isIn: boolean;
  readonly isPending: boolean;
}

export interface DayOfMovements {
  readonly title: string;
  readonly rows: readonly MovementRow[];
}

const PURPOSE_ICONS: Readonly<Record<Purpose, string>> = {
  Salary: "briefcase",
  Interest: "percent",
  Home: "house",
  Saving: "piggy-bank",
  Groceries: "shopping-basket",
  "Eating out": "coffee",
  Travel: "train-front",
  Leisure: "book-open",
  Health: "heart-pulse",
  Clothes: "shirt",
  Transfers: "send",
};
const PARTY_ICONS: Readonly<Record<string, string>> = {
  "Evergreen Retirement": "tree-pine",
  "Rhône Énergie": "zap",
  "Fibre du Rhône": "wifi",
};

export function daysOfMovements(lines: readonly StatementLine[], today: Day): DayOfMovements[] {
  const newestFirst = [...lines].reverse();
  const days = [...new Set(newestFirst.map(({ day }) => day))];
  return days.map((day) => ({
    title: titleOf(day, today),
    rows: newestFirst.filter((line) => line.day === day).map(rowOf),
  }));
}

function titleOf(day: Day, today: Day): string {
  if (day === today) return `Today, ${plainDay(day)}`;
  if (day === addDays(today, -1)) return `Yesterday, ${plainDay(day)}`;
  return longDay(day);
}

const rowOf = (line: StatementLine): MovementRow => ({
  party: line.party,
  icon: PARTY_ICONS[line.party] ?? PURPOSE_ICONS[line.purpose],
  purpose: line.purpose,
  ...(line.reference && { reference: line.reference }),
  amount: movedEuros(line.cents),
  balance: bareEuros(line.balanceCents),
  isIn: line.cents > 0,
  isPending: line.isPending,
});
