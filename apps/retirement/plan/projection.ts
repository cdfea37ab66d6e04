// Where a plan may lead, in today's money. An illustration and always a range: growth above prices
// is uncertain each year, and the spread of its average narrows with the square root of time.

const GROWTH_ABOVE_PRICES = 0.03;
const SPREAD = 0.07;
/** What can be drawn each year from the pension age on. */
const DRAWN_PER_YEAR = 0.036;

/** Standard normal quantiles: nine outcomes in ten, and half of them. */
const NINE_IN_TEN = 1.645;
const HALF = 0.674;

export interface Outcomes {
  readonly lowCents: number;
  readonly lowerCents: number;
  readonly middleCents: number;
  readonly upperCents: number;
  readonly highCents: number;
}

export interface ProjectionYear extends Outcomes {
  readonly yearsAhead: number;
}

export interface Projection {
  /** From today (0) to the pension year. */
  readonly years: readonly ProjectionYear[];
  readonly atPension: Outcomes;
  readonly monthly: {
    readonly lowCents: number;
    readonly middleCents: number;
    readonly highCents: number;
  };
}

export const ASSUMPTIONS = {
  growthPercent: GROWTH_ABOVE_PRICES * 100,
  drawnPercent: DRAWN_PER_YEAR * 100,
} as const;

export function project(balanceCents: number, yearlyCents: number, yearsAhead: number): Projection {
  const outcome = (years: number, quantile: number) =>
    grown(
      balanceCents,
      yearlyCents,
      years,
      GROWTH_ABOVE_PRICES + (quantile * SPREAD) / Math.sqrt(years),
    );
  const outcomes = (years: number): Outcomes => ({
    lowCents: outcome(years, -NINE_IN_TEN),
    lowerCents: outcome(years, -HALF),
    middleCents: outcome(years, 0),
    upperCents: outcome(years, HALF),
    highCents: outcome(years, NINE_IN_TEN),
  });

  const years = Array.from({ length: yearsAhead + 1 }, (_, ahead) => ({
    yearsAhead: ahead,
    ...outcomes(ahead),
  }));
  const atPension = outcomes(yearsAhead);
  const monthly = (cents: number) => Math.round((cents * DRAWN_PER_YEAR) / 12);
  return {
    years,
    atPension,
    monthly: {
      lowCents: monthly(atPension.lowCents),
      middleCents: monthly(atPension.middleCents),
      highCents: monthly(atPension.highCents),
    },
  };
}

/** A balance and a steady stream of contributions, both growing at a constant rate. */
function grown(balanceCents: number, yearlyCents: number, years: number, rate: number): number {
  if (years === 0) return balanceCents;
  const factor = Math.exp(rate * years);
  const stream = Math.abs(rate) < 1e-9 ? years : (factor - 1) / rate;
  return Math.round(balanceCents * factor + yearlyCents * stream);
}
