import { expect, it } from "vitest";
import { randomText } from "../../../idp/protocol/random-text.ts";

it("C7: is as long as asked for, in base64url, and never the same", () => {
  const texts = Array.from({ length: 20_000 }, (_, n) => randomText(n % 2 ? 32 : 16));
  expect(new Set(texts).size).toBe(texts.length);
  expect(texts.every((text, n) => text.length === (n % 2 ? 43 : 22))).toBe(true);
  expect(texts.every((text) => /^[A-Za-z0-9_-]+$/.test(text))).toBe(true);
});

it("every bit is drawn: none is the same in thousands", () => {
  const seen = { or: Buffer.alloc(12), and: Buffer.alloc(12, 0xff) };
  for (let drawn = 0; drawn < 5_000; drawn += 1)
    Buffer.from(randomText(12), "base64url").forEach((byte, at) => {
      seen.or[at] = (seen.or[at] ?? 0) | byte;
      seen.and[at] = (seen.and[at] ?? 0) & byte;
    });
  expect(seen.or.equals(Buffer.alloc(12, 0xff))).toBe(true);
  expect(seen.and.equals(Buffer.alloc(12))).toBe(true);
});
