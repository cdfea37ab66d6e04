// The time axis of the picture of the keys: which window of time it shows, and where its ticks are.
import type { KeyView } from "../../../keys/key-view.ts";
import { clock, clockSeconds, shortDay } from "../../http/words.ts";

/** A place along the time axis, in percent of its width. */
export type Percent = number;

export type Anchor = "start" | "middle" | "end";

/** How far one looks: what is near, however near that is; a day; a year. */
export const PICTURE_SPANS = ["now", "day", "year"] as const;
export type PictureSpan = (typeof PICTURE_SPANS)[number];

export interface Tick {
  readonly x: Percent;
  readonly label: string;
  /** Every other one: left out when narrow. */
  readonly minor: boolean;
}

export interface PictureAxis {
  readonly from: Date;
  readonly to: Date;
  readonly now: { readonly x: Percent; readonly label: string; readonly anchor: Anchor };
  readonly ticks: readonly Tick[];
}

/** An axis, and how a time becomes a place on it. */
export interface Scale {
  readonly axis: PictureAxis;
  readonly place: (at: Date) => Percent;
}

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const TICK_STEPS = [
  ...[10_000, 30_000, MINUTE, 2 * MINUTE, 5 * MINUTE, 10 * MINUTE, 30 * MINUTE],
  ...[HOUR, 3 * HOUR, 6 * HOUR, 12 * HOUR, DAY, 2 * DAY, 7 * DAY, 14 * DAY, 28 * DAY, 91 * DAY],
];
const MAX_TICKS = 6;
const SHORTEST_PAST = 2 * MINUTE;
const LONGEST_PAST = 120 * DAY;

/** The narrowest track beside the names, the narrowest one under them, and one letter of its labels. */
export const WIDE_TRACK_PX = 460;
export const NARROW_TRACK_PX = 300;
const LETTER_PX = 7;

/** How much of a track some words need, with a little room around them. */
export const textWidth = (text: string, trackPx: number): Percent =>
  (100 * (text.length * LETTER_PX + 8)) / trackPx;

export function pictureScale(keys: readonly KeyView[], now: Date, span: PictureSpan): Scale {
  const { from, to } = frame(keys, now, span);
  const place = (at: Date): Percent => round((100 * (at.getTime() - from)) / (to - from));
  const x = place(now);
  const anchor = x < 8 ? "start" : x > 92 ? "end" : "middle";
  const mark: PictureAxis["now"] = { x, label: nowLabel(now, to - from), anchor };
  return {
    place,
    axis: {
      from: new Date(from),
      to: new Date(to),
      now: mark,
      ticks: ticks(from, to, place).map((tick) => besideNow(tick, mark)),
    },
  };
}

interface Frame {
  readonly from: number;
  readonly to: number;
}

function frame(keys: readonly KeyView[], now: Date, span: PictureSpan): Frame {
  const at = now.getTime();
  if (span === "day") return { from: at - 8 * HOUR, to: at + 16 * HOUR };
  if (span === "year") return { from: at - LONGEST_PAST, to: at + 245 * DAY };
  return nearFrame(keys, now);
}

/**
 * A third past, the rest future, wide enough for what is coming. A rotation that is planned for months
 * from now sets no scale: what happens today would be too small to see.
 */
function nearFrame(keys: readonly KeyView[], now: Date): Frame {
  const moments = keys
    .flatMap((key) => [
      ...(key.state === "retired" ? [] : [key.publishedAt, key.activatedAt, key.retiringAt]),
      ...[key.revokedAt, key.safeFrom, key.leavesAt],
    ])
    .flatMap((at) => (at ? [at.getTime() - now.getTime()] : []));
  const ahead = Math.max(0, ...moments);
  const lastChange = -Math.max(-LONGEST_PAST, ...moments.filter((apart) => apart <= 0));
  const future = Math.max(
    ahead * 1.35,
    ahead > 0 ? SHORTEST_PAST : lastChange * 0.5,
    SHORTEST_PAST,
  );
  // With something ahead, the future sets the scale, and the past shows what led to it if it is near.
  const past =
    ahead > 0 ? Math.min(Math.max(lastChange * 1.4, future * 0.35), future) : lastChange * 1.25;
  return {
    from: now.getTime() - Math.max(past, SHORTEST_PAST / 2),
    to: now.getTime() + future,
  };
}

function ticks(from: number, to: number, place: (at: Date) => Percent): Tick[] {
  const step = TICK_STEPS.find((size) => (to - from) / size <= MAX_TICKS) ?? 364 * DAY;
  const label = (at: Date) =>
    step >= DAY ? shortDay(at) : step < MINUTE ? clockSeconds(at) : tickClock(at, to - from);
  const all: Tick[] = [];
  for (let at = Math.ceil(from / step) * step; at <= to; at += step) {
    const x = place(new Date(at));
    all.push({ x, label: label(new Date(at)), minor: (at / step) % 2 !== 0 });
  }
  return all;
}

/** The word "now" needs the room around it: a label too near goes, on a narrow page or on both. */
function besideNow(tick: Tick, now: PictureAxis["now"]): Tick {
  const isTooNear = (trackPx: number) =>
    Math.abs(tick.x - now.x) <
    textWidth(tick.label, trackPx) / 2 +
      textWidth(now.label, trackPx) / (now.anchor === "middle" ? 2 : 1);
  if (isTooNear(WIDE_TRACK_PX)) return { ...tick, label: "" };
  return isTooNear(NARROW_TRACK_PX) ? { ...tick, minor: true } : tick;
}

function nowLabel(now: Date, span: number): string {
  if (span > DAY * MAX_TICKS) return "now";
  return `now ${span < MAX_TICKS * MINUTE ? clockSeconds(now) : clock(now)}`;
}

const tickClock = (at: Date, span: number): string =>
  span > DAY && at.getTime() % DAY === 0 ? shortDay(at) : clock(at);

export const round = (value: number): number => Math.round(value * 100) / 100;
