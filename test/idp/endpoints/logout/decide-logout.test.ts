import { describe, expect, it } from "vitest";
import { decideLogout } from "../../../../idp/endpoints/logout/decide-logout.ts";
import type { SignOutRequest } from "../../../../idp/records/interactions/interaction-request.ts";

const session = { subject: "alice" };
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
