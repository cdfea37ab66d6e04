// Stories for key-life.ts, as fast-check makes them up: the short ones first, and told again by their
// seed.
import fc from "fast-check";
import { LEAD_SECONDS, LONGEST_TOKEN_SECONDS, SKEW_SECONDS } from "./a-key-lifecycle.ts";
import type { Deed, Step, Story } from "./key-life.ts";

/** A rotation has some twenty points at which a process may die. */
const MOST_POINTS = 24;

const deed: fc.Arbitrary<Deed> = fc.oneof(
  { weight: 6, arbitrary: fc.constant({ kind: "sign" as const }) },
  { weight: 4, arbitrary: fc.constant({ kind: "poll" as const }) },
  { weight: 4, arbitrary: fc.constant({ kind: "rotate" as const }) },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant("revoke" as const),
      state: fc.constantFrom("active" as const, "pending", "retiring", "retired"),
    }),
  },
  { weight: 1, arbitrary: fc.constant({ kind: "rewrap" as const }) },
);

const replica = fc.nat({ max: 2 });
const deedOfOne = fc.tuple(deed, replica).map(([done, by]) => ({ ...done, by }));
/** Before their time keys rotate seldom, or nothing would be left to wait for. */
const sitesAreReady = fc.nat({ max: 9 }).map((chance) => chance === 9);

const seconds = fc.oneof(
  fc.integer({ min: 1, max: 2 * SKEW_SECONDS }),
  fc.integer({ min: 1, max: 12 * SKEW_SECONDS }),
  fc.integer({ min: LEAD_SECONDS - 2 * SKEW_SECONDS, max: LEAD_SECONDS + 2 * SKEW_SECONDS }),
);

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 5, arbitrary: fc.record({ kind: fc.constant("time" as const), seconds }) },
  {
    weight: 8,
    arbitrary: fc.record({
      kind: fc.constant("deeds" as const),
      sitesAreReady,
      deeds: fc.array(deedOfOne, { minLength: 1, maxLength: 4, size: "max" }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("restart" as const), replica }) },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant("crash" as const),
      sitesAreReady,
      deed: deedOfOne,
      point: fc.nat({ max: MOST_POINTS }),
    }),
  },
);

const time = (min: number, max: number) =>
  fc.integer({ min, max }).map((passed): Step => ({ kind: "time", seconds: passed }));
const alone = (done: Deed["kind"] & ("sign" | "poll" | "rotate")) =>
  replica.map((by): Step => ({ kind: "deeds", sitesAreReady: false, deeds: [{ kind: done, by }] }));

/**
 * What chance alone seldom puts in order: a rotation, a replica that signs without having heard of it,
 * and one that looks when the last token is about to expire.
 */
const succession: fc.Arbitrary<Step[]> = fc
  .tuple(
    time(LEAD_SECONDS, LEAD_SECONDS + 2 * SKEW_SECONDS),
    alone("sign"),
    alone("rotate"),
    time(1, SKEW_SECONDS),
    alone("sign"),
    time(LONGEST_TOKEN_SECONDS - 2 * SKEW_SECONDS, LONGEST_TOKEN_SECONDS + 2 * SKEW_SECONDS),
    alone("poll"),
  )
  .map((steps) => [...steps]);

export const story = (longest: number): fc.Arbitrary<Story> =>
  fc.record({
    skews: fc.array(
      fc.oneof(
        fc.constantFrom(-SKEW_SECONDS, SKEW_SECONDS),
        fc.integer({ min: -SKEW_SECONDS, max: SKEW_SECONDS }),
      ),
      { minLength: 2, maxLength: 3 },
    ),
    steps: fc
      .array(
        fc.oneof(
          { weight: 6, arbitrary: step.map((one) => [one]) },
          { weight: 1, arbitrary: succession },
        ),
        { minLength: 1, maxLength: longest, size: "max" },
      )
      .map((parts) => parts.flat()),
  });

/** Tells one story again: `KEY_LIFE_SEED` and `KEY_LIFE_PATH` are in the report of the one that failed. */
export function toldAgain(): { seed?: number; path?: string } {
  const { KEY_LIFE_SEED: seed, KEY_LIFE_PATH: path } = process.env;
  return { ...(seed && { seed: Number(seed) }), ...(path && { path }) };
}
