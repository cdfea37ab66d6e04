import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { aCountedSite, kidIn, kidsIn } from "../../../support/a-counted-site.ts";
import { anIdp, type TestIdp } from "../../../support/an-idp.ts";
import { anOperator } from "../../../support/an-operator.ts";
import { aKit, verifying } from "../../sending/a-kit.ts";

let idp: TestIdp;
let operator: ReturnType<typeof anOperator>;

beforeAll(async () => {
  idp = await anIdp({ environment: { OUTBOUND_ALLOW: "127.0.0.0/8" } });
  operator = anOperator(idp);
});
afterAll(() => idp.close());

const readiness = async () => (await operator("GET", "/keys/readiness")).body;

describe("readiness over the admin API", () => {
  it("says what signs next, from when, and when nothing is in the way although no site is there to ask", async () => {
    const at = idp.clock.now().getTime();
    const later = (seconds: number) => new Date(at + seconds * 1000).toISOString();
    const said = {
      next: [{ kid: await kidIn(idp, "pending"), alg: "RS256" }],
      safe_from: later(86_400),
      scheduled_at: later(90 * 86_400),
      sites: [],
    };
    expect(await readiness()).toEqual({ ...said, may_rotate: false, spread_by: later(300) });
    idp.clock.advance(300);
    expect(await readiness()).toEqual({ ...said, may_rotate: true });
  });

  it("shows each site with its instances, and why a rotation would wait for it", async () => {
    const bank = await aCountedSite(idp, "bank");
    await aCountedSite(idp, "plan");
    const kids = await kidsIn(idp, "active", "pending");
    await bank.report({ kids });
    const { may_rotate, sites } = await readiness();
    expect(may_rotate).toBe(false);
    const seen_at = idp.clock.now().toISOString();
    expect(sites).toEqual([
      {
        client_id: "bank",
        client_name: "Site bank",
        counts: true,
        ready: true,
        hears_events: false,
        instances: [{ instance: "instance-1", kids, seen_at }],
      },
      {
        client_id: "plan",
        client_name: "Site plan",
        counts: true,
        ready: false,
        why: "silent",
        hears_events: false,
        instances: [],
      },
    ]);
  });

  it("forgets an instance that reports no longer", async () => {
    idp.clock.advance(180);
    const { sites } = await readiness();
    expect(sites[0]).toMatchObject({ ready: false, why: "silent", instances: [] });
  });
});

describe("a drill over the admin API", () => {
  it("tells how each site did, shows it afterwards, and is audited with its reason", async () => {
    const kit = await aKit(verifying);
    await aCountedSite(idp, "kit", { keyEventsUri: kit.uri });
    const kid = await kidIn(idp, "pending");
    const { body } = await operator("POST", "/keys/drill", { reason: "before Monday" });
    expect(body).toEqual({
      results: [{ client_id: "kit", client_name: "Site kit", kid, outcome: "verified" }],
    });
    const site = (await readiness()).sites.find(
      ({ client_id }: { client_id: string }) => client_id === "kit",
    );
    expect(site).toMatchObject({
      hears_events: true,
      probe: { kid, outcome: "verified", at: idp.clock.now().toISOString() },
    });
    const [event] = (await operator("GET", "/audit?kind=keys.drilled")).body.events;
    expect(event).toMatchObject({ actor: "operator-token", reason: "before Monday" });
  });

  it("says in words of ours why a site did not verify", async () => {
    const kit = await aKit(() => ({ body: { verified: false, error: "unknown_key" } }));
    await aCountedSite(idp, "deaf", { keyEventsUri: kit.uri });
    const { results } = (await operator("POST", "/keys/drill", {})).body;
    expect(results).toContainEqual(
      expect.objectContaining({ outcome: "refused", problem: "does not know the key" }),
    );
  });
});
