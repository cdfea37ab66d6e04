import { describe, expect, it } from "vitest";
import { decideOwnPage } from "../../../../idp/endpoints/authorize/decide-own-page.ts";

const now = new Date("2026-03-01T12:00:00Z");
const ago = (seconds: number) => new Date(now.getTime() - seconds * 1000);
const session = (seconds: number) => ({
  id: "s",
  accountId: "ines",
  authenticatedAt: ago(seconds),
});
const here = (seconds: number, sessionId = "s") => ({ sessionId, authenticatedAt: ago(seconds) });

describe("one of our own pages wants a person", () => {
  it.each([
    ["nobody is signed in", undefined, undefined, {}, "sign-in"],
    ["somebody is", undefined, 9999, {}, "go-on"],
    ["a short while ago", 300, 300, {}, "go-on"],
    ["too long ago", 300, 301, {}, "sign-in"],
    ["now, for this page", 0, 5, here(5), "go-on"],
    ["in another session, for this page", 0, 5, here(5, "other"), "sign-in"],
    ["for this page, but an hour ago", 0, 3600, here(3600), "sign-in"],
  ] as const)("%s", (_, maxAgeSeconds, age, progress, expected) => {
    const signedIn = age === undefined ? undefined : session(age);
    const request = { path: "/admin", ...(maxAgeSeconds !== undefined && { maxAgeSeconds }) };
    expect(decideOwnPage(request, signedIn, progress, now)).toBe(expected);
  });
});
