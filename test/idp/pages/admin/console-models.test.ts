// What the console says, as decisions over plain values: whether a rotation may be, who is ready, what
// happened, what is worth a warning, and what is missing from a form.
import { describe, expect, it } from "vitest";
import { listed } from "../../../../idp/pages/admin/console-words.ts";
import { keyHistory } from "../../../../idp/pages/admin/key-history.ts";
import { keyWarnings } from "../../../../idp/pages/admin/key-warnings.ts";
import { keyChoices, readRevocation } from "../../../../idp/pages/admin/revoke-form.ts";
import { isOpen, revokedSite } from "../../../../idp/pages/admin/revoked-sites.ts";
import { rotateStanding } from "../../../../idp/pages/admin/rotate-standing.ts";
import { shownKeys } from "../../../../idp/pages/admin/shown-keys.ts";
import { readyModel } from "../../../../idp/pages/admin/site-rows.ts";
import type { AuditKind, RecordedEvent } from "../../../../idp/records/audit/audit-event.ts";
import type { SiteRefusal } from "../../../../idp/records/key-revocations/key-refusal-report.ts";
import { keyReadiness, type WatchedSite } from "../../../../keys/key-readiness.ts";
import type { KeyView } from "../../../../keys/key-view.ts";

const now = new Date("2026-11-20T14:05:20Z");
const minutes = (count: number) => new Date(now.getTime() + count * 60_000);
const DAY = 1_440;

const key = (kid: string, state: KeyView["state"], more: Partial<KeyView> = {}): KeyView => ({
  kid,
  alg: "RS256",
  state,
  publishedAt: minutes(-30),
  ...more,
});
const active = key("active", "active", { activatedAt: minutes(-30) });
const young = key("pending", "pending", { safeFrom: minutes(10) });
const grown = key("pending", "pending", { safeFrom: minutes(-10) });

const site = (clientId: string, more: Partial<WatchedSite> = {}): WatchedSite => ({
  clientId,
  name: `Site ${clientId}`,
  algs: ["RS256"],
  instances: [{ instance: "one", kids: ["active", "pending"], seenAt: minutes(-1) }],
  counts: true,
  hearsEvents: true,
  ...more,
});
const old = [{ instance: "one", kids: ["active"], seenAt: minutes(-1) }];

const standing = (
  keys: KeyView[],
  sites: WatchedSite[],
  { changesToday = [] as Date[], changesPerDay = 5 } = {},
) => {
  const readiness = keyReadiness({ keys, algs: ["RS256"], sites, probes: [], now });
  return rotateStanding({ readiness, keys, changesToday, changesPerDay, now });
};

describe("whether the keys may be rotated (K2, D1)", () => {
  it.each([
    [
      "no site counts, and copies without the key are too old by now",
      [active, young],
      [site("a", { counts: false, instances: [] })],
    ],
    ["every site that counts has the key", [active, young], [site("a"), site("b")]],
    ["its time has come, whatever sites report", [active, grown], [site("a", { instances: old })]],
  ])("K2: when %s", (_, keys, sites) => {
    expect(standing(keys, sites).kind).toBe("safe");
  });

  it.each([
    ["one site", ["a"], "Site a would meet a seal it has never seen."],
    ["two sites", ["a", "b"], "Site a and Site b would meet a seal they have never seen."],
    [
      "many",
      ["a", "b", "c", "d", "e"],
      "Site a, Site b and 3 more would meet a seal they have never seen.",
    ],
  ])("K2: not before its time while %s would be surprised", (_, ids, reason) => {
    const sites = [...ids.map((id) => site(id, { instances: old })), site("z")];
    const answer = standing([active, young], sites);
    expect(answer).toMatchObject({ kind: "too-early", reason, safeFrom: minutes(10) });
  });

  it("K2: not while a site that counts has never reported", () => {
    const answer = standing([active, young], [site("a", { instances: [] })]);
    expect(answer).toMatchObject({ kind: "too-early", sites: "Site a" });
  });

  it("K2: not while no site can say what it holds and copies without the key may be in use", () => {
    const fresh = { ...young, spreadBy: minutes(4) };
    expect(standing([active, fresh], [])).toEqual({
      kind: "too-early",
      reason: "No site has obtained a token lately that could say whether it has the next key.",
      safeFrom: minutes(4),
    });
    expect(standing([active, fresh], [site("a")]).kind).toBe("safe");
  });

  it("K10: not while as many keys are published as verifiers take", () => {
    const many = Array.from({ length: 14 }, (_, index) =>
      key(`old-${index}`, "retiring", { leavesAt: minutes(index + 1) }),
    );
    const answer = standing([...many, active, grown], []);
    expect(answer).toMatchObject({ kind: "too-early", safeFrom: minutes(1) });
    expect(answer).not.toHaveProperty("sites");
  });

  it("D1: not more often than a day may have it, and again from when the first is a day old", () => {
    const changesToday = [-1, -2, -3, -4, -600].map(minutes);
    expect(standing([active, grown], [], { changesToday })).toMatchObject({
      kind: "limit-reached",
      from: minutes(-600 + DAY),
    });
    expect(standing([active, young], [site("a", { instances: old })], { changesToday }).kind).toBe(
      "limit-reached",
    );
    const four = changesToday.slice(1);
    expect(standing([active, grown], [], { changesToday: four }).kind).toBe("safe");
  });
});

describe("who is ready, as a table", () => {
  const rowsOf = async (sites: WatchedSite[]) => {
    const readiness = keyReadiness({
      keys: [active, young],
      algs: ["RS256"],
      sites,
      probes: [],
      now,
    });
    return readyModel(readiness, async ({ name }) => ({ name, host: "x" }), 60);
  };

  it("puts those that count first, however many the others are", async () => {
    const idle = Array.from({ length: 100 }, (_, index) =>
      site(`idle-${index}`, { counts: false, instances: [], hearsEvents: false }),
    );
    const { rows, more, ready, counted, askable } = await rowsOf([...idle, site("a"), site("b")]);
    expect(rows.slice(0, 3).map(({ standing }) => standing)).toEqual([
      "ready",
      "ready",
      "not-counted",
    ]);
    expect([rows.length, more, ready, counted, askable]).toEqual([60, 42, 2, 2, 2]);
  });

  it("says how many instances lack the key, and when the last was heard", async () => {
    const instances = [
      { instance: "one", kids: ["active", "pending"], seenAt: minutes(-2) },
      { instance: "two", kids: ["active"], seenAt: minutes(-1) },
    ];
    const [row] = (await rowsOf([site("a", { instances })])).rows;
    expect(row).toMatchObject({
      standing: "lacking",
      instances: 2,
      lacking: 1,
      heardAt: minutes(-1),
      drill: { kind: "not-asked" },
    });
  });
});

describe("the history (G2)", () => {
  const event = (kind: AuditKind, more: Partial<RecordedEvent> = {}): RecordedEvent => ({
    id: kind,
    at: now,
    kind,
    actor: "system",
    outcome: "success",
    ...more,
  });
  const told = (one: RecordedEvent) => keyHistory([one], new Map([["1", "Ines Valcour"]]))[0];

  it.each([
    ["keys.created", { kids: ["a", "b"] }, "a, b made."],
    ["keys.began", { kids: ["a"] }, "a began to sign."],
    [
      "keys.rotated",
      { activated: "b", retiring: "a", published: "c" },
      "Rotated: b took over from a; c was published.",
    ],
    ["keys.retired", { kids: ["a", "b", "c", "d", "e"] }, "5 keys left the key set."],
    ["keys.revoked", { kid: "a", activated: "b" }, "a was thrown out. b signs since then."],
    [
      "keys.revoked",
      { kid: "a", published: "c" },
      "a was thrown out. c was published in its place.",
    ],
    ["keys.revoked", { kid: "a" }, "a was thrown out."],
    ["keys.revocation-requested", { kid: "a" }, "Asked to throw a out."],
    ["keys.revocation-refused", { kid: "a" }, "Decided against throwing a out."],
    ["keys.rewrapped", { kids: ["a"], kekId: "2027" }, "a sealed anew under 2027."],
    [
      "keys.drilled",
      { kids: ["b"], verified: 1, failed: 1 },
      "Drilled with b: 1 of 2 probes verified.",
    ],
    ["keys.drilled", { kids: [], verified: 0, failed: 0 }, "Drilled: no site can be asked."],
    // Whatever an older version may have written.
    ["keys.rotated", { activated: 7 }, "Rotated: ? took over from ?; ? was published."],
  ] as [AuditKind, Record<string, unknown>, string][])("%s %j: %s", (kind, details, what) => {
    expect(told(event(kind, { details }))?.what).toBe(what);
  });

  it.each([
    ["account:1", "Ines Valcour"],
    ["account:gone", "account:gone"],
    ["operator-token", "operator token"],
    ["system", "Signet itself"],
  ])("names %s as %s", (actor, who) => {
    expect(told(event("keys.drilled", { actor, reason: "why" }))).toMatchObject({
      who,
      why: "why",
    });
  });

  it("says that the schedule did it, and not why", () => {
    const entry = told(event("keys.rotated", { reason: "scheduled" }));
    expect(entry?.who).toBe("by schedule");
    expect(entry?.why).toBeUndefined();
    const forged = told(event("keys.rotated", { actor: "account:1", reason: "scheduled" }));
    expect(forged).toMatchObject({ who: "Ines Valcour", why: "scheduled" });
  });
});

describe("warnings (K9)", () => {
  const signsFor = (days: number) => key("a", "active", { activatedAt: minutes(-days * DAY) });
  it.each([
    [89, 7_776_000, 0],
    [90, 7_776_000, 0],
    [91, 7_776_000, 1],
    [91, 0, 2],
    [1, 0, 1],
  ])("K9: a key that signs for %i days, rotated every %i s: %i", (days, rotationSeconds, count) => {
    expect(keyWarnings([signsFor(days)], { rotationSeconds, now })).toHaveLength(count);
  });
});

describe("what can be thrown out, and what is missing", () => {
  const keys = [
    key("revoked", "revoked"),
    ...["r1", "r2", "r3", "r4"].map((kid, index) =>
      key(kid, "retired", { publishedAt: minutes(-9_000 + index) }),
    ),
    key("retiring", "retiring", { leavesAt: minutes(3) }),
    young,
    active,
  ];

  it("offers what signs first, never what is thrown out, and of the retired only the last", () => {
    expect(keyChoices(keys, now).map((choice) => choice.key.kid)).toEqual([
      "active",
      "pending",
      "retiring",
      "r4",
      "r3",
      "r2",
    ]);
  });

  it("says whose place is taken by whom", () => {
    const [signs, waits, verifies] = keyChoices(keys, now);
    expect(signs?.consequence).toContain("pending signs instead");
    expect(waits?.consequence).toContain("its waiting time begins again");
    expect(verifies?.consequence).toContain("counts until 14:08:20");
    const alone = keyChoices([active], now)[0];
    expect(alone?.consequence).toContain("A fresh key signs instead");
  });

  it("reads a whole form, trimmed by its schema, and names every field that is missing", () => {
    const choices = keyChoices(keys, now);
    expect(readRevocation({ kid: "active", refresh_tokens: "end", reason: "x" }, choices)).toEqual({
      kind: "complete",
      revocation: { kid: "active", refreshTokens: "end", reason: "x" },
    });
    expect(readRevocation({}, choices)).toMatchObject({
      kind: "incomplete",
      problems: {
        kid: expect.any(String),
        refreshTokens: expect.any(String),
        reason: expect.any(String),
      },
    });
    expect(readRevocation({ kid: "revoked", refresh_tokens: "end", reason: "x" }, choices)).toEqual(
      {
        kind: "incomplete",
        problems: { kid: "Choose the key that is to go." },
      },
    );
  });

  it("lists what lives and the last of what is gone, the newest first", () => {
    const gone = Array.from({ length: 14 }, (_, index) => key(`gone-${index}`, "retired"));
    const shown = shownKeys([...gone, active, young]);
    expect(shown.olderKeys).toBe(4);
    expect(shown.keys.map(({ kid }) => kid).slice(0, 3)).toEqual(["pending", "active", "gone-13"]);
  });
});

describe("how a site stands with a key that was thrown out (K4)", () => {
  const view = { name: "Site", host: "x" };
  const refusal = (more: Partial<SiteRefusal>): SiteRefusal => ({
    clientId: "a",
    name: "Site",
    instances: [],
    notice: "none",
    ...more,
  });
  const running = [{ instance: "one" }];

  it.each([
    ["delivered, and all of it refuses", { notice: "delivered", refusedAt: minutes(1) }, "refuses"],
    [
      "delivered, and one instance has not said so",
      { notice: "delivered", instances: running },
      "telling",
    ],
    ["on its way", { notice: "trying", problem: "connection refused" }, "telling"],
    ["told for a day in vain", { notice: "expired", instances: running }, "given-up"],
    ["not to be told, and reporting", { instances: running }, "telling"],
    ["neither", {}, "by-itself"],
    ["told longer ago than notices are kept", { notice: "unknown" }, "not-known"],
  ] as [string, Partial<SiteRefusal>, string][])("%s: %s", (_, more, kind) => {
    const row = revokedSite(refusal(more), view, now);
    expect(row.standing.kind).toBe(kind);
    expect(isOpen([row])).toBe(kind === "telling");
  });

  it("counts the seconds from the act, and never below none where clocks differ", () => {
    const standingAfter = (seconds: number) =>
      revokedSite(refusal({ refusedAt: minutes(seconds / 60) }), view, now).standing;
    expect(standingAfter(2)).toMatchObject({ afterSeconds: 2 });
    expect(standingAfter(-3)).toMatchObject({ afterSeconds: 0 });
  });
});

describe("lists in words", () => {
  it.each([
    [[], ""],
    [["a"], "a"],
    [["a", "b"], "a and b"],
    [["a", "b", "c"], "a, b and c"],
    [["a", "b", "c", "d"], "a, b and 2 more"],
  ])("%j is %j", (names, words) => {
    expect(listed(names)).toBe(words);
  });
});
