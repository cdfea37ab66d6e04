/**
 * The life of the keys as geometry: who signed when, who may sign next, and from when that is safe.
 * Pure; the template turns percentages into SVG.
 */
import type { KeyView } from "../../../keys/key-view.ts";
import { near, shortKey } from "../../http/words.ts";
import { type KeyLane, keyLane } from "./key-lane.ts";
import { type PictureAxis, type PictureSpan, pictureScale } from "./picture-axis.ts";

export interface KeysPicture {
  readonly axis: PictureAxis;
  /** Lanes in order of life, one algorithm after the other. */
  readonly groups: readonly { readonly alg: string; readonly lanes: readonly KeyLane[] }[];
  /** What the picture shows, as one sentence for those who do not see it. */
  readonly sentence: string;
}

/** In order of life; the dead ones only while they are news. */
const LANE_ORDER = { revoked: 0, retired: 0, retiring: 1, active: 2, pending: 3 } as const;
const DEAD_LANES = 2;
/** A key that was thrown out is worth seeing for a day, whatever has retired since. */
const REVOKED_IS_NEWS_MS = 86_400_000;

/** Draws the keys around `now`: the recent past, and as much of the future as is already decided. */
export function keysPicture(
  keys: readonly KeyView[],
  now: Date,
  span: PictureSpan = "now",
): KeysPicture {
  const shown = chooseLanes(keys, now);
  const scale = pictureScale(shown, now, span);
  const active = keys.filter(({ state }) => state === "active");
  const context = {
    ...scale,
    now,
    scheduledAt: scheduledAt(keys),
    hasActive: (alg: string) => active.some((key) => key.alg === alg),
  };
  return {
    axis: scale.axis,
    groups: [...new Set(shown.map(({ alg }) => alg))].map((alg) => ({
      alg,
      lanes: shown.filter((key) => key.alg === alg).map((key) => keyLane(key, context)),
    })),
    sentence: sentence(keys, now),
  };
}

/** When the keys rotate by themselves, all together. */
const scheduledAt = (keys: readonly KeyView[]): Date | undefined =>
  keys.find(({ replacedAt }) => replacedAt !== undefined)?.replacedAt;

function chooseLanes(keys: readonly KeyView[], now: Date): KeyView[] {
  const isNews = (key: KeyView) =>
    key.revokedAt !== undefined && now.getTime() - key.revokedAt.getTime() < REVOKED_IS_NEWS_MS;
  const dead = keys.filter(isDead).sort((a, b) => diedAt(a) - diedAt(b));
  const shownDead = new Set([
    ...dead.slice(-DEAD_LANES),
    ...dead.filter(isNews).slice(-DEAD_LANES),
  ]);
  return keys
    .filter((key) => !isDead(key) || shownDead.has(key))
    .sort(
      (a, b) =>
        LANE_ORDER[a.state] - LANE_ORDER[b.state] ||
        a.publishedAt.getTime() - b.publishedAt.getTime(),
    );
}

const isDead = ({ state }: KeyView): boolean => state === "retired" || state === "revoked";
const diedAt = ({ retiredAt, revokedAt }: KeyView): number =>
  (revokedAt ?? retiredAt ?? new Date(0)).getTime();

function sentence(keys: readonly KeyView[], now: Date): string {
  const inState = (wanted: KeyView["state"]) => keys.filter(({ state }) => state === wanted);
  return [
    ...inState("active").map(({ kid }) => `${shortKey(kid)} signs.`),
    ...inState("pending").map(
      (key) => `${shortKey(key.kid)} is published and waits${safety(key, now)}.`,
    ),
    ...inState("retiring").map(
      ({ kid, leavesAt }) =>
        `${shortKey(kid)} only verifies${leavesAt ? ` and leaves at ${near(leavesAt, now)}` : ""}.`,
    ),
  ].join(" ");
}

const safety = ({ safeFrom }: KeyView, now: Date): string =>
  safeFrom !== undefined && safeFrom > now
    ? `, and may sign from ${near(safeFrom, now)}`
    : ", and may sign";
