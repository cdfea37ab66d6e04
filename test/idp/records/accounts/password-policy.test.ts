import { describe, expect, it } from "vitest";
import {
  checkNewPassword,
  normalizePassword,
} from "../../../../idp/records/accounts/password-policy.ts";

const alice = { email: "alice.moreau@example.test", name: "Alice Moreau" };
const check = (password: string) => checkNewPassword(password, alice);
/** Different characters, as many as asked for. */
const characters = (count: number) =>
  Array.from({ length: count }, (_, index) => "abcdefghijklmnopqrstuvwxyz"[index % 26]).join("");

describe("which passwords may be chosen (NIST SP 800-63B-4 §3.1.1.2)", () => {
  it("P2: 15 to 256 characters of any kind, spaces and no digits included", () => {
    expect(check(characters(14))).toMatch(/at least 15/);
    expect(check(characters(15))).toBeUndefined();
    expect(check("correct horse battery staple")).toBeUndefined();
    expect(check(characters(256))).toBeUndefined();
    expect(check(characters(257))).toMatch(/at most 256/);
  });

  it("P2: counts characters, not bytes, up to 1 KiB of them", () => {
    expect(check("пароль из пяти слов")).toBeUndefined();
    const emoji = ["🐚", "🌊", "⚓", "🐟", "🦀", "🐙"].join("");
    expect(check(emoji.repeat(3))).toBeUndefined();
    expect(check("🐚🌊🦀🐟🐙".repeat(51))).toBeUndefined();
    expect(check("👩‍👩‍👧‍👦👨‍👩‍👧🏳️‍🌈🧑‍🚀🐙".repeat(30))).toMatch(/at most 256/);
  });

  it("P2: normalises to NFC and does nothing else", () => {
    expect(normalizePassword("e\u0301")).toBe("é");
    expect(normalizePassword(" Ｋeeps  Case and ½ ")).toBe(" Ｋeeps  Case and ½ ");
  });

  it("refuses repetition, and what is made of the person's name or address", () => {
    expect(check("aaaaaaaaaaaaaaaaaaaa")).toMatch(/repeated/);
    expect(check("abababababababababab")).toMatch(/repeated/);
    expect(check("AliceMoreau1AliceMoreau2")).toMatch(/name or e-mail/);
    expect(check("alice.moreau@example.test")).toMatch(/name or e-mail/);
    expect(check("alice moreau likes tall ships")).toBeUndefined();
  });
});
