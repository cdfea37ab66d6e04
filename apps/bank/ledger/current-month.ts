// A month in the current account. The books of each month close on the opening balance of the
// next, so any month can be written without the ones before it: what is not pay, bills or saving
// is spent, purchase by purchase, until exactly that much is gone.
import {
  addMonths,
  type Day,
  dayInMonth,
  daysIn,
  type Month,
  workingDayAfter,
} from "../../relying-party/words/calendar.ts";
import { type Dice, dice } from "../../sample-life/dice.ts";
import { contributionIn, netPayIn, payDayIn } from "../../sample-life/working-life.ts";
import type { Customer } from "./customer.ts";
import { type Movement, type MovementKind, type Purpose, sumOf } from "./movement.ts";

const OPENING_SWING_CENTS = 18_000;
const SMALLEST_PURCHASE_CENTS = 600;
const WINTER_MONTHS = [11, 12, 1, 2, 3];

interface Shop {
  readonly party: string;
  readonly purpose: Purpose;
  readonly from: number;
  readonly to: number;
}
const shop = (party: string, purpose: Purpose, from: number, to: number): Shop => ({
  party,
  purpose,
  from,
  to,
});

const MARKET_HALL = shop("Halles de la Croix", "Groceries", 2400, 6400);

/** Repeated where people go often. Prices in cents. */
const SHOPS: readonly [Shop, ...Shop[]] = [
  MARKET_HALL,
  MARKET_HALL,
  shop("Épicerie Sala", "Groceries", 600, 2600),
  shop("Épicerie Sala", "Groceries", 450, 1900),
  shop("Marché Saint-Antoine", "Groceries", 900, 3400),
  shop("Café Martin", "Eating out", 320, 1240),
  shop("Café Martin", "Eating out", 320, 1140),
  shop("Boulangerie Terreaux", "Eating out", 190, 980),
  shop("Bouchon des Pentes", "Eating out", 1850, 4700),
  shop("Lyon transit", "Travel", 210, 210),
  shop("Hôtel des Cimes", "Travel", 6400, 13_800),
  shop("Rail des Alpes", "Travel", 1900, 7800),
  shop("Librairie du Parc", "Leisure", 890, 3600),
  shop("Cinéma Comœdia", "Leisure", 790, 1180),
  shop("Pharmacie du Quai", "Health", 540, 2900),
  shop("Drap & Fil", "Clothes", 2400, 8900),
  shop("Quincaillerie Vaise", "Home", 650, 4200),
];

export function openingCents(customer: Customer, month: Month): number {
  const { issuer, subject } = customer.key;
  const swing = dice("opening", issuer, subject, month).between(
    -OPENING_SWING_CENTS,
    OPENING_SWING_CENTS,
  );
  return customer.cushionCents + swing;
}

/** Every movement of the month, oldest first. Their sum is the next opening minus this one. */
export function currentMonth(customer: Customer, month: Month): Movement[] {
  const { issuer, subject } = customer.key;
  const throwing = dice("current", issuer, subject, month);
  const planned = plannedMovements(customer, month, throwing);
  const change = openingCents(customer, addMonths(month, 1)) - openingCents(customer, month);
  const purchases = purchasesOf(sumOf(planned) - change, month, throwing);
  return [...planned, ...purchases].sort((a, b) => (a.day < b.day ? -1 : a.day > b.day ? 1 : 0));
}

function plannedMovements(customer: Customer, month: Month, throwing: Dice): Movement[] {
  const { life } = customer;
  const payDay = payDayIn(life, month);
  const debitDay = (day: number) => workingDayAfter(dayInMonth(month, day));
  const isWinter = WINTER_MONTHS.includes(Number(month.slice(5)));
  const move =
    (kind: MovementKind) =>
    (day: Day, party: string, purpose: Purpose, cents: number): Movement => ({
      day,
      party,
      purpose,
      cents,
      kind,
    });
  const [debit, credit, own] = [move("debit"), move("credit"), move("own")];
  const energyCents = throwing.between(isWinter ? 8200 : 4600, isWinter ? 11_800 : 6800);
  return [
    debit(debitDay(1), "Lyon transit, monthly pass", "Travel", -7410),
    debit(debitDay(3), `${customer.landlord}, rent`, "Home", -customer.rentCents),
    debit(debitDay(5), "Fibre du Rhône", "Home", -2999),
    debit(debitDay(8), "Mutuelle Saône", "Health", -3840),
    debit(debitDay(16), "Rhône Énergie", "Home", -energyCents),
    credit(payDay, life.employer, "Salary", netPayIn(life, month)),
    debit(payDay, "Evergreen Retirement", "Saving", -contributionIn(life, month).ownCents),
    own(
      debitDay(life.payDay + 1),
      `To Rainy day ·${customer.rainyDayNumber}`,
      "Saving",
      -customer.standingOrderCents,
    ),
  ].filter(({ cents }) => cents !== 0);
}

function purchasesOf(budgetCents: number, month: Month, throwing: Dice): Movement[] {
  const purchases: Movement[] = [];
  const days = daysIn(month);
  let left = budgetCents;
  while (left > 0) {
    const chosen = throwing.pick(SHOPS);
    const price = throwing.between(chosen.from, chosen.to);
    // What is left over is spent where any amount is likely, so that no cent is unaccounted for.
    const isLast = left - price < SMALLEST_PURCHASE_CENTS;
    const { party, purpose } = isLast ? MARKET_HALL : chosen;
    const cents = isLast ? left : price;
    const day = dayInMonth(month, throwing.between(1, days));
    purchases.push({ day, party, purpose, cents: -cents, kind: "card" });
    left -= cents;
  }
  return purchases;
}
