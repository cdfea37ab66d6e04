import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { aCountedSite, type CountedSite, kidIn, kidsIn } from "../../../support/a-counted-site.ts";
import { anIdp, type TestIdp } from "../../../support/an-idp.ts";
import { type ApiAnswer, anOperator } from "../../../support/an-operator.ts";
import { openTwoHandles } from "../../../support/databases.ts";
import { times } from "../../records/a-world.ts";

const LEAD_SECONDS = 86_400;
const MOST_A_DAY = 5;

let idp: TestIdp;
let other: TestIdp;
let operator: ReturnType<typeof anOperator>;
let otherOperator: ReturnType<typeof anOperator>;
let bank: CountedSite;

beforeAll(async () => {
  const [one, two] = await openTwoHandles();
  idp = await anIdp({ database: one });
  other = await anIdp({ database: two, clock: idp.clock });
  operator = anOperator(idp);
  otherOperator = anOperator(other);
  bank = await aCountedSite(idp, "bank");
});
afterAll(() => Promise.all([idp.close(), other.close()]));

const rotate = (reason?: string) => operator("POST", "/keys/rotate", { reason });
const lastEvent = async (kind: string) =>
  (await operator("GET", `/audit?kind=${kind}`)).body.events[0];
const inSeconds = (seconds: number) =>
  new Date(idp.clock.now().getTime() + seconds * 1000).toISOString();

describe("rotating over the admin API (K2)", () => {
  it("is refused while a site would meet a key it has never seen, and names the site", async () => {
    const answer = await rotate();
    expect(answer.status).toBe(409);
    expect(answer.body).toEqual({
      error: "too_early",
      error_description: expect.stringContaining("Site bank has not reported"),
      safe_from: inSeconds(LEAD_SECONDS),
      missing: [{ client_id: "bank", client_name: "Site bank", why: "silent", instances: [] }],
    });
  });

  it("names the instances that lack the key", async () => {
    await bank.report({ kids: await kidsIn(idp, "active"), instance: "old-one" });
    await bank.report({ kids: await kidsIn(idp, "active", "pending"), instance: "new-one" });
    const { body } = await rotate();
    expect(body.missing).toMatchObject([{ why: "lacking", instances: ["old-one"] }]);
  });

  it("goes through before its time when every instance holds the key, and says who and why", async () => {
    const [active, pending] = [await kidIn(idp, "active"), await kidIn(idp, "pending")];
    await bank.report({ kids: [active, pending], instance: "old-one" });
    const { status, body } = await rotate("quarterly");
    expect(status).toBe(200);
    expect(body).toEqual({ activated: pending, retiring: active, published: expect.any(String) });
    expect(await lastEvent("keys.rotated")).toMatchObject({
      actor: "operator-token",
      reason: "quarterly",
      details: { activated: pending },
    });
  });

  it("goes through when the time has come, whatever sites report", async () => {
    idp.clock.advance(LEAD_SECONDS);
    expect((await rotate()).status).toBe(200);
  });

  it("K5: of 20 at once on two replicas makes one new key; the others get 409 and write nothing", async () => {
    idp.clock.advance(LEAD_SECONDS);
    await bank.count();
    const before = await idp.known.keys.list();
    const answers: ApiAnswer[] = await times(20, (index) =>
      (index % 2 ? operator : otherOperator)("POST", "/keys/rotate", { reason: `nr ${index}` }),
    );
    const statuses = answers.map(({ status }) => status).sort();
    expect(statuses).toEqual([200, ...Array.from({ length: 19 }, () => 409)]);
    const refusals = new Set(answers.flatMap(({ body }) => body.error ?? []));
    for (const refusal of refusals) expect(["lost_race", "too_early"]).toContain(refusal);
    const after = await idp.known.keys.list();
    expect(after).toHaveLength(before.length + 1);
    expect(after.filter(({ state }) => state === "active")).toHaveLength(1);
    expect(after.filter(({ state }) => state === "pending")).toHaveLength(1);
    const event = await lastEvent("keys.rotated");
    expect(answers[Number(event.reason.slice(3))]?.status).toBe(200);
  });

  it("D1: is limited to five changes in 24 hours, and says when there is room again", async () => {
    idp.clock.advance(LEAD_SECONDS);
    await bank.count();
    for (let done = 0; done < MOST_A_DAY; done += 1) {
      await bank.report({ kids: await kidsIn(idp, "active", "pending") });
      expect((await rotate()).status).toBe(200);
      idp.clock.advance(60);
    }
    await bank.report({ kids: await kidsIn(idp, "active", "pending") });
    const refused = await rotate();
    expect(refused).toMatchObject({ status: 429, body: { error: "limit_reached" } });
    const wait = Number(refused.headers.get("Retry-After"));
    expect(wait).toBe(86_400 - MOST_A_DAY * 60);
    idp.clock.advance(wait);
    expect((await rotate()).status).toBe(200);
  });

  it.each(["", " ", "x".repeat(501), "two\nlines", 7])("refuses the reason %j", async (reason) => {
    expect((await operator("POST", "/keys/rotate", { reason })).status).toBe(400);
  });
});

describe("the keys over the admin API", () => {
  it("are listed with what happens to each next", async () => {
    const { keys } = (await operator("GET", "/keys")).body;
    const active = keys.find((key: { state: string }) => key.state === "active");
    const { replacedAt } =
      (await idp.known.keys.list()).find(({ kid }) => kid === active.kid) ?? {};
    expect(active.replaced_at).toBe(replacedAt?.toISOString());
  });

  it("T8, K9: never show a private member", async () => {
    for (const path of ["/keys", "/keys/readiness"]) {
      const { text, status } = await operator("GET", path);
      expect(status).toBe(200);
      expect(text).not.toMatch(/"(d|p|q|dp|dq|qi)"|PRIVATE|sealed/);
    }
  });

  it("K8: move under another key-encryption key, and say so", async () => {
    expect((await operator("POST", "/keys/rewrap", {})).body).toEqual({ kek_id: "test", kids: [] });
    const held = String(Buffer.alloc(32, 7).toString("base64"));
    const next = await anIdp({
      database: idp.database,
      clock: idp.clock,
      environment: {
        KEY_ENCRYPTION_KEYS: `next:${Buffer.alloc(32, 8).toString("base64")},test:${held}`,
      },
    });
    const kids = await kidsIn(idp, "active", "pending");
    const answer = await anOperator(next)("POST", "/keys/rewrap", { reason: "new year" });
    expect(answer.body.kek_id).toBe("next");
    expect([...answer.body.kids].sort()).toEqual(kids.sort());
    expect(await lastEvent("keys.rewrapped")).toMatchObject({ reason: "new year" });
    await next.close();
  });
});
