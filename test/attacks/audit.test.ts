// What the audit says of a journey with everything that can happen in it (G2).
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { AuditKind } from "../../idp/records/audit/audit-event.ts";
import { aJourney, type Journey } from "./journey/a-journey.ts";

let journey: Journey;
beforeAll(async () => {
  journey = await aJourney();
}, 180_000);
afterAll(() => journey.idp.close());

/** Who did it, and how it went, for every kind of event that there is. */
const OPERATOR = /^operator-token$/;
const CLIENT = /^client:(bank|other|stranger|app)$/;
const PERSON = /^account:[\w-]{22}$/;
const NOBODY = /^anonymous$/;
const SYSTEM = /^system$/;

type Happened = readonly [outcome: "success" | "refused", by: RegExp];

const EVENTS: Record<AuditKind, Happened> = {
  "sign-in": ["success", PERSON],
  "sign-in.refused": ["refused", NOBODY],
  "sign-in.new-device": ["success", PERSON],
  "sign-in.throttled": ["refused", NOBODY],
  "session.ended": ["success", PERSON],
  "consent.given": ["success", PERSON],
  "consent.denied": ["refused", PERSON],
  "consent.withdrawn": ["success", PERSON],
  "device.code-refused": ["refused", PERSON],
  "grant.issued": ["success", PERSON],
  "grant.revoked": ["success", CLIENT],
  "code.replayed": ["refused", CLIENT],
  "code.refused": ["refused", CLIENT],
  "refresh.reused": ["refused", CLIENT],
  "refresh.refused": ["refused", CLIENT],
  "client.authentication-failed": ["refused", NOBODY],
  "client.registration-refused": ["refused", NOBODY],
  "client.added": ["success", OPERATOR],
  "client.changed": ["success", OPERATOR],
  "client.enabled": ["success", OPERATOR],
  "client.disabled": ["success", OPERATOR],
  "client.removed": ["success", OPERATOR],
  "client.secret-added": ["success", OPERATOR],
  "client.secret-removed": ["success", OPERATOR],
  "registration-token.added": ["success", OPERATOR],
  "registration-token.ended": ["success", OPERATOR],
  "resource.changed": ["success", OPERATOR],
  "account.added": ["success", OPERATOR],
  "account.enabled": ["success", OPERATOR],
  "account.disabled": ["success", OPERATOR],
  "account.password-set": ["success", PERSON],
  "account.password-link-made": ["success", OPERATOR],
  "keys.created": ["success", SYSTEM],
  "keys.began": ["success", SYSTEM],
  "keys.rotated": ["success", OPERATOR],
  "keys.retired": ["success", SYSTEM],
  "keys.revoked": ["success", PERSON],
  "keys.revocation-requested": ["success", OPERATOR],
  "keys.revocation-refused": ["refused", OPERATOR],
  "keys.rewrapped": ["success", OPERATOR],
  "keys.drilled": ["success", OPERATOR],
  "key-sighting.refused": ["refused", CLIENT],
  "operator.refused": ["refused", NOBODY],
};

const events = () => journey.idp.known.audit.list({ limit: 500 });

describe("the audit of the journey (G2)", () => {
  it.each(Object.entries(EVENTS))("G2: has %s, and says %j", async (kind, [outcome, by]) => {
    const found = (await events()).filter((event) => event.kind === kind);
    expect(found.some((event) => event.outcome === outcome && by.test(event.actor))).toBe(true);
    for (const event of found) {
      expect(event.at).toBeInstanceOf(Date);
      const isOurs = ["test", "system"].includes(event.actor);
      // What the test arranged by itself came in no request.
      const isArranged = kind === "consent.withdrawn";
      if (!isOurs && !isArranged) expect(event.requestId).toMatch(/^[\w-]{16}$/);
    }
  });

  it("G2: says whose, and why, where that is known", async () => {
    const all = await events();
    const of = (kind: AuditKind) => all.filter((event) => event.kind === kind);
    expect(of("sign-in.refused").map(({ reason }) => reason)).toEqual(
      expect.arrayContaining(["wrong password", "unknown account"]),
    );
    expect(of("code.refused").map(({ reason }) => reason)).toEqual(
      expect.arrayContaining(["wrong-client", "wrong-verifier"]),
    );
    for (const kind of ["code.replayed", "refresh.reused"] as const) {
      expect(of(kind)).toMatchObject([{ grantId: expect.any(String), clientId: "bank" }]);
    }
    for (const event of of("session.ended")) expect(event.sessionId).toBeDefined();
  });

  it("G2, D1: says why the keys were changed, and who the two people were", async () => {
    const all = await events();
    const of = (kind: AuditKind) => all.filter((event) => event.kind === kind);
    expect(of("keys.rotated")).toMatchObject([{ reason: "an exercise" }]);
    const [revoked] = of("keys.revoked");
    const asked = of("keys.revocation-requested");
    expect(revoked?.reason).toBe("an exercise");
    for (const event of asked) {
      expect(event.details).toMatchObject({ kid: revoked?.details?.kid, refreshTokens: "end" });
      expect(event.actor).not.toBe(revoked?.actor);
    }
    expect(
      of("keys.revocation-refused")
        .map(({ reason }) => reason)
        .sort(),
    ).toEqual(["an exercise", "the same person"]);
    const ended = of("grant.revoked").find(({ details }) => details?.because === "key-revoked");
    expect(ended).toMatchObject({ actor: revoked?.actor, requestId: revoked?.requestId });
  });

  it("G2: the request id of an event finds its line in the log", async () => {
    const refused = (await events()).find(({ kind }) => kind === "operator.refused");
    const lines = journey.log.map((line) => JSON.parse(line));
    expect(
      lines.find(({ requestId, msg }) => msg === "request" && requestId === refused?.requestId),
    ).toMatchObject({ route: "/admin/api/keys", status: 401, time: expect.stringMatching(/Z$/) });
  });

  it("G2: one line of JSON each, whatever was typed", () => {
    for (const line of journey.log) {
      expect(line.endsWith("\n") && line.indexOf("\n") === line.length - 1).toBe(true);
      expect(JSON.parse(line)).not.toHaveProperty("forged");
    }
  });
});
