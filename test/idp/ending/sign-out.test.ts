// What a sign-out writes down for its receipt: a pure function of what it ended.
import { describe, expect, it } from "vitest";
import { type EndedSignIns, receiptOf } from "../../../idp/ending/sign-out.ts";
import type { ReachedSite } from "../../../idp/records/sessions/reached-site-store.ts";

const at = new Date("2026-03-01T12:00:00Z");
const minutesAgo = (minutes: number) => new Date(at.getTime() - minutes * 60_000);

const visit = (sessionId: string, clientId: string, minutes?: number): ReachedSite => ({
  sessionId,
  clientId,
  sid: `sid-of-${clientId}-in-${sessionId}`,
  ...(minutes !== undefined && { lastIssuedAt: minutesAgo(minutes) }),
});

const ended = (given: Partial<EndedSignIns>) =>
  receiptOf(
    {
      session: { id: "here", accountId: "alice" },
      everywhere: false,
      sessionIds: ["here"],
      reached: [],
      ...given,
    },
    300,
    at,
  );

describe("the receipt of a sign-out", () => {
  it("says of each site when its last token is over, and never a time that has passed", () => {
    const reached = [
      visit("here", "bank", 1),
      visit("here", "evergreen", 3),
      visit("here", "third", 60),
      visit("here", "seen"),
    ];
    const { sites, sessionIds } = ended({ reached, endedItself: "bank" });
    expect(sessionIds).toEqual(["here"]);
    const sid = (clientId: string) => `sid-of-${clientId}-in-here`;
    expect(sites).toEqual([
      { clientId: "bank", sid: sid("bank"), endedItself: true, endsBy: minutesAgo(-4) },
      { clientId: "evergreen", sid: sid("evergreen"), endedItself: false, endsBy: minutesAgo(-2) },
      { clientId: "third", sid: sid("third"), endedItself: false, endsBy: at },
      // It was reached and given nothing.
      { clientId: "seen", sid: sid("seen"), endedItself: false },
    ]);
  });

  it("has one row for a site that several sign-ins had reached, and counts its latest token", () => {
    const reached = [visit("phone", "bank", 1), visit("here", "bank", 4), visit("phone", "third")];
    const { sites } = ended({ everywhere: true, sessionIds: ["here", "phone"], reached });
    expect(sites).toEqual([
      {
        clientId: "bank",
        sid: "sid-of-bank-in-here",
        endedItself: false,
        endsBy: minutesAgo(-4),
      },
      // This browser knows no session of its.
      { clientId: "third", sid: undefined, endedItself: false },
    ]);
  });

  it("takes nobody's word who did not ask with a hint", () => {
    const { sites } = ended({ reached: [visit("here", "bank", 1)] });
    expect(sites.some(({ endedItself }) => endedItself)).toBe(false);
  });
});
