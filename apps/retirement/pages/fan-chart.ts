// The projection as a picture: what was, then a fan of what may be. x in percent, y in pixels; the
// curves live in a 100 × 100 box. The scale stays the same whatever is asked, so that answers compare.
import { wholeEuros } from "../../sample-life/money.ts";
import type { PlanYear } from "../plan/plan-history.ts";
import type { Outcomes, Projection } from "../plan/projection.ts";

const TOP = 14;
const HEIGHT = 300;
const GRID_STEPS_EUROS = [25_000, 50_000, 100_000, 250_000, 500_000, 1_000_000] as const;
const MOST_GRID_LINES = 5;
const LEAST_GAP_PIXELS = 26;

export interface FanChart {
  readonly summary: string;
  readonly far: string;
  readonly near: string;
  readonly middle: string;
  readonly past: string;
  readonly grid: readonly { readonly y: string; readonly textY: string; readonly text: string }[];
  readonly todayX: string;
  readonly todayY: string;
  readonly todayLabelY: string;
  readonly outcomes: { readonly highY: string; readonly middleY: string; readonly lowY: string };
}

export interface FanFacts {
  readonly years: readonly PlanYear[];
  readonly balanceCents: number;
  readonly thisYear: number;
  readonly pensionYear: number;
  readonly projection: Projection;
  /** The highest outcome that any answer can show. */
  readonly mostCents: number;
}

export function fanChart(facts: FanFacts): FanChart {
  const { years, balanceCents, thisYear, pensionYear, projection } = facts;
  const firstYear = (years[0]?.year ?? thisYear) - 1;
  const most = Math.max(facts.mostCents, 1);
  const x = (year: number) => ((year - firstYear) / (pensionYear - firstYear)) * 100;
  const y = (cents: number) => 100 - (cents / most) * 100;
  const pixels = (cents: number) => TOP + (y(cents) / 100) * HEIGHT;
  const point = (year: number, cents: number) => `${at(x(year))} ${at(y(cents))}`;
  const line = (pick: (outcomes: Outcomes) => number) =>
    projection.years.map((each) => point(thisYear + each.yearsAhead, pick(each)));
  const band = (low: (outcomes: Outcomes) => number, high: (outcomes: Outcomes) => number) =>
    `M${[...line(low), ...line(high).reverse()].join("L")}Z`;

  const past = years.map(({ year, balanceCents: worth }) => point(year, worth));
  const { lowCents, middleCents, highCents } = projection.atPension;
  return {
    summary: summaryOf(facts),
    far: band(
      (each) => each.lowCents,
      (each) => each.highCents,
    ),
    near: band(
      (each) => each.lowerCents,
      (each) => each.upperCents,
    ),
    middle: `M${line((each) => each.middleCents).join("L")}`,
    past: `M${[point(firstYear, 0), ...past].join("L")}`,
    grid: gridOf(most).map((cents) => ({
      y: at(pixels(cents)),
      textY: at(pixels(cents) - 6),
      text: aboutEuros(cents),
    })),
    todayX: `${at(x(thisYear))}%`,
    todayY: at(pixels(balanceCents)),
    todayLabelY: at(pixels(balanceCents) - 18),
    outcomes: apart(pixels(highCents), pixels(middleCents), pixels(lowCents)),
  };
}

/** Three labels at the fan's end, never on top of one another. */
function apart(high: number, middle: number, low: number): FanChart["outcomes"] {
  return {
    highY: at(Math.min(high, middle - LEAST_GAP_PIXELS) + 5),
    middleY: at(middle + 6),
    lowY: at(Math.max(low, middle + LEAST_GAP_PIXELS) + 5),
  };
}

function gridOf(mostCents: number): number[] {
  const step =
    GRID_STEPS_EUROS.find((euros) => mostCents / 100 / euros <= MOST_GRID_LINES) ??
    GRID_STEPS_EUROS[GRID_STEPS_EUROS.length - 1] ??
    1;
  const count = Math.floor(mostCents / 100 / step);
  return Array.from({ length: count }, (_, index) => (index + 1) * step * 100);
}

const at = (value: number) => String(Math.round(value * 100) / 100);

/** "€851,000" or "€1.2 million": a projection is never exact. */
export function aboutEuros(cents: number): string {
  const euros = cents / 100;
  if (euros < 1_000_000) return wholeEuros(Math.round(euros / 1000) * 100_000);
  return `€${Math.round(euros / 100_000) / 10} million`;
}

function summaryOf({ years, pensionYear, projection }: FanFacts): string {
  const { lowCents, middleCents, highCents } = projection.atPension;
  return `What your plan was worth since ${years[0]?.year}, and where it may stand in ${pensionYear}, in today’s money. Middle outcome ${aboutEuros(middleCents)}; nine outcomes in ten lie between ${aboutEuros(lowCents)} and ${aboutEuros(highCents)}.`;
}
