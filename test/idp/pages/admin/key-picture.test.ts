import { describe, expect, it } from "vitest";
import { keysPicture } from "../../../../idp/pages/admin/key-picture.ts";
import type { KeyView } from "../../../../keys/key-view.ts";

const now = new Date("2026-11-20T14:05:00Z");
const minutes = (count: number) => new Date(now.getTime() + count * 60_000);

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

describe("the picture of the keys (design 4)", () => {
  it("puts the lanes in order of life, and only the latest of the dead", () => {
    const keys = [
      pending,
      active,
      retiring,
      ...[9, 99, 999].map((ago) => retired(`gone-${ago}`, ago)),
    ];
    const { lanes } = keysPicture(keys, now);
    expect(lanes.map(({ key }) => key.kid)).toEqual([
      "gone-99",
      "gone-9",
      "retiring-key",
      "active-key",
      "pending-key",
    ]);
  });

  it("shows everything that is already decided, to the right of now", () => {
    const { axis, lanes } = keysPicture([pending, active, retiring], now);
    const safe = lanes.find(({ key }) => key === pending)?.safe;
    expect(axis.now.x).toBeGreaterThan(5);
    expect(safe?.x).toBeGreaterThan(axis.now.x);
    expect(safe?.x).toBeLessThan(100);
    expect(safe?.label).toBe("safe from 14:22:00");
  });

  it("draws a retiring key as signed, then verifying, then gone, without gap or overlap", () => {
    const { lanes } = keysPicture([pending, active, retiring], now);
    const spans = lanes[0]?.spans ?? [];
    expect(spans.map(({ kind }) => kind)).toEqual(["signed", "verifies", "gone"]);
    for (const [index, span] of spans.entries()) {
      const next = spans[index + 1];
      if (next) expect(span.x + span.width).toBeCloseTo(next.x, 1);
    }
  });

  it("no longer marks what is safe once it is, and says so instead", () => {
    const ready = { ...pending, safeFrom: minutes(-1) };
    const { lanes, sentence } = keysPicture([ready, active], now);
    const lane = lanes.find(({ key }) => key === ready);
    expect(lane?.safe).toBeUndefined();
    expect(lane?.spans[0]?.label?.text).toBe("ready to sign");
    expect(sentence).toBe("acti…ey signs. pend…ey is published and waits, and may sign.");
  });

  it("keeps words off the line of now and off each other", () => {
    for (const lead of [0.3, 2, 17, 600, 1440, 129_600]) {
      const keys = [{ ...pending, safeFrom: minutes(lead) }, active, retiring];
      const { axis, lanes } = keysPicture(keys, now);
      for (const { spans, safe } of lanes) {
        for (const { label } of spans) {
          if (!label) continue;
          const width = (100 * label.text.length * 7) / (label.wideOnly ? 460 : 300);
          const isClearOfNow = label.x > axis.now.x || label.x + width <= axis.now.x;
          expect(isClearOfNow, `${lead}: ${label.text}`).toBe(true);
          if (safe) expect(label.x + width, `${lead}: ${label.text}`).toBeLessThanOrEqual(safe.x);
        }
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
    const { axis } = keysPicture(keys, now);
    expect(axis.from < now && now < axis.to).toBe(true);
    expect(axis.ticks.length).toBeGreaterThan(0);
    expect(axis.ticks.length).toBeLessThanOrEqual(7);
    for (const { x } of axis.ticks) expect(x >= 0 && x <= 100).toBe(true);
  });
});
