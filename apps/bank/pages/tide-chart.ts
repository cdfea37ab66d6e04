// The spending tide as a picture: x in percent and y in pixels for what keeps its size (text, the
// dot), a 100 × 100 box for the curves. Colour belongs to the style sheet.
import { monthName } from "../../relying-party/words/calendar.ts";
import { wholeEuros } from "../../sample-life/money.ts";
import type { SpendingTide } from "../ledger/spending.ts";

/** Pixels: where the box of the curves begins, and how tall it is. */
const TOP = 24;
const HEIGHT = 200;
const HEADROOM = 1.04;

export interface ChartLabel {
  readonly x: string;
  readonly y: string;
  readonly anchor: "start" | "middle" | "end";
  readonly text: string;
}

export interface TideChart {
  readonly summary: string;
  readonly usualArea: string;
  readonly usualLow: string;
  readonly usualHigh: string;
  readonly spent: string;
  readonly ahead: string;
  readonly todayX: string;
  readonly todayY: string;
  /** Words on the picture, strongest first. */
  readonly strong: readonly ChartLabel[];
  readonly soft: readonly ChartLabel[];
  readonly axis: readonly ChartLabel[];
}

/** @param rentDay  the day of this month on which rent went out, when it has */
export function tideChart(tide: SpendingTide, rentDay: number | undefined): TideChart {
  const { daysInMonth, spentCents, usual, expectedCents } = tide;
  const today = spentCents.length - 1;
  const spent = spentCents[today] ?? 0;
  const end = usual[daysInMonth] ?? { lowCents: 0, highCents: 0 };
  const most = Math.max(expectedCents, end.highCents, 100) * HEADROOM;

  const x = (day: number) => (day / daysInMonth) * 100;
  const y = (cents: number) => 100 - (cents / most) * 100;
  const pixels = (cents: number) => TOP + (y(cents) / 100) * HEIGHT;
  const line = (cents: readonly number[]) =>
    cents.map((value, day) => `${day === 0 ? "M" : "L"}${at(x(day))} ${at(y(value))}`).join("");

  const lows = usual.map(({ lowCents }) => lowCents);
  const highs = usual.map(({ highCents }) => highCents);
  const backAlongLows = lows
    .map((value, day) => `L${at(x(day))} ${at(y(value))}`)
    .reverse()
    .join("");
  const isOver = today === daysInMonth;
  const dotY = pixels(spent);
  const dotYAt = (day: number) => pixels(spentCents[day] ?? 0);
  const label = (
    day: number,
    top: number,
    anchor: ChartLabel["anchor"],
    text: string,
  ): ChartLabel => ({ x: `${at(x(day))}%`, y: at(top), anchor, text });

  // The words for the range end above it, left of where it rises, clear of the line and the dot.
  const rangeDay = Math.round(daysInMonth * 0.45);
  const rangeTop = pixels(usual[rangeDay]?.highCents ?? 0);
  const rentShown = rentDay !== undefined && today >= rentDay + 4 ? rentDay : undefined;
  return {
    summary: summaryOf(tide),
    usualArea: `${line(highs)}${backAlongLows}Z`,
    usualLow: line(lows),
    usualHigh: line(highs),
    spent: line(spentCents),
    ahead: isOver ? "" : `M${at(x(today))} ${at(y(spent))}L100 ${at(y(expectedCents))}`,
    todayX: `${at(x(today))}%`,
    todayY: at(dotY),
    strong: [
      label(today, dotY + 26, anchorAt(x(today)), "today"),
      ...(isOver
        ? []
        : [
            label(
              daysInMonth,
              pixels(Math.max(expectedCents, end.highCents)) - 10,
              "end",
              `${roundEuros(expectedCents)} expected`,
            ),
          ]),
    ],
    soft: [
      label(rangeDay, Math.min(rangeTop, dotYAt(rangeDay)) - 12, "end", "your usual range"),
      ...(rentShown === undefined
        ? []
        : [label(rentShown + 0.8, pixels((spentCents[rentShown] ?? 0) / 2) + 4, "start", "rent")]),
    ],
    axis: [
      label(0, TOP + HEIGHT + 22, "start", `1 ${shortMonth(tide)}`),
      label(15, TOP + HEIGHT + 22, "middle", "15"),
      label(daysInMonth, TOP + HEIGHT + 22, "end", `${daysInMonth} ${shortMonth(tide)}`),
    ],
  };
}

const at = (value: number) => String(Math.round(value * 100) / 100);
const anchorAt = (percent: number): ChartLabel["anchor"] =>
  percent < 8 ? "start" : percent > 92 ? "end" : "middle";
const shortMonth = ({ month }: SpendingTide) => monthName(month).slice(0, 3);

/** To the nearest ten: a forecast has no cents. */
export const roundEuros = (cents: number): string => wholeEuros(Math.round(cents / 1000) * 1000);

function summaryOf(tide: SpendingTide): string {
  const today = tide.spentCents.length - 1;
  const spent = wholeEuros(tide.spentCents[today] ?? 0);
  const usual = tide.usual[today];
  const range = usual
    ? ` Your usual range for this day is ${wholeEuros(usual.lowCents)} to ${wholeEuros(usual.highCents)}.`
    : "";
  return `Out since 1 ${monthName(tide.month)}: ${spent} by day ${today}.${range} At your usual pace the month ends near ${roundEuros(tide.expectedCents)}.`;
}

/** The same numbers once a week, for those who would rather read them. */
export function tideTable(tide: SpendingTide): { day: string; out: string; usual: string }[] {
  const today = tide.spentCents.length - 1;
  const days = [...new Set([7, 14, 21, today, tide.daysInMonth])].sort((a, b) => a - b);
  return days.map((day) => {
    const usual = tide.usual[day] ?? { lowCents: 0, highCents: 0 };
    const name = `${day} ${monthName(tide.month)}`;
    return {
      day: day === today ? `${name}, today` : name,
      out:
        day <= today
          ? wholeEuros(tide.spentCents[day] ?? 0)
          : day === tide.daysInMonth
            ? `${roundEuros(tide.expectedCents)} expected`
            : "",
      usual: `${wholeEuros(usual.lowCents)} to ${wholeEuros(usual.highCents)}`,
    };
  });
}
