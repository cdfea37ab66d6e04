// The plan drawn as the rings of a tree: one ring a year, as wide as what was put in that year. The
// shape is a person's own and never changes; only the outermost ring grows.
import { dice } from "../../sample-life/dice.ts";
import type { Member } from "../plan/member.ts";
import type { PlanYear } from "../plan/plan-history.ts";

const PITH = { x: 213, y: 199 };
const CENTRE = { x: 200, y: 190 };
/** Where the bark runs, in a picture of 400 × 380. */
const OUTER_RADIUS = 148;
const HEART_WOOD_RADIUS = 6;
const POINTS = 20;

/** Where the two leader lines start on their rings, in turns from the right, downwards. */
const WIDEST_ANGLE = -0.155;
const PAUSE_ANGLE = 0.345;

interface Point {
  readonly x: number;
  readonly y: number;
}

interface RingLabel {
  readonly text: string;
  readonly line: string;
}

export interface RingsPicture {
  readonly summary: string;
  readonly bark: string;
  /** The wood up to the pause, darker. */
  readonly heart: string | undefined;
  readonly rings: readonly { readonly path: string; readonly isThin: boolean }[];
  readonly pith: { readonly x: string; readonly y: string };
  readonly widest: RingLabel | undefined;
  readonly pause: RingLabel | undefined;
}

export function ringsPicture(member: Member, years: readonly PlanYear[]): RingsPicture {
  const radii = ringRadii(years);
  const outline = outlineOf(member);
  const paths = radii.map((radius) => closedCurve(outline(radius)));
  const pauseIndex = years.findIndex(({ monthsPaused }) => monthsPaused > 1);
  const widestIndex = indexOfWidest(years);
  const pause = years[pauseIndex];
  const widest = years[widestIndex];
  return {
    summary: summaryOf(years, widest, pause),
    bark: paths.at(-1) ?? "",
    heart: paths[pauseIndex],
    rings: paths.slice(0, -1).map((path, index) => ({ path, isThin: index === pauseIndex })),
    pith: { x: at(PITH.x), y: at(PITH.y) },
    widest: widest && {
      text:
        widestIndex >= years.length - 2
          ? `${widest.year}, the widest yet`
          : `${widest.year}, the widest`,
      line: leader(middleOf(radii, widestIndex), WIDEST_ANGLE, { x: 346, y: 42 }),
    },
    pause: pause && {
      text: `${pause.year}, ${monthsInWords(pause.monthsPaused)} off`,
      line: leader(radii[pauseIndex] ?? 0, PAUSE_ANGLE, { x: 70, y: 342 }),
    },
  };
}

/** Outer radius of each year's ring: the share of everything put in until that year's end. */
function ringRadii(years: readonly PlanYear[]): number[] {
  const putIn = years.map(({ ownCents, employerCents }) => ownCents + employerCents);
  const total = Math.max(
    1,
    putIn.reduce((sum, cents) => sum + cents, 0),
  );
  let soFar = 0;
  return putIn.map((cents) => {
    soFar += cents;
    return HEART_WOOD_RADIUS + (soFar / total) * (OUTER_RADIUS - HEART_WOOD_RADIUS);
  });
}

function indexOfWidest(years: readonly PlanYear[]): number {
  const putIn = years.map(({ ownCents, employerCents }) => ownCents + employerCents);
  return putIn.indexOf(Math.max(...putIn));
}

const middleOf = (radii: readonly number[], index: number) =>
  ((radii[index] ?? 0) + (radii[index - 1] ?? 0)) / 2;

/** Wood is never round: three slow waves, stronger towards the bark, round a centre that drifts. */
function outlineOf({ key }: Member): (radius: number) => Point[] {
  const throwing = dice("rings", key.issuer, key.subject);
  const waves = [2, 3, 5].map((turns) => ({
    turns,
    height: (0.03 + throwing.fraction() * 0.03) / Math.sqrt(turns / 2),
    phase: throwing.fraction() * 2 * Math.PI,
  }));
  return (radius) => {
    const age = radius / OUTER_RADIUS;
    const centre = {
      x: PITH.x + (CENTRE.x - PITH.x) * age,
      y: PITH.y + (CENTRE.y - PITH.y) * age,
    };
    return Array.from({ length: POINTS }, (_, index) => {
      const angle = (index / POINTS) * 2 * Math.PI;
      const bend = waves.reduce(
        (sum, { turns, height, phase }) =>
          sum + height * Math.cos(turns * angle + phase + age * 0.5),
        0,
      );
      const bent = radius * (1 + bend * (0.35 + 0.65 * age));
      return { x: centre.x + bent * Math.cos(angle), y: centre.y + bent * Math.sin(angle) };
    });
  };
}

/** A smooth closed curve through the points (Catmull-Rom, as relative Béziers to keep the page small). */
function closedCurve(points: readonly Point[]): string {
  const point = (index: number): Point => points[(index + points.length) % points.length] ?? PITH;
  const segments = points.map((from, index) => {
    const [before, to, after] = [point(index - 1), point(index + 1), point(index + 2)];
    const control1 = { x: (to.x - before.x) / 6, y: (to.y - before.y) / 6 };
    const control2 = {
      x: to.x - from.x - (after.x - from.x) / 6,
      y: to.y - from.y - (after.y - from.y) / 6,
    };
    const end = { x: to.x - from.x, y: to.y - from.y };
    return `c${[control1, control2, end].map(({ x, y }) => `${at(x)} ${at(y)}`).join(" ")}`;
  });
  const start = point(0);
  return `M${at(start.x)} ${at(start.y)}${segments.join("")}z`;
}

function leader(radius: number, turn: number, end: Point): string {
  const angle = turn * 2 * Math.PI;
  const age = radius / OUTER_RADIUS;
  const x = PITH.x + (CENTRE.x - PITH.x) * age + radius * Math.cos(angle);
  const y = PITH.y + (CENTRE.y - PITH.y) * age + radius * Math.sin(angle);
  return `M${at(x)} ${at(y)}L${end.x} ${end.y}`;
}

const at = (value: number) => String(Math.round(value * 10) / 10);

const SMALL_NUMBERS = [
  "no",
  "one",
  "two",
  "three",
  "four",
  "five",
  "six",
  "seven",
  "eight",
  "nine",
];
const monthsInWords = (count: number) => `${SMALL_NUMBERS[count] ?? count} months`;

function summaryOf(
  years: readonly PlanYear[],
  widest: PlanYear | undefined,
  pause: PlanYear | undefined,
): string {
  const since = years[0]?.year;
  const words = [
    `Your plan drawn as the rings of a tree, one ring for each year since ${since}, as wide as what was put in.`,
  ];
  if (pause) {
    words.push(
      `The ring for ${pause.year} is thin: contributions paused for ${monthsInWords(pause.monthsPaused)}.`,
    );
  }
  if (widest) words.push(`The ring for ${widest.year} is the widest.`);
  return words.join(" ");
}
