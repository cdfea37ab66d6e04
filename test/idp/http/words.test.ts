import { describe, expect, it } from "vitest";
import {
  ago,
  brief,
  duration,
  initial,
  near,
  shortKey,
  webAddress,
} from "../../../idp/http/words.ts";

const now = new Date("2026-11-20T14:05:20Z");

describe("words", () => {
  it.each([
    [1, "one second"],
    [40, "40 seconds"],
    [60, "one minute"],
    [90, "90 seconds"],
    [300, "five minutes"],
    [3600, "one hour"],
    [7_776_000, "90 days"],
    [0.2, "one second"],
  ])("says %d seconds as %s", (seconds, words) => expect(duration(seconds)).toBe(words));

  it.each([
    [-1, "just now"],
    [1, "just now"],
    [12, "12 s ago"],
    [119, "119 s ago"],
    [240, "4 min ago"],
    [7_200, "2 h ago"],
    [400_000, "4 days ago"],
  ])("says what was %d seconds ago as %s", (seconds, words) =>
    expect(ago(new Date(now.getTime() - seconds * 1000), now)).toBe(words),
  );

  it("names the day only when it is another", () => {
    expect(near(new Date("2026-11-20T14:22:00Z"), now)).toBe("14:22:00");
    expect(near(new Date("2026-11-21T14:22:00Z"), now)).toBe("21 Nov, 14:22");
    expect(brief(new Date("2026-11-20T14:22:00Z"), now)).toBe("14:22");
    expect(brief(new Date("2026-08-22T14:22:00Z"), now)).toBe("22 Aug");
  });

  it("shortens a thumbprint to what the eye can compare", () => {
    expect(shortKey("Zk9xR3ssQm1TQvWnb0mT8e7Y1sVhVt2Jm4cN5uT1pQ4")).toBe("Zk9x…Q4");
    expect(shortKey("short")).toBe("short");
  });

  it.each([
    [" harbour", "H"],
    ["école", "É"],
    ["𝒮ignet", "𝒮"],
    ["", "·"],
  ])("takes the first letter of %j", (name, letter) => expect(initial(name)).toBe(letter));

  it.each([
    "/",
    "/admin/keys?done=rotated",
    "https://bank.example/",
    "http://bank.localhost:4001/",
  ])("H2: %s may stand in a link", (href) => expect(webAddress(href)).toBe(href));

  it.each([
    "javascript:alert(1)",
    " javascript:alert(1)",
    "data:text/html,x",
    "//evil.example",
    "/\\evil.example",
    "relative",
    "",
    "com.example.app:/callback",
    undefined,
  ])("H2: %s may not", (href) => expect(webAddress(href)).toBeUndefined());
});
