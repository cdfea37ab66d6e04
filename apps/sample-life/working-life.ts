// What both sample sites know of a person's working life, so that the contribution the bank pays
// is the one Evergreen receives. Made from issuer and subject alone (never the e-mail, which may
// change hands), so any new person has one, and it is the same tomorrow.
import {
  type Day,
  dayInMonth,
  type Month,
  workingDayBefore,
  yearOf,
} from "../relying-party/words/calendar.ts";
import { dice } from "./dice.ts";

export interface PersonKey {
  readonly issuer: string;
  readonly subject: string;
}

export interface WorkingLife {
  readonly employer: string;
  /** As people say it: "Northlight". */
  readonly employerShort: string;
  readonly joined: Month;
  readonly bornIn: number;
  readonly payDay: number;
  /** Months without contributions: a year abroad, a child. */
  readonly pause: { readonly from: Month; readonly months: number };
  /** Gross pay a month in 2026. */
  readonly grossCents: number;
  /** Of gross pay, what goes into the plan now, and what it began with. */
  readonly percent: number;
  readonly firstPercent: number;
}

export interface Contribution {
  readonly ownCents: number;
  readonly employerCents: number;
}

const EMPLOYERS = [
  ["Northlight Design", "Northlight"],
  ["Atelier Vauban", "Vauban"],
  ["Clairval Hospital", "Clairval"],
  ["Confluence Press", "Confluence"],
  ["Saint-Jean Optics", "Saint-Jean"],
  ["Tramway Engineering", "Tramway"],
] as const;

const PAY_YEAR = 2026;
const YEARLY_RAISE = 1.024;
const NET_OF_GROSS = 0.775;
const YEARS_PER_PERCENT = 3;

const toNearest = (step: number, value: number) => Math.round(value / step) * step;

export function workingLife({ issuer, subject }: PersonKey): WorkingLife {
  const throwing = dice("working life", issuer, subject);
  const [employer, employerShort] = throwing.pick(EMPLOYERS);
  const joinedYear = throwing.between(2006, 2014);
  const pauseYear = throwing.between(joinedYear + 4, joinedYear + 9);
  const percent = throwing.between(7, 10);
  return {
    employer,
    employerShort,
    joined: `${joinedYear}-0${throwing.between(1, 9)}`,
    bornIn: joinedYear - throwing.between(22, 26),
    payDay: throwing.between(18, 25),
    pause: { from: `${pauseYear}-0${throwing.between(2, 5)}`, months: throwing.between(5, 7) },
    grossCents: throwing.between(345, 470) * 1000,
    percent,
    firstPercent: percent - throwing.between(2, 3),
  };
}

/** Pay rises a little every January. */
export const grossPayIn = (life: WorkingLife, month: Month): number =>
  toNearest(1000, life.grossCents * YEARLY_RAISE ** (yearOf(month) - PAY_YEAR));

export const netPayIn = (life: WorkingLife, month: Month): number =>
  toNearest(1000, grossPayIn(life, month) * NET_OF_GROSS);

export const payDayIn = (life: WorkingLife, month: Month): Day =>
  workingDayBefore(dayInMonth(month, life.payDay));

/** One more percent every third year, until today's. */
export const percentIn = (life: WorkingLife, month: Month): number =>
  Math.min(
    life.percent,
    life.firstPercent + Math.floor((yearOf(month) - yearOf(life.joined)) / YEARS_PER_PERCENT),
  );

/** What a share of the pay comes to, in whole euros; the employer adds half. */
export function contributionOf(grossCents: number, percent: number): Contribution {
  const ownCents = toNearest(100, (grossCents * percent) / 100);
  return { ownCents, employerCents: toNearest(100, ownCents / 2) };
}

export function isPaused({ pause }: WorkingLife, month: Month): boolean {
  const first = Number(pause.from.slice(5, 7));
  const number = Number(month.slice(5, 7));
  return yearOf(month) === yearOf(pause.from) && number >= first && number < first + pause.months;
}

/** What went in that month: nothing during the pause. */
export const contributionIn = (life: WorkingLife, month: Month): Contribution =>
  isPaused(life, month)
    ? { ownCents: 0, employerCents: 0 }
    : contributionOf(grossPayIn(life, month), percentIn(life, month));
