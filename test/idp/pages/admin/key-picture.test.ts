import { describe, expect, it } from "vitest";
import { keysPicture } from "../../../../idp/pages/admin/key-picture.ts";
import type { PictureSpan } from "../../../../idp/pages/admin/picture-axis.ts";
import type { KeyView } from "../../../../keys/key-view.ts";

const now = new Date("2026-11-20T14:05:00Z");
const minutes = (count: number) => new Date(now.getTime() + count * 60_000);
const DAY = 1_440;

const pending: KeyView = {
  kid: "pending-key",
  alg: "RS256",
  state: "pending",
  publishedAt: minutes(-3),
  safeFrom: minutes(17),
};
const active: KeyView = {
  kid: "active-key",
  alg: "RS256",
  state: "active",
  publishedAt: minutes(-63),
  activatedAt: minutes(-3),
};
const scheduled: KeyView = { ...active, replacedAt: minutes(90 * DAY) };
const retiring: KeyView = {
  kid: "retiring-key",
  alg: "RS256",
  state: "retiring",
  publishedAt: minutes(-9000),
  activatedAt: minutes(-63),
  retiringAt: minutes(-3),
  leavesAt: minutes(3),
};
const retired = (kid: string, ago: number): KeyView => ({
  kid,
  alg: "RS256",
  state: "retired",
  publishedAt: minutes(-ago - 100),
  activatedAt: minutes(-ago - 50),
  retiringAt: minutes(-ago - 6),
  retiredAt: minutes(-ago),
});
const revoked = (ago: number): KeyView => ({
  kid: "revoked-key",
  alg: "RS256",
  state: "revoked",
  publishedAt: minutes(-ago - 100),
  activatedAt: minutes(-ago - 50),
  revokedAt: minutes(-ago),
});

const lanesOf = (keys: readonly KeyView[], span?: PictureSpan) =>
  keysPicture(keys, now, span).groups.flatMap(({ lanes }) => lanes);
const laneOf = (kid: string, keys: readonly KeyView[], span?: PictureSpan) => {
  const lane = lanesOf(keys, span).find(({ key }) => key.kid === kid);
  if (!lane) throw new Error(`${kid} has no lane`);
  return lane;
};

describe("the picture of the keys (design 4)", () => {
  it("puts the lanes in order of life, and only the latest of the dead", () => {
    const keys = [
      pending,
      active,
      retiring,
      ...[9, 99, 999].map((ago) => retired(`gone-${ago}`, ago)),
    ];
    expect(lanesOf(keys).map(({ key }) => key.kid)).toEqual([
      "gone-99",
      "gone-9",
      "retiring-key",
      "active-key",
      "pending-key",
    ]);
  });

  it("shows everything that is already decided, to the right of now", () => {
    const { axis } = keysPicture([pending, active, retiring], now);
    const { mark } = laneOf("pending-key", [pending, active, retiring]);
    expect(axis.now.x).toBeGreaterThan(5);
    expect(mark?.x).toBeGreaterThan(axis.now.x);
    expect(mark?.x).toBeLessThan(100);
    expect(mark?.label).toBe("safe from 14:22:00");
  });

  it("draws a retiring key as signed, then verifying, then gone, without gap or overlap", () => {
    const { spans } = laneOf("retiring-key", [pending, active, retiring]);
    expect(spans.map(({ kind }) => kind)).toEqual(["signed", "verifies", "gone"]);
    for (const [index, span] of spans.entries()) {
      const next = spans[index + 1];
      if (next) expect(span.x + span.width).toBeCloseTo(next.x, 1);
    }
  });

  it("no longer marks what is safe once it is, and says so instead", () => {
    const ready = { ...pending, safeFrom: minutes(-1) };
    const lane = laneOf("pending-key", [ready, active]);
    expect(lane.mark).toBeUndefined();
    expect(lane.spans[0]?.label?.text).toBe("ready to sign");
    expect(keysPicture([ready, active], now).sentence).toBe(
      "acti…ey signs. pend…ey is published and waits, and may sign.",
    );
  });

  it("K4: shows where a key was thrown out, for a day at least, however many retire after it", () => {
    const keys = [
      revoked(4),
      ...[3, 5, 9].map((ago) => retired(`gone-${ago}`, ago)),
      active,
      pending,
    ];
    const { spans } = laneOf("revoked-key", keys);
    expect(spans.at(-1)?.kind).toBe("revoked");
    expect(spans.at(-1)?.x).toBeGreaterThan(0);
    const later = lanesOf([revoked(2 * DAY), ...keys.slice(1)]);
    expect(later.map(({ key }) => key.kid)).not.toContain("revoked-key");
  });

  it("a rotation planned for months from now does not shrink what happens today", () => {
    expect(keysPicture([pending, scheduled], now).axis).toEqual(
      keysPicture([pending, active], now).axis,
    );
  });

  it("over a year, it shows when the next key takes over by itself", () => {
    const ready = { ...pending, safeFrom: minutes(-1) };
    const signs = laneOf("active-key", [ready, scheduled], "year").spans.at(-1);
    const waits = laneOf("pending-key", [ready, scheduled], "year");
    expect(waits.mark?.label).toBe("takes over 18 Feb, 14:05");
    expect(waits.spans.map(({ kind }) => kind)).toEqual(["published", "planned"]);
    expect((signs?.x ?? 0) + (signs?.width ?? 0)).toBeCloseTo(waits.mark?.x ?? 0, 1);
  });

  it("keeps the keys of several algorithms apart, and says when a further one begins", () => {
    const further: KeyView = { ...pending, kid: "es-pending", alg: "ES256" };
    const { groups } = keysPicture([active, pending, further], now);
    expect(groups.map(({ alg, lanes }) => [alg, lanes.map(({ key }) => key.kid)])).toEqual([
      ["RS256", ["active-key", "pending-key"]],
      ["ES256", ["es-pending"]],
    ]);
    expect(groups[1]?.lanes[0]?.mark?.label).toBe("begins 14:22:00");
  });

  it("keeps words off the line of now and off each other", () => {
    for (const span of ["now", "day", "year"] as const) {
      for (const lead of [0.3, 2, 17, 600, 1440, 129_600]) {
        const keys = [{ ...pending, safeFrom: minutes(lead) }, scheduled, retiring, revoked(5)];
        const { axis, groups } = keysPicture(keys, now, span);
        for (const { spans, mark } of groups.flatMap(({ lanes }) => lanes)) {
          for (const { label } of spans) {
            if (!label) continue;
            const width = (100 * label.text.length * 7) / (label.wideOnly ? 460 : 300);
            const isClearOfNow = label.x > axis.now.x || label.x + width <= axis.now.x;
            const what = `${span} ${lead}: ${label.text}`;
            expect(isClearOfNow, what).toBe(true);
            if (mark) {
              const wide = (100 * label.text.length * 7) / 460;
              const isClearOfMark = label.x > mark.x || label.x + wide <= mark.x;
              expect(isClearOfMark, what).toBe(true);
            }
          }
        }
      }
    }
  });

  it("keeps the times along the axis off the word now, also on a narrow page", () => {
    for (const seconds of [0, 7, 13, 20, 29, 45, 59]) {
      const at = new Date(now.getTime() + seconds * 1000);
      const keys = [{ ...pending, publishedAt: now, safeFrom: minutes(0.5) }, active];
      const { axis } = keysPicture(keys, at);
      for (const { x, label, minor } of axis.ticks) {
        if (label === "" || axis.now.anchor !== "middle") continue;
        const needed = (50 * 7 * (label.length + axis.now.label.length)) / (minor ? 460 : 300);
        expect(Math.abs(x - axis.now.x), `${seconds}: ${label}`).toBeGreaterThanOrEqual(needed);
      }
    }
  });

  it.each([
    [
      "seconds after the first start",
      [{ ...pending, publishedAt: minutes(0), safeFrom: minutes(0.5) }],
    ],
    ["with a day's lead", [{ ...pending, safeFrom: minutes(1440) }, active]],
    ["months after the last change", [{ ...active, activatedAt: minutes(-129_600) }]],
    ["with no key at all", []],
  ])("has a few ticks inside the frame %s", (_when, keys: KeyView[]) => {
    for (const span of ["now", "day", "year"] as const) {
      const { axis } = keysPicture(keys, now, span);
      expect(axis.from < now && now < axis.to).toBe(true);
      expect(axis.ticks.length).toBeGreaterThan(0);
      expect(axis.ticks.length).toBeLessThanOrEqual(7);
      for (const { x } of axis.ticks) expect(x >= 0 && x <= 100).toBe(true);
    }
  });
});
