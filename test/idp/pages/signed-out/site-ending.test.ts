import { describe, expect, it } from "vitest";
import { siteEnding } from "../../../../idp/pages/signed-out/site-ending.ts";
import type { LogoutNotice } from "../../../../idp/records/outbox/logout-delivery-store.ts";

const now = new Date("2026-03-01T12:00:00Z");
const seconds = (count: number) => new Date(now.getTime() + count * 1000);
const silent = { endedItself: false };
const waiting = {
  clientId: "bank",
  attempts: 2,
  nextAttemptAt: seconds(4),
  expiresAt: seconds(60),
};

const endingOf = (site: { endedItself: boolean }, notice?: LogoutNotice, hearsInBrowser = false) =>
  siteEnding(site, { notices: notice ? [notice] : [], hearsInBrowser }, now);

describe("how far the end of a sign-in has come at a site", () => {
  it("a site that asked for it has ended first, whatever else it is told", () => {
    expect(endingOf({ endedItself: true }, waiting)).toEqual({ kind: "ended-itself" });
  });

  it("one that answered has ended it", () => {
    expect(endingOf(silent, { ...waiting, deliveredAt: now })).toEqual({ kind: "told", at: now });
  });

  it("one that did not is tried again, until that is no use", () => {
    const trying = {
      kind: "trying",
      attempts: 2,
      nextAttemptAt: seconds(4),
      problem: "answers 500",
    };
    expect(endingOf(silent, { ...waiting, problem: "answers 500" })).toEqual(trying);
    expect(endingOf(silent, { ...waiting, expiresAt: now })).toEqual({
      kind: "given-up",
      attempts: 2,
    });
  });

  it("has ended where several sign-ins had reached it when it has heard of the last", () => {
    const of = (...notices: LogoutNotice[]) =>
      siteEnding(silent, { notices, hearsInBrowser: false }, now);
    const early = { ...waiting, deliveredAt: seconds(-9) };
    const late = { ...waiting, deliveredAt: seconds(-1) };
    expect(of(early, late)).toEqual({ kind: "told", at: seconds(-1) });
    expect(of(early, waiting, { ...waiting, attempts: 5 })).toMatchObject({
      kind: "trying",
      attempts: 5,
    });
    const over = { ...waiting, expiresAt: now };
    expect(of(early, over)).toMatchObject({ kind: "given-up" });
    expect(of(over, waiting)).toMatchObject({ kind: "trying" });
  });

  it("one that hears in browsers says nothing, and one that hears nowhere runs out", () => {
    expect(endingOf(silent, undefined, true)).toEqual({ kind: "in-browser" });
    expect(endingOf(silent, waiting, true)).toMatchObject({ kind: "trying" });
    expect(endingOf(silent)).toEqual({ kind: "by-itself" });
  });
});
