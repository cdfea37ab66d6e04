import { describe, expect, it } from "vitest";
import {
  keyReadiness,
  type ProbeOutcome,
  type ReadinessQuestion,
  type WatchedSite,
} from "../../keys/key-readiness.ts";
import { decideRotation, type KeyRules, MOST_PUBLISHED } from "../../keys/key-rules.ts";
import { viewsOf } from "../../keys/key-view.ts";
import type { KeyState, SigningKey } from "../../keys/signing-key.ts";

const rules: KeyRules = {
  leadSeconds: 1_200,
  jwksMaxAgeSeconds: 300,
  longestTokenSeconds: 300,
  skewSeconds: 60,
  rotationSeconds: 86_400,
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
  ...(state === "active" && { activatedAt: noon }),
  ...(state === "retiring" && { retiringAt: noon }),
  ...more,
});
const pair = [key("one", "active"), key("two", "pending")];

const site = (clientId: string, more: Partial<WatchedSite> = {}): WatchedSite => ({
  clientId,
  name: `Site ${clientId}`,
  algs: ["RS256"],
  counts: true,
  hearsEvents: true,
  instances: [],
  ...more,
});
const holding = (instance: string, ...kids: string[]) => ({ instance, kids, seenAt: noon });

const look = (sites: WatchedSite[], changed: Partial<ReadinessQuestion> = {}, keys = pair) =>
  keyReadiness({
    keys: viewsOf(keys, rules),
    algs: ["RS256"],
    sites,
    probes: [],
    now: later(60),
    ...changed,
  });
const standings = (sites: WatchedSite[], keys = pair) =>
  look(sites, {}, keys).sites.map(({ standing }) => standing);

describe("how far the sites are with the next keys", () => {
  it("tells ready, lacking, silent, and not counted apart", () => {
    const sites = [
      site("ready", { instances: [holding("a", "one", "two"), holding("b", "two")] }),
      site("lacking", { instances: [holding("a", "one", "two"), holding("b", "one")] }),
      site("silent"),
      site("idle", { counts: false, instances: [holding("a", "one")] }),
    ];
    expect(look(sites).sites).toMatchObject([
      { standing: "ready", lacking: [] },
      { standing: "lacking", why: "lacking", lacking: ["b"] },
      { standing: "silent", why: "silent", lacking: [] },
      { standing: "not-counted", why: "lacking", lacking: ["a"] },
    ]);
  });

  it("asks of a site no key of an algorithm that it does not use", () => {
    const keys = [...pair, key("three", "pending", { alg: "ES256" })];
    const both = site("both", { algs: ["RS256", "ES256"], instances: [holding("a", "two")] });
    const one = site("one", { instances: [holding("a", "two")] });
    const { next, sites } = look([both, one], { algs: ["RS256", "ES256"] }, keys);
    expect(next.map(({ kid }) => kid)).toEqual(["two", "three"]);
    expect(sites.map(({ standing }) => standing)).toEqual(["lacking", "ready"]);
  });

  it("leaves out the pending key of an algorithm that is no longer enabled", () => {
    const keys = [...pair, key("old", "pending", { alg: "PS256" })];
    expect(look([], {}, keys).next).toEqual([{ kid: "two", alg: "RS256" }]);
    expect(standings([site("a", { instances: [holding("a", "two")] })], keys)).toEqual(["ready"]);
  });

  it("shows of each site the probe that went worst, and none of a former key", () => {
    const probe = (clientId: string, kid: string, outcome: ProbeOutcome["outcome"], at = 0) => ({
      ...{ clientId, kid, outcome, at: later(at) },
    });
    const keys = [...pair, key("three", "pending", { alg: "ES256" })];
    const probes = [
      probe("bank", "two", "refused"),
      probe("bank", "three", "verified", 30),
      probe("plan", "two", "verified", 10),
      probe("plan", "three", "verified", 20),
      probe("idle", "one", "refused"),
    ];
    const asked = look([site("bank"), site("plan"), site("idle")], {
      algs: ["RS256", "ES256"],
      probes,
      keys: viewsOf(keys, rules),
    });
    expect(asked.sites.map(({ probe }) => probe)).toEqual([probes[0], probes[3], undefined]);
  });
});

describe("whether and when the keys rotate", () => {
  it("says from when it is safe in any case, and when it happens by itself", () => {
    expect(look([site("silent")])).toMatchObject({
      safeFrom: later(1_200),
      scheduledAt: later(86_400),
      mayRotate: false,
    });
    const byHand = { ...rules, rotationSeconds: 0 };
    const keys = viewsOf(pair, byHand);
    expect(look([], { keys })).not.toHaveProperty("scheduledAt");
  });

  const ready = [site("ready", { instances: [holding("a", "two")] })];
  const silent = [site("silent")];
  const idle = [site("idle", { counts: false })];
  const full = [
    ...pair,
    ...Array.from({ length: MOST_PUBLISHED - 2 }, (_, index) => key(`old-${index}`, "retiring")),
  ];

  it.each([
    ["every site is ready", ready, pair, 60],
    ["a site is silent", silent, pair, 60],
    ["a site is silent, and the time has come", silent, pair, 1_200],
    ["the only silent site does not count", idle, pair, 60],
    ["the only silent site does not count, and the key has spread", idle, pair, 300],
    ["there is no site", [], pair, 60],
    ["there is no site, and the key has spread", [], pair, 300],
    ["as many keys are published as may be", ready, full, 60],
  ] as const)("K2: never says another thing than the rotation itself: %s", (_, sites, keys, at) => {
    const now = later(at);
    const decided = decideRotation([...keys], {
      algs: ["RS256"],
      rules,
      now,
      sites: sites.filter(({ counts }) => counts),
    });
    const said = look([...sites], { now }, [...keys]);
    expect(said.mayRotate).toBe(decided.kind === "rotate");
    if (decided.kind === "too-early") expect(said.safeFrom.getTime()).toBeGreaterThan(at);
  });

  it("does not rotate an algorithm whose keys are still to be made", () => {
    expect(look([], { algs: ["RS256", "ES256"] }).mayRotate).toBe(false);
  });
});
