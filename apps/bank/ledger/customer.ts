// Who banks here, made from issuer and subject (never the e-mail): two accounts, a home, a habit of
// saving. Whoever signs in for the first time finds an account that has been lived in.
import type { Month } from "../../relying-party/words/calendar.ts";
import { dice } from "../../sample-life/dice.ts";
import {
  netPayIn,
  type PersonKey,
  type WorkingLife,
  workingLife,
} from "../../sample-life/working-life.ts";
import type { Transfer } from "./transfer.ts";

export interface Customer {
  readonly key: PersonKey;
  readonly life: WorkingLife;
  readonly openedIn: Month;
  readonly currentNumber: string;
  readonly rainyDayNumber: string;
  readonly landlord: string;
  readonly rentCents: number;
  /** What moves to Rainy day after each pay. */
  readonly standingOrderCents: number;
  readonly firstDepositCents: number;
  /** What the current account holds, more or less, when a month begins. */
  readonly cushionCents: number;
  /** What they have sent from Current by their own hand, oldest first. All else here is made up. */
  readonly transfers: readonly Transfer[];
}

const LANDLORDS = ["Régie Foch", "Régie Bellecour", "Foncière des Pentes"] as const;
const A_USUAL_MONTH = "2026-01";

const toNearest = (step: number, value: number) => Math.round(value / step) * step;

export function customerFor(key: PersonKey, transfers: readonly Transfer[] = []): Customer {
  const throwing = dice("harbour customer", key.issuer, key.subject);
  const life = workingLife(key);
  const pay = netPayIn(life, A_USUAL_MONTH);
  const currentNumber = throwing.between(1000, 5999);
  return {
    key,
    life,
    openedIn: `${throwing.between(2022, 2024)}-0${throwing.between(1, 9)}`,
    currentNumber: String(currentNumber),
    rainyDayNumber: String(currentNumber + throwing.between(1001, 3999)),
    landlord: throwing.pick(LANDLORDS),
    rentCents: toNearest(1000, pay * (0.23 + throwing.fraction() * 0.05)),
    standingOrderCents: toNearest(5000, pay * (0.15 + throwing.fraction() * 0.08)),
    firstDepositCents: throwing.between(20, 60) * 10_000,
    cushionCents: toNearest(100, pay * 0.85),
    transfers,
  };
}
