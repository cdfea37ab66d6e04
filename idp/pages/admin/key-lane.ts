// One key's life as stretches along the axis, with the words that fit on them. Text sits where it fits,
// on a wide and on a narrow page, which the server cannot tell apart: what fits only the wide one is
// marked so.
import type { KeyView } from "../../../keys/key-view.ts";
import { brief, near } from "../../http/words.ts";
import {
  NARROW_TRACK_PX,
  type Percent,
  round,
  type Scale,
  textWidth,
  WIDE_TRACK_PX,
} from "./picture-axis.ts";

type SpanKind = "published" | "signing" | "signed" | "planned" | "verifies" | "gone" | "revoked";

/** One stretch of a key's life on the axis. */
export interface KeySpan {
  readonly kind: SpanKind;
  readonly x: Percent;
  readonly width: Percent;
  readonly label?: { readonly x: Percent; readonly text: string; readonly wideOnly: boolean };
}

/** A moment that lies ahead, on the lane of the key that it is about. */
export interface LaneMark {
  readonly x: Percent;
  readonly label: string;
  readonly anchor: "start" | "end";
}

export interface KeyLane {
  readonly key: KeyView;
  readonly spans: readonly KeySpan[];
  /** From when a pending key may sign, or else when it will; while that lies ahead. */
  readonly mark?: LaneMark;
}

export interface LaneContext extends Scale {
  readonly now: Date;
  /** When the keys are replaced by themselves; undefined: never, or it is due and waits. */
  readonly scheduledAt: Date | undefined;
  /** Whether a key signs in this key's algorithm; a pending one begins by itself where none does. */
  readonly hasActive: (alg: string) => boolean;
}

export function keyLane(key: KeyView, context: LaneContext): KeyLane {
  const { place, axis } = context;
  const mark = markOf(key, context);
  const spans = stretches(key, context).flatMap(({ kind, start, end, text }) => {
    const x = start ? Math.max(-2, place(start)) : -2;
    const until = end ? Math.min(102, place(end)) : 102;
    if (until <= x) return [];
    const isOver = kind === "gone" || kind === "revoked";
    const [from, to] = roomBeside(mark, x, until);
    const label = isOver && x < 0 ? {} : labelled(text, from, to, axis.now.x);
    return [{ kind, x, width: round(until - x), ...label }];
  });
  return { key, spans, ...(mark && { mark }) };
}

function markOf(key: KeyView, context: LaneContext): LaneMark | undefined {
  const { now, place, hasActive } = context;
  if (key.state !== "pending") return undefined;
  const isLearned = isReady(key, now);
  const at = isLearned ? takesOver(context) : key.safeFrom;
  if (at === undefined || place(at) > 100) return undefined;
  const word = isLearned ? "takes over" : hasActive(key.alg) ? "safe from" : "begins";
  const label = `${word} ${near(at, now)}`;
  const x = place(at);
  return { x, label, anchor: x + textWidth(label, NARROW_TRACK_PX) < 96 ? "start" : "end" };
}

const isReady = ({ safeFrom }: KeyView, now: Date): boolean =>
  safeFrom === undefined || safeFrom <= now;

const takesOver = ({ scheduledAt, now }: LaneContext): Date | undefined =>
  scheduledAt !== undefined && scheduledAt > now ? scheduledAt : undefined;

/** What a mark and its words leave of a stretch. */
function roomBeside(mark: LaneMark | undefined, from: Percent, to: Percent): [Percent, Percent] {
  if (mark === undefined || mark.x >= to) return [from, to];
  const width = textWidth(mark.label, WIDE_TRACK_PX) + 4;
  if (mark.x > from) return [from, mark.anchor === "start" ? mark.x - 2 : mark.x - width];
  return [mark.anchor === "start" ? Math.max(from, mark.x + width) : from, to];
}

interface Stretch {
  kind: SpanKind;
  start?: Date | undefined;
  end?: Date | undefined;
  /** The long one where it fits. */
  text: readonly string[];
}

/** A key's whole life, in order; the frame cuts it. */
function stretches(key: KeyView, context: LaneContext): Stretch[] {
  if (key.state === "pending") return pendingLife(key, context);
  const { activatedAt, retiringAt } = key;
  const over = key.revokedAt ?? key.retiredAt ?? key.leavesAt;
  const life: Stretch[] = [
    { kind: "published", start: key.publishedAt, end: activatedAt ?? over, text: ["published"] },
  ];
  if (activatedAt && key.state === "active") {
    const text = ["signs everything new", "signs"];
    life.push({ kind: "signing", start: activatedAt, end: takesOver(context), text });
  } else if (activatedAt) {
    life.push({ kind: "signed", start: activatedAt, end: retiringAt ?? over, text: ["signed"] });
  }
  if (retiringAt) life.push({ kind: "verifies", start: retiringAt, end: over, text: ["verifies"] });
  if (over) life.push(ending(key, over, context.now));
  return life;
}

function pendingLife(key: KeyView, context: LaneContext): Stretch[] {
  const end = takesOver(context);
  const text = isReady(key, context.now) ? ["ready to sign", "ready"] : ["sites are learning it"];
  const life: Stretch[] = [{ kind: "published", start: key.publishedAt, end, text }];
  if (end) life.push({ kind: "planned", start: end, text: ["signs, as planned", "signs"] });
  return life;
}

function ending({ state }: KeyView, start: Date, now: Date): Stretch {
  return state === "revoked"
    ? { kind: "revoked", start, text: [`thrown out ${brief(start, now)}`] }
    : { kind: "gone", start, text: [`gone ${brief(start, now)}`] };
}

/** A span's words, where they fit beside the line of now. */
function labelled(
  texts: readonly string[],
  from: Percent,
  to: Percent,
  nowX: Percent,
): Pick<KeySpan, "label"> {
  const start = Math.max(0, from) + 1.5;
  const end = Math.min(100, to) - 1;
  const tries = [false, true].flatMap((wideOnly) => texts.map((text) => ({ text, wideOnly })));
  for (const { text, wideOnly } of tries) {
    const need = textWidth(text, wideOnly ? WIDE_TRACK_PX : NARROW_TRACK_PX);
    const after = Math.max(start, nowX + 1.5);
    if (start + need <= Math.min(end, nowX)) return { label: { x: round(start), text, wideOnly } };
    if (after + need <= end) return { label: { x: round(after), text, wideOnly } };
  }
  return {};
}
