import { describe, expect, it } from "vitest";
import { decideLogout } from "../../../../idp/endpoints/logout/decide-logout.ts";
import { receiptOf } from "../../../../idp/endpoints/logout/receipt.ts";
import type { SignOutRequest } from "../../../../idp/records/interactions/interaction-request.ts";

const session = { accountId: "alice" };
const visited = [
  { clientId: "bank", sid: "sid-bank" },
  { clientId: "evergreen", sid: "sid-evergreen" },
];
const asks = (hint?: SignOutRequest["hint"], clientId = "bank"): SignOutRequest => ({
  step: "ask",
  clientId,
  hint,
});

describe("whether a sign-out is carried out at once (L1)", () => {
  const cases: [string, SignOutRequest, typeof session | undefined, string][] = [
    ["nobody is signed in", asks(), undefined, "nothing-to-end"],
    [
      "nobody is signed in, whatever the hint",
      asks({ subject: "alice" }),
      undefined,
      "nothing-to-end",
    ],
    ["no hint", asks(), session, "ask"],
    ["a hint of this session", asks({ subject: "alice", sid: "sid-bank" }), session, "end"],
    ["a hint of the person, without sid", asks({ subject: "alice" }), session, "end"],
    ["a hint of another person", asks({ subject: "bruno", sid: "sid-bank" }), session, "ask"],
    ["a hint of an earlier session", asks({ subject: "alice", sid: "sid-old" }), session, "ask"],
    ["another client's sid", asks({ subject: "alice", sid: "sid-evergreen" }), session, "ask"],
  ];
  it.each(cases)("L1: %s", (_, request, current, expected) => {
    expect(decideLogout(request, current, visited)).toBe(expected);
  });
});

describe("the receipt", () => {
  const at = new Date("2026-03-01T12:00:00Z");
  const minutesAgo = (minutes: number) => new Date(at.getTime() - minutes * 60_000);
  const issues = [
    { clientId: "bank", lastIssuedAt: minutesAgo(1) },
    { clientId: "evergreen", lastIssuedAt: minutesAgo(3) },
    { clientId: "third", lastIssuedAt: minutesAgo(60) },
  ];

  const visited = ["bank", "evergreen", "third", "seen"].map((clientId) => ({
    clientId,
    sid: `sid-of-${clientId}`,
  }));
  const ended = { session: { id: "session-1" }, visited, issues };

  it("says of each site when its last token is over, and never a time that has passed", () => {
    const { sites, sessionId } = receiptOf(ended, asks({ subject: "alice" }), 300, at);
    expect(sessionId).toBe("session-1");
    expect(sites).toEqual([
      { clientId: "bank", sid: "sid-of-bank", endedItself: true, endsBy: minutesAgo(-4) },
      {
        clientId: "evergreen",
        sid: "sid-of-evergreen",
        endedItself: false,
        endsBy: minutesAgo(-2),
      },
      { clientId: "third", sid: "sid-of-third", endedItself: false, endsBy: at },
      // It was reached and given nothing.
      { clientId: "seen", sid: "sid-of-seen", endedItself: false },
    ]);
  });

  it("takes nobody's word without a hint", () => {
    const { sites } = receiptOf(ended, asks(), 300, at);
    expect(sites.some(({ endedItself }) => endedItself)).toBe(false);
  });
});
