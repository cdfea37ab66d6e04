import { describe, expect, it } from "vitest";
import { decide, type Facts } from "../../../../idp/endpoints/authorize/decide.ts";

const now = new Date("2026-03-01T12:00:00Z");
const secondsAgo = (seconds: number) => new Date(now.getTime() - seconds * 1000);

const alice = { id: "session-a", accountId: "alice", authenticatedAt: secondsAgo(600) };
const bruno = { id: "session-b", accountId: "bruno", authenticatedAt: secondsAgo(5) };

const asks = (request: Partial<Facts["request"]> = {}): Facts["request"] => ({
  prompt: [],
  scopes: ["openid", "profile"],
  resources: [],
  ...request,
});
const bank = { firstParty: true };
const stranger = { firstParty: false };
const allowed = { scopes: ["openid", "profile"], resources: [] };

const untouched = { consentScopes: [] };
const authenticated = (session: { id: string }, seconds = 2) => ({
  ...untouched,
  sessionId: session.id,
  authenticatedAt: secondsAgo(seconds),
});
const freshly = (session: typeof alice, seconds = 2) => ({
  ...session,
  authenticatedAt: secondsAgo(seconds),
});

/** The outcome in one word, or the error's code. */
const outcome = (facts: Partial<Facts>): string => {
  const subject = facts.session?.accountId;
  const decision = decide({ request: asks(), client: bank, subject, now, ...facts });
  return decision.kind === "refuse" ? decision.error.code : decision.kind;
};

type Case = [what: string, facts: Partial<Facts>, expected: string];

describe("authorize decision: who is there (OIDC Core §3.1.2.3)", () => {
  const cases: Case[] = [
    ["nobody is signed in", {}, "sign-in"],
    ["somebody is", { session: alice }, "issue-code"],
    ["A7: prompt=none and nobody", { request: asks({ prompt: ["none"] }) }, "login_required"],
    [
      "prompt=none and somebody",
      { request: asks({ prompt: ["none"] }), session: alice },
      "issue-code",
    ],
    ["A7: prompt=login", { request: asks({ prompt: ["login"] }), session: alice }, "step-up"],
    [
      "prompt=login, however fresh the session is",
      { request: asks({ prompt: ["login"] }), session: bruno },
      "step-up",
    ],
    [
      "prompt=login, authenticated within this interaction",
      {
        request: asks({ prompt: ["login"] }),
        session: freshly(alice),
        progress: authenticated(alice),
      },
      "issue-code",
    ],
    [
      "A7: prompt=login, and the session has become somebody else's meanwhile",
      { request: asks({ prompt: ["login"] }), session: bruno, progress: authenticated(alice) },
      "step-up",
    ],
    [
      "prompt=select_account",
      { request: asks({ prompt: ["select_account"] }), session: alice },
      "choose-account",
    ],
    [
      "prompt=select_account, chosen",
      {
        request: asks({ prompt: ["select_account"] }),
        session: alice,
        progress: { ...untouched, sessionId: alice.id, accountChosenAt: secondsAgo(1) },
      },
      "issue-code",
    ],
    [
      "A8: prompt=select_account, chosen by whoever was signed in before",
      {
        request: asks({ prompt: ["select_account"] }),
        session: bruno,
        progress: { ...untouched, sessionId: alice.id, accountChosenAt: secondsAgo(1) },
      },
      "choose-account",
    ],
    [
      "prompt=select_account, signed in anew within this interaction",
      {
        request: asks({ prompt: ["select_account"] }),
        session: freshly(bruno),
        progress: authenticated(bruno),
      },
      "issue-code",
    ],
    [
      "prompt=login select_account: first the password",
      { request: asks({ prompt: ["login", "select_account"] }), session: alice },
      "step-up",
    ],
    [
      "prompt=select_account, nobody signed in",
      { request: asks({ prompt: ["select_account"] }) },
      "sign-in",
    ],
  ];

  it.each(cases)("%s", (_, facts, expected) => expect(outcome(facts)).toBe(expected));
});

describe("authorize decision: max_age (OIDC Core §3.1.2.1), exact (Z9)", () => {
  const aged = (seconds: number) => ({ ...alice, authenticatedAt: secondsAgo(seconds) });
  const cases: Case[] = [
    ["younger", { request: asks({ maxAgeSeconds: 60 }), session: aged(59) }, "issue-code"],
    ["exactly as old", { request: asks({ maxAgeSeconds: 60 }), session: aged(60) }, "issue-code"],
    ["a second older", { request: asks({ maxAgeSeconds: 60 }), session: aged(61) }, "step-up"],
    [
      "older, silently",
      { request: asks({ maxAgeSeconds: 60, prompt: ["none"] }), session: aged(61) },
      "login_required",
    ],
    ["0 is prompt=login", { request: asks({ maxAgeSeconds: 0 }), session: aged(0) }, "step-up"],
    [
      "0, authenticated here",
      { request: asks({ maxAgeSeconds: 0 }), session: aged(3), progress: authenticated(alice, 3) },
      "issue-code",
    ],
    [
      "1, authenticated here, half a minute spent on the consent page",
      {
        request: asks({ maxAgeSeconds: 1 }),
        session: aged(30),
        progress: authenticated(alice, 30),
      },
      "issue-code",
    ],
    [
      "1, authenticated here, an hour ago",
      {
        request: asks({ maxAgeSeconds: 1 }),
        session: aged(3600),
        progress: authenticated(alice, 3600),
      },
      "step-up",
    ],
    [
      "A7: authenticated here, but by another session than the one now there",
      {
        request: asks({ maxAgeSeconds: 1 }),
        session: aged(30),
        progress: authenticated(bruno, 30),
      },
      "step-up",
    ],
  ];

  it.each(cases)("%s", (_, facts, expected) => expect(outcome(facts)).toBe(expected));
});

describe("authorize decision: id_token_hint (OIDC Core §3.1.2.1)", () => {
  const meansAlice = (prompt: Facts["request"]["prompt"] = []) =>
    asks({ hintSubject: "alice", prompt });
  const cases: Case[] = [
    ["the person is there", { request: meansAlice(), session: alice }, "issue-code"],
    ["another person is there", { request: meansAlice(), session: bruno }, "sign-in"],
    [
      "another person, silently",
      { request: meansAlice(["none"]), session: bruno },
      "login_required",
    ],
    ["the person, silently", { request: meansAlice(["none"]), session: alice }, "issue-code"],
    [
      "asked, and another person signed in again",
      { request: meansAlice(), session: freshly(bruno), progress: authenticated(bruno) },
      "login_required",
    ],
    ["nobody is there", { request: meansAlice() }, "sign-in"],
  ];

  it.each(cases)("%s", (_, facts, expected) => expect(outcome(facts)).toBe(expected));
});

describe("authorize decision: consent (OIDC Core §3.1.2.4)", () => {
  const offline = ["openid", "profile", "offline_access"];
  const here = { session: alice, client: stranger };
  const answered = (consentScopes: string[]) =>
    ({ sessionId: alice.id, consentScopes, consentAnswer: "allowed" }) as const;
  const cases: Case[] = [
    ["A10: never asked before", here, "ask-consent"],
    ["A10: allowed before", { ...here, consent: allowed }, "issue-code"],
    [
      "A10: a new scope asks again",
      { ...here, consent: allowed, request: asks({ scopes: ["openid", "profile", "email"] }) },
      "ask-consent",
    ],
    [
      "A10: a new resource asks again",
      { ...here, consent: allowed, request: asks({ resources: ["https://api.example"] }) },
      "ask-consent",
    ],
    ["A10: only a first-party client skips it", { session: alice, client: bank }, "issue-code"],
    [
      "prompt=consent asks even a first-party client's person",
      { session: alice, client: bank, request: asks({ prompt: ["consent"] }) },
      "ask-consent",
    ],
    [
      "prompt=consent, allowed before but not in this interaction",
      { ...here, consent: allowed, request: asks({ prompt: ["consent"] }) },
      "ask-consent",
    ],
    [
      "prompt=consent, answered here",
      {
        ...here,
        consent: allowed,
        request: asks({ prompt: ["consent"] }),
        progress: answered(["openid", "profile"]),
      },
      "issue-code",
    ],
    [
      "A8: an answer given by whoever was signed in before does not count for the next person",
      {
        session: bruno,
        client: stranger,
        consent: allowed,
        request: asks({ prompt: ["consent"] }),
        progress: answered(["openid", "profile"]),
      },
      "ask-consent",
    ],
    [
      "denied",
      { ...here, progress: { ...answered([]), consentAnswer: "denied" } },
      "access_denied",
    ],
    [
      "A8: denied by whoever was signed in before",
      { ...here, session: bruno, progress: { ...answered([]), consentAnswer: "denied" } },
      "ask-consent",
    ],
    ["silently, never asked", { ...here, request: asks({ prompt: ["none"] }) }, "consent_required"],
    [
      "silently, allowed before",
      { ...here, consent: allowed, request: asks({ prompt: ["none"] }) },
      "issue-code",
    ],
    [
      "A8: consent does not stand in for signing in",
      { client: stranger, consent: allowed, progress: answered(["openid", "profile"]) },
      "sign-in",
    ],
  ];

  it.each(cases)("%s", (_, facts, expected) => expect(outcome(facts)).toBe(expected));

  it("grants offline access that was consented to", () => {
    const decision = decide({
      ...here,
      request: asks({ scopes: offline }),
      consent: { scopes: offline, resources: [] },
      now,
    });
    expect(decision).toMatchObject({ kind: "issue-code", grantKind: "offline", scopes: offline });
  });

  it("ignores offline access where the page that would ask for it cannot be shown", () => {
    const request = asks({ scopes: offline, prompt: ["none"] });
    const decision = decide({ ...here, request, consent: allowed, now });
    expect(decision).toMatchObject({ grantKind: "session", scopes: ["openid", "profile"] });
  });
});
