/**
 * The life of the keys as geometry: who signed when, who may sign next, and from when that is safe.
 * Pure; the template turns percentages into SVG. Text sits where it fits, on a wide and on a narrow
 * page, which the server cannot tell apart: what fits only the wide one is marked so.
 */
import type { KeyView } from "../../../keys/key-view.ts";
import { brief, clock, clockSeconds, near, shortDay, shortKey } from "../../http/words.ts";

/** A place along the time axis, in percent of its width. */
type Percent = number;

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

type Anchor = "start" | "middle" | "end";
type SpanKind = "published" | "signing" | "signed" | "verifies" | "gone" | "revoked";

/** One stretch of a key's life on the axis. */
export interface KeySpan {
  readonly kind: SpanKind;
  readonly x: Percent;
  readonly width: Percent;
  readonly label?: { readonly x: Percent; readonly text: string; readonly wideOnly: boolean };
}

export interface KeyLane {
  readonly key: KeyView;
  readonly spans: readonly KeySpan[];
  /** From when a pending key may sign, while that lies ahead. */
  readonly safe?: { readonly x: Percent; readonly label: string; readonly anchor: "start" | "end" };
}

export interface KeysPicture {
  readonly axis: PictureAxis;
  readonly lanes: readonly KeyLane[];
  /** What the picture shows, as one sentence for those who do not see it. */
  readonly sentence: string;
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
/** Lanes in order of life; the dead ones only while they are news. */
const LANE_ORDER = ["revoked", "retired", "retiring", "active", "pending"] as const;
const DEAD_LANES = 2;
/** The narrowest track beside the names, the narrowest one under them, and one letter of its labels. */
const WIDE_TRACK_PX = 460;
const NARROW_TRACK_PX = 300;
const LETTER_PX = 7;

/** Draws the keys around `now`: the recent past, and as much of the future as is already decided. */
export function keysPicture(keys: readonly KeyView[], now: Date): KeysPicture {
  const lanesOf = chooseLanes(keys);
  const { from, to } = frame(lanesOf, now);
  const place = (at: Date): Percent => round((100 * (at.getTime() - from)) / (to - from));
  const nowX = place(now);
  return {
    axis: {
      from: new Date(from),
      to: new Date(to),
      now: { x: nowX, label: nowLabel(now, to - from), anchor: anchorAt(nowX) },
      ticks: ticks(from, to, nowX, place),
    },
    lanes: lanesOf.map((key) => lane(key, now, nowX, place)),
    sentence: sentence(keys, now),
  };
}

function chooseLanes(keys: readonly KeyView[]): KeyView[] {
  const inOrder = LANE_ORDER.flatMap((state) =>
    keys
      .filter((key) => key.state === state)
      .sort((a, b) => a.publishedAt.getTime() - b.publishedAt.getTime()),
  );
  const dead = inOrder.filter(isDead).slice(-DEAD_LANES);
  return [...dead, ...inOrder.filter((key) => !isDead(key))];
}

const isDead = ({ state }: KeyView): boolean => state === "retired" || state === "revoked";

/** The window of time: a third past, the rest future, wide enough for what is coming. */
function frame(keys: readonly KeyView[], now: Date): { from: number; to: number } {
  const moments = keys
    .filter((key) => !isDead(key))
    .flatMap((key) => [
      key.publishedAt,
      key.activatedAt,
      key.retiringAt,
      key.safeFrom,
      key.leavesAt,
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

function ticks(from: number, to: number, nowX: Percent, place: (at: Date) => Percent): Tick[] {
  const step = TICK_STEPS.find((size) => (to - from) / size <= MAX_TICKS) ?? 364 * DAY;
  const label = (at: Date) =>
    step >= DAY ? shortDay(at) : step < MINUTE ? clockSeconds(at) : tickClock(at, to - from);
  const all: Tick[] = [];
  for (let at = Math.ceil(from / step) * step; at <= to; at += step) {
    const x = place(new Date(at));
    all.push({ x, label: label(new Date(at)), minor: (at / step) % 2 !== 0 });
  }
  // The word "now" needs the room around it; the lines stay.
  return all.map((tick) => (Math.abs(tick.x - nowX) < 14 ? { ...tick, label: "" } : tick));
}

function nowLabel(now: Date, span: number): string {
  if (span > DAY * MAX_TICKS) return "now";
  return `now ${span < MAX_TICKS * MINUTE ? clockSeconds(now) : clock(now)}`;
}

const tickClock = (at: Date, span: number): string =>
  span > DAY && at.getTime() % DAY === 0 ? shortDay(at) : clock(at);

function lane(key: KeyView, now: Date, nowX: Percent, place: (at: Date) => Percent): KeyLane {
  const safe = safeMark(key, now, place);
  const spans = stretches(key, now).flatMap(({ kind, start, end, text }) => {
    const x = start ? Math.max(-2, place(start)) : -2;
    const until = end ? Math.min(102, place(end)) : 102;
    if (until <= x) return [];
    const beganBefore = kind === "gone" && x < 0;
    const room = safe ? roomBefore(safe) : until;
    return [
      { kind, x, width: round(until - x), ...(beganBefore ? {} : labelled(text, x, room, nowX)) },
    ];
  });
  return safe ? { key, spans, safe } : { key, spans };
}

type SafeMark = NonNullable<KeyLane["safe"]>;

function safeMark(key: KeyView, now: Date, place: (at: Date) => Percent): SafeMark | undefined {
  if (key.state !== "pending" || !key.safeFrom || key.safeFrom <= now) return undefined;
  const x = place(key.safeFrom);
  const label = `safe from ${near(key.safeFrom, now)}`;
  return { x, label, anchor: x + textWidth(label, NARROW_TRACK_PX) < 96 ? "start" : "end" };
}

const roomBefore = ({ x, label, anchor }: SafeMark): Percent =>
  anchor === "start" ? x - 2 : x - textWidth(label, WIDE_TRACK_PX) - 4;

const textWidth = (text: string, trackPx: number): Percent =>
  (100 * (text.length * LETTER_PX + 8)) / trackPx;

interface Stretch {
  kind: SpanKind;
  start?: Date | undefined;
  end?: Date | undefined;
  text: string;
}

/** A key's whole life, in order; the frame cuts it. */
function stretches(key: KeyView, now: Date): Stretch[] {
  const { publishedAt, activatedAt, retiringAt } = key;
  const over = key.revokedAt ?? key.retiredAt ?? key.leavesAt;
  const verifiedUntil = over ?? retiringAt;
  const life: Stretch[] = [
    {
      kind: "published",
      start: publishedAt,
      end: activatedAt ?? over,
      text: activatedAt
        ? "published"
        : isReady(key, now)
          ? "ready to sign"
          : "sites are learning it",
    },
  ];
  if (activatedAt) {
    const signs = key.state === "active";
    life.push({
      kind: signs ? "signing" : "signed",
      start: activatedAt,
      end: signs ? undefined : (retiringAt ?? over),
      text: signs ? "signs everything new" : "signed",
    });
  }
  if (retiringAt) {
    life.push({ kind: "verifies", start: retiringAt, end: verifiedUntil, text: "verifies" });
  }
  if (over) {
    const revoked = key.state === "revoked";
    const text = revoked ? `thrown out ${brief(over, now)}` : `gone ${brief(over, now)}`;
    life.push({ kind: revoked ? "revoked" : "gone", start: over, text });
  }
  return life;
}

/** A span's words, where they fit beside the line of now. */
function labelled(text: string, from: Percent, to: Percent, nowX: Percent): Pick<KeySpan, "label"> {
  const start = Math.max(0, from) + 1.5;
  const end = Math.min(100, to) - 1;
  for (const wideOnly of [false, true]) {
    const need = textWidth(text, wideOnly ? WIDE_TRACK_PX : NARROW_TRACK_PX);
    const after = Math.max(start, nowX + 1.5);
    if (start + need <= Math.min(end, nowX)) return { label: { x: round(start), text, wideOnly } };
    if (after + need <= end) return { label: { x: round(after), text, wideOnly } };
  }
  return {};
}

function sentence(keys: readonly KeyView[], now: Date): string {
  const active = keys.find(({ state }) => state === "active");
  const pending = keys.find(({ state }) => state === "pending");
  const retiring = keys.filter(({ state }) => state === "retiring");
  const parts = [
    active && `${shortKey(active.kid)} signs.`,
    pending && `${shortKey(pending.kid)} is published and waits${safety(pending, now)}.`,
    ...retiring.map(
      ({ kid, leavesAt }) =>
        `${shortKey(kid)} only verifies${leavesAt ? ` and leaves at ${near(leavesAt, now)}` : ""}.`,
    ),
  ];
  return parts.filter(Boolean).join(" ");
}

const safety = (key: KeyView, now: Date): string =>
  key.safeFrom && !isReady(key, now)
    ? `, and may sign from ${near(key.safeFrom, now)}`
    : ", and may sign";

const isReady = ({ safeFrom }: KeyView, now: Date): boolean => !safeFrom || safeFrom <= now;

const anchorAt = (x: Percent): Anchor => (x < 8 ? "start" : x > 92 ? "end" : "middle");

const round = (value: number): number => Math.round(value * 100) / 100;
