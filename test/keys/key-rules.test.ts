import { describe, expect, it } from "vitest";
import {
  decideRotation,
  dueToRetire,
  type KeyRules,
  leavesAt,
  MOST_PUBLISHED,
  missingPlaces,
  safeFrom,
} from "../../keys/key-rules.ts";
import type { KeyState, SigningKey } from "../../keys/signing-key.ts";

const rules: KeyRules = { leadSeconds: 1_200, longestTokenSeconds: 300, skewSeconds: 60 };
const noon = new Date("2026-03-01T12:00:00.000Z");
const later = (seconds: number) => new Date(noon.getTime() + seconds * 1000);

const key = (kid: string, state: KeyState, more: Partial<SigningKey> = {}): SigningKey => ({
  kid,
  alg: "RS256",
  state,
  publicJwk: { kty: "RSA", n: "n", e: "AQAB" },
  sealedPrivate: "",
  kekId: "kek-1",
  publishedAt: noon,
  ...more,
});

const decide = (keys: SigningKey[], now: Date, algs = ["RS256"]) =>
  decideRotation(keys, { algs, rules, now });

describe("whether keys may rotate (K2)", () => {
  const pair = [key("one", "active"), key("two", "pending")];

  it.each([
    ["at once", 0, "too-early"],
    ["a moment before the lead has passed", 1_199.999, "too-early"],
    ["when the lead has passed", 1_200, "rotate"],
    ["long after", 1_000_000, "rotate"],
  ])("%s", (_, seconds, kind) => {
    expect(decide(pair, later(seconds)).kind).toBe(kind);
  });

  it("says why it is too early, and from when it is safe", () => {
    const decision = decide(pair, later(60));
    expect(decision).toMatchObject({ kind: "too-early", safeFrom: later(1_200) });
    expect(decision).toHaveProperty(
      "reason",
      "The next key two must be published for 1200 s before it signs, so that every site has seen it: safe from 2026-03-01T12:20:00.000Z",
    );
  });

  it("waits for the youngest pending key when there are several algorithms", () => {
    const keys = [
      ...pair,
      key("three", "active", { alg: "ES256" }),
      key("four", "pending", { alg: "ES256", publishedAt: later(600) }),
    ];
    const both = ["RS256", "ES256"];
    expect(decide(keys, later(1_200), both)).toMatchObject({ safeFrom: later(1_800) });
    expect(decide(keys, later(1_800), both)).toEqual({
      kind: "rotate",
      successions: [
        { alg: "RS256", active: "one", pending: "two" },
        { alg: "ES256", active: "three", pending: "four" },
      ],
    });
  });

  it("K10: never publishes more than 16 keys", () => {
    const retiring = (count: number) =>
      Array.from({ length: count }, (_, index) =>
        key(`old-${index}`, "retiring", { retiringAt: later(1_000 + index) }),
      );
    expect(decide([...pair, ...retiring(MOST_PUBLISHED - 3)], later(1_200)).kind).toBe("rotate");
    expect(decide([...pair, ...retiring(MOST_PUBLISHED - 2)], later(1_200))).toMatchObject({
      kind: "too-early",
      safeFrom: later(1_000 + 360),
    });
  });

  it("is no question where a key is missing", () => {
    expect(() => decide([key("one", "active")], noon)).toThrow(/lacks/);
  });
});

describe("when a retiring key leaves (K3)", () => {
  const old = key("old", "retiring", { retiringAt: noon });

  it("is the longest token's life and the skew after it stopped signing", () => {
    expect(leavesAt(old, rules)).toEqual(later(360));
    expect(dueToRetire([old], rules, later(359.999))).toEqual([]);
    expect(dueToRetire([old], rules, later(360))).toEqual([old]);
  });

  it.each<KeyState>(["pending", "active", "retired", "revoked"])(
    "is never for a %s one",
    (state) => {
      const other = key("other", state, { retiringAt: noon });
      expect(leavesAt(other, rules)).toBeUndefined();
      expect(dueToRetire([other], rules, later(1_000_000))).toEqual([]);
    },
  );
});

describe("when a pending key may sign", () => {
  it("is the lead after its publication, and a question for pending keys only", () => {
    expect(safeFrom(key("two", "pending"), rules)).toEqual(later(1_200));
    expect(safeFrom(key("one", "active"), rules)).toBeUndefined();
  });
});

describe("the places to fill", () => {
  it.each([
    ["none of the two", [], ["active", "pending"]],
    ["a pending key lost", [key("one", "active")], ["pending"]],
    ["nothing lacking", [key("one", "active"), key("two", "pending")], []],
    ["an active key lost: nothing may sign unseen", [key("old", "retired")], ["pending"]],
  ])("%s", (_, keys, states) => {
    const places = states.map((state) => ({ alg: "RS256", state }));
    expect(missingPlaces(keys, ["RS256"])).toEqual(places);
  });
});
