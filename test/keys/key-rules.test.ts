import { describe, expect, it } from "vitest";
import {
  decideRotation,
  dueToBegin,
  dueToRetire,
  type KeyRules,
  leavesAt,
  MOST_PUBLISHED,
  missingPlaces,
  safeFrom,
  scheduledAt,
} from "../../keys/key-rules.ts";
import { viewsOf } from "../../keys/key-view.ts";
import type { KeyState, SigningKey } from "../../keys/signing-key.ts";
import type { SiteSighting } from "../../keys/site-readiness.ts";

const rules: KeyRules = {
  leadSeconds: 1_200,
  jwksMaxAgeSeconds: 300,
  longestTokenSeconds: 300,
  skewSeconds: 60,
  rotationSeconds: 7_200,
};
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

const aSite = (kids: readonly string[] | undefined, more: Partial<SiteSighting> = {}) => ({
  clientId: "ledgerline",
  name: "Ledgerline",
  algs: ["RS256"],
  instances: kids ? [{ instance: "one", kids, seenAt: noon }] : [],
  ...more,
});
const silent = aSite(undefined);

const decide = (
  keys: SigningKey[],
  now: Date,
  { algs = ["RS256"], sites = [silent] }: { algs?: string[]; sites?: SiteSighting[] } = {},
) => decideRotation(keys, { algs, rules, now, sites });

const pair = [key("one", "active"), key("two", "pending")];

describe("whether keys may rotate (K2)", () => {
  it.each([
    ["at once", 0, "too-early"],
    ["a moment before the lead has passed", 1_199.999, "too-early"],
    ["when the lead has passed", 1_200, "rotate"],
    ["long after", 1_000_000, "rotate"],
  ])("%s", (_, seconds, kind) => {
    expect(decide(pair, later(seconds)).kind).toBe(kind);
  });

  it("says why it is too early, and from when it is safe", () => {
    const lacking = aSite(["one"], { clientId: "tally", name: "Tally" });
    expect(decide(pair, later(60), { sites: [silent, lacking] })).toEqual({
      kind: "too-early",
      safeFrom: later(1_200),
      reason:
        "Not every site has the next key yet: Ledgerline has not reported; Tally lacks it at 1 of its instances. Safe as soon as they have, and from 2026-03-01T12:20:00.000Z in any case",
      unready: [
        { clientId: "ledgerline", name: "Ledgerline", why: "silent", instances: [] },
        { clientId: "tally", name: "Tally", why: "lacking", instances: ["one"] },
      ],
    });
  });

  it("may before the lead has passed once every site holds the next key", () => {
    const ready = aSite(["one", "two"]);
    expect(decide(pair, later(1), { sites: [ready] }).kind).toBe("rotate");
    expect(decide(pair, later(1), { sites: [ready, silent] }).kind).toBe("too-early");
  });

  it("may where no site has obtained a token, once no copy without the key may be used any more", () => {
    expect(decide(pair, later(299), { sites: [] })).toEqual({
      kind: "too-early",
      safeFrom: later(300),
      reason:
        "No site has obtained a token lately that could say whether it has the next key. Safe from 2026-03-01T12:05:00.000Z, when no copy of the key set may be used any more that lacks it",
      unready: [],
    });
    expect(decide(pair, later(300), { sites: [] }).kind).toBe("rotate");
  });

  it("asks no site once the lead has passed", () => {
    expect(decide(pair, later(1_200), { sites: [silent] }).kind).toBe("rotate");
  });

  it("waits for the youngest pending key when there are several algorithms", () => {
    const keys = [
      ...pair,
      key("three", "active", { alg: "ES256" }),
      key("four", "pending", { alg: "ES256", publishedAt: later(600) }),
    ];
    const algs = ["RS256", "ES256"];
    const sites = [aSite(undefined, { algs })];
    expect(decide(keys, later(1_200), { algs, sites })).toMatchObject({ safeFrom: later(1_800) });
    expect(decide(keys, later(1_800), { algs, sites })).toEqual({
      kind: "rotate",
      successions: [
        { alg: "RS256", active: "one", pending: "two" },
        { alg: "ES256", active: "three", pending: "four" },
      ],
      leaving: [],
    });
  });

  it("waits for a young key only with the sites whose tokens it would sign", () => {
    const keys = [...pair, key("four", "pending", { alg: "ES256", publishedAt: later(1_200) })];
    const algs = ["RS256", "ES256"];
    expect(decide(keys, later(1_500), { algs }).kind).toBe("rotate");
    const sites = [aSite(undefined, { algs })];
    expect(decide(keys, later(1_500), { algs, sites }).kind).toBe("too-early");
  });

  it("lets the keys of an algorithm that is enabled no longer go", () => {
    const keys = [
      ...pair,
      key("three", "active", { alg: "ES256" }),
      key("four", "pending", { alg: "ES256" }),
      key("five", "retiring", { alg: "ES256", retiringAt: noon }),
    ];
    expect(decide(keys, later(1_200))).toEqual({
      kind: "rotate",
      successions: [{ alg: "RS256", active: "one", pending: "two" }],
      leaving: ["three", "four"],
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
      safeFrom: later(1_000 + 540),
      unready: [],
    });
  });

  it("is no question where a key is missing", () => {
    expect(() => decide([key("one", "active")], noon)).toThrow(/lacks/);
  });
});

describe("when a retiring key leaves (K3)", () => {
  const old = key("old", "retiring", { retiringAt: noon });

  it("is the longest token's life after it stopped signing, and what late replicas and clocks need", () => {
    expect(leavesAt(old, rules)).toEqual(later(300 + 4 * 60));
    expect(dueToRetire([old], rules, later(539.999))).toEqual([]);
    expect(dueToRetire([old], rules, later(540))).toEqual([old]);
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

  it("is by itself for the first key of an algorithm, a lead after everybody could meet it", () => {
    const keys = [...pair, key("three", "pending", { alg: "ES256", publishedAt: later(100) })];
    const due = (seconds: number, algs = ["RS256", "ES256"]) =>
      dueToBegin(keys, { algs, rules, now: later(seconds) });
    expect(due(1_299)).toEqual([]);
    expect(due(1_300)).toEqual([{ alg: "ES256", pending: "three" }]);
    expect(due(1_300, ["RS256"])).toEqual([]);
  });
});

describe("when the keys rotate by themselves", () => {
  const keys = [
    key("one", "active", { activatedAt: later(500) }),
    key("two", "pending"),
    key("three", "active", { alg: "ES256", activatedAt: noon }),
    key("four", "retiring", { activatedAt: later(-5_000), retiringAt: noon }),
  ];

  it("is when the one that has signed longest has done so for long enough", () => {
    expect(scheduledAt(keys, rules)).toEqual(later(7_200));
    expect(scheduledAt(pair, rules)).toBeUndefined();
  });

  it("is never when the setting is 0", () => {
    expect(scheduledAt(keys, { ...rules, rotationSeconds: 0 })).toBeUndefined();
  });

  it("is told of every key that signs, and of no other", () => {
    expect(viewsOf(keys, rules).map(({ replacedAt }) => replacedAt)).toEqual([
      later(7_200),
      undefined,
      later(7_200),
      undefined,
    ]);
  });
});

describe("the places to fill", () => {
  it.each([
    ["none of the two", [], ["active", "pending"]],
    ["a pending key lost", [key("one", "active")], ["pending"]],
    ["nothing lacking", pair, []],
    ["an active key lost: nothing may sign unseen", [key("old", "retired")], ["pending"]],
  ])("%s", (_, keys, states) => {
    const places = states.map((state) => ({ alg: "RS256", state }));
    expect(missingPlaces(keys, ["RS256"])).toEqual(places);
  });

  it("are filled by a pending key alone when an algorithm is enabled later", () => {
    expect(missingPlaces(pair, ["RS256", "EdDSA"])).toEqual([{ alg: "EdDSA", state: "pending" }]);
    const places = missingPlaces([], ["RS256", "EdDSA"]);
    expect(places.map(({ alg, state }) => `${alg} ${state}`)).toEqual([
      "RS256 active",
      "RS256 pending",
      "EdDSA active",
      "EdDSA pending",
    ]);
  });
});
