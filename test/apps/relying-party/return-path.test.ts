import { describe, expect, it } from "vitest";
import { returnPath } from "../../../apps/relying-party/return-path.ts";

const BASE = "https://bank.example";

describe("where to go after signing in", () => {
  it.each(["/", "/deep/one", "/a?b=c&d=//x", "/a%2Fb", "/é"])(
    "%s is a path of this site",
    (path) => {
      const url = new URL(returnPath(path, BASE), BASE);
      expect(url.href).toBe(new URL(path, BASE).href);
    },
  );

  it.each([
    undefined,
    "",
    "deep",
    "//evil.example",
    "///evil.example",
    "/\\evil.example",
    "/\t/evil.example",
    "/\n//evil.example",
    "/..//evil.example",
    "/a/../..//evil.example",
    "https://evil.example",
    "javascript:alert(1)",
    "\\\\evil.example",
    `/${"a".repeat(600)}`,
  ])("%j is none, so the front page it is", (path) => {
    expect(returnPath(path, BASE)).toBe("/");
  });
});
