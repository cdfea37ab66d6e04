import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { aCountedSite, type CountedSite, kidIn, kidsIn } from "../../../support/a-counted-site.ts";
import { anIdp, type TestIdp } from "../../../support/an-idp.ts";
import { anOperator } from "../../../support/an-operator.ts";
import { type AKit, aKit, eventually, refusing } from "../../sending/a-kit.ts";

let idp: TestIdp;
let operator: ReturnType<typeof anOperator>;
let kit: AKit;
let bank: CountedSite;

beforeAll(async () => {
  idp = await anIdp({
    environment: { OUTBOUND_ALLOW: "127.0.0.0/8", KEY_CHANGES_PER_DAY: "100" },
  });
  operator = anOperator(idp);
  kit = await aKit(refusing);
  bank = await aCountedSite(idp, "bank", { keyEventsUri: kit.uri });
});
afterAll(() => idp.close());

const leaked = { reason: "it leaked", refresh_tokens: "keep" };
const revoke = (kid: string, body: object = leaked) =>
  operator("POST", `/keys/${kid}/revoke`, body);

describe("throwing a key out over the admin API (K4)", () => {
  it("needs a reason, and a word about the refresh tokens", async () => {
    const kid = await kidIn(idp, "active");
    for (const body of [
      {},
      { reason: "it leaked" },
      { refresh_tokens: "keep" },
      { ...leaked, refresh_tokens: "perhaps" },
      { ...leaked, reason: "" },
      { ...leaked, reason: "x".repeat(501) },
      { ...leaked, reason: "two\nlines" },
      { ...leaked, force: true },
    ])
      expect([body, (await revoke(kid, body)).status]).toEqual([body, 400]);
    expect(await kidIn(idp, "active")).toBe(kid);
  });

  it("says what signs now, and that is so at once", async () => {
    const [active, pending] = [await kidIn(idp, "active"), await kidIn(idp, "pending")];
    const answer = await revoke(active);
    expect(answer).toMatchObject({
      status: 200,
      body: {
        revoked: active,
        revoked_at: idp.clock.now().toISOString(),
        activated: pending,
        published: await kidIn(idp, "pending"),
      },
    });
    expect(idp.known.ring.activeKid).toBe(pending);
    const [event] = (await operator("GET", "/audit?kind=keys.revoked")).body.events;
    expect(event).toMatchObject({ actor: "operator-token", reason: "it leaked" });
  });

  it("replaces a waiting key that was never used, and says so", async () => {
    const pending = await kidIn(idp, "pending");
    const { body } = await revoke(pending);
    expect(body).toMatchObject({ revoked: pending, published: await kidIn(idp, "pending") });
    expect(body).not.toHaveProperty("activated");
  });

  it("refuses an unknown key, and one that is out already", async () => {
    expect(await revoke("unknown")).toMatchObject({ status: 404, body: { error: "unknown_key" } });
    const again = await revoke(await kidIn(idp, "revoked"));
    expect(again).toMatchObject({ status: 409, body: { error: "already_revoked" } });
  });

  it("D1: counts with the rotations of the day", async () => {
    const limited = await anIdp({
      database: idp.database,
      clock: idp.clock,
      environment: { KEY_CHANGES_PER_DAY: "2" },
    });
    const ask = anOperator(limited);
    const refused = await ask("POST", `/keys/${await kidIn(idp, "pending")}/revoke`, leaked);
    expect(refused).toMatchObject({ status: 429, body: { error: "limit_reached" } });
    expect(refused.headers.get("Retry-After")).toBe("86400");
    await limited.close();
  });
});

describe("who refuses a key by now (K4)", () => {
  it("is shown site by site and instance by instance, with the bound for all others", async () => {
    await bank.report({ kids: await kidsIn(idp, "active", "pending") });
    await bank.report({ kids: [], instance: "instance-2" });
    const revokedAt = idp.clock.now();
    const kid = await kidIn(idp, "active");
    await revoke(kid);
    await eventually(async () => (await refusals(kid)).sites[0].notice === "delivered");
    expect(await refusals(kid)).toEqual({
      revoked_at: revokedAt.toISOString(),
      accepted_until: {
        in_touch: new Date(revokedAt.getTime() + 300_000).toISOString(),
        out_of_touch: new Date(revokedAt.getTime() + 86_400_000).toISOString(),
      },
      sites: [
        {
          client_id: "bank",
          client_name: "Site bank",
          notice: "delivered",
          instances: [{ instance: "instance-1" }, { instance: "instance-2" }],
        },
      ],
    });

    const at = new Date(revokedAt.getTime() + 1_000).toISOString();
    idp.clock.advance(2);
    await bank.report({ kids: [], refused: [{ kid, at }] });
    expect((await refusals(kid)).sites[0]).not.toHaveProperty("refused_at");
    await bank.report({ kids: [], refused: [{ kid, at }], instance: "instance-2" });
    expect((await refusals(kid)).sites[0]).toMatchObject({
      refused_at: at,
      instances: [{ refused_at: at }, { refused_at: at }],
    });
  });

  it("is nothing to ask of a key that signs", async () => {
    for (const kid of ["unknown", await kidIn(idp, "active")])
      expect((await operator("GET", `/keys/${kid}/refusals`)).status).toBe(404);
  });

  it("says why a site could not be told", async () => {
    kit.answer = () => ({ status: 503, body: "" });
    const kid = await kidIn(idp, "active");
    await revoke(kid);
    await eventually(async () => (await refusals(kid)).sites[0].problem !== undefined);
    expect((await refusals(kid)).sites[0]).toMatchObject({
      notice: "trying",
      problem: "answers 503",
    });
  });

  const refusals = async (kid: string) => (await operator("GET", `/keys/${kid}/refusals`)).body;
});

describe("throwing a key out when it takes two (D1)", () => {
  let byTwo: TestIdp;
  let ask: ReturnType<typeof anOperator>;
  beforeAll(async () => {
    byTwo = await anIdp({
      database: idp.database,
      clock: idp.clock,
      environment: { KEY_REVOCATION_BY_TWO: "true", KEY_CHANGES_PER_DAY: "100" },
    });
    ask = anOperator(byTwo);
  });
  afterAll(() => byTwo.close());

  const request = async () => {
    const kid = await kidIn(byTwo, "active");
    const answer = await ask("POST", `/keys/${kid}/revoke`, leaked);
    expect(answer.status).toBe(202);
    return { kid, id: answer.body.request as string, body: answer.body };
  };
  const decide = (id: string, what: "confirm" | "refuse") =>
    ask("POST", `/keys/revocations/${id}/${what}`, {});
  const carla = { actor: "account:carla" };

  it("answers 202 and a request that waits, and changes nothing", async () => {
    const { kid, id, body } = await request();
    const expires_at = new Date(byTwo.clock.now().getTime() + 900_000).toISOString();
    expect(body).toEqual({ request: id, expires_at });
    expect(await kidIn(byTwo, "active")).toBe(kid);
    expect((await ask("GET", "/keys/revocations")).body.revocations).toEqual([
      {
        id,
        kid,
        reason: "it leaked",
        refresh_tokens: "keep",
        requested_by: "operator-token",
        requested_at: byTwo.clock.now().toISOString(),
        expires_at,
      },
    ]);
    const again = await ask("POST", `/keys/${kid}/revoke`, leaked);
    expect(again).toMatchObject({
      status: 409,
      body: { error: "already_requested", request: id },
    });
  });

  it("takes no yes from the same operator's token", async () => {
    const [{ id }] = (await ask("GET", "/keys/revocations")).body.revocations;
    expect(await decide(id, "confirm")).toMatchObject({
      status: 409,
      body: { error: "same_person" },
    });
  });

  it("takes the no of whoever asked", async () => {
    const [{ id }] = (await ask("GET", "/keys/revocations")).body.revocations;
    expect((await decide(id, "refuse")).body).toEqual({ request: id, refused: true });
    const again = await decide(id, "refuse");
    expect(again).toMatchObject({ status: 409, body: { error: "already_decided" } });
    expect((await ask("GET", "/keys/revocations")).body.revocations).toEqual([]);
  });

  it("confirms what a person asked for in the console", async () => {
    const kid = await kidIn(byTwo, "active");
    const cause = { ...carla, reason: "it leaked" };
    const asked = await byTwo.known.revokeSigningKey.revoke({ kid, refreshTokens: "keep", cause });
    if (asked.kind !== "requested") throw new Error(asked.kind);
    const confirmed = await decide(asked.request.id, "confirm");
    expect(confirmed).toMatchObject({ status: 200, body: { revoked: kid } });
    const [event] = (await ask("GET", "/audit?kind=keys.revoked")).body.events;
    expect(event).toMatchObject({ actor: "operator-token", reason: "it leaked" });
  });

  it("knows no request that there is not, and none that has expired", async () => {
    const { id } = await request();
    byTwo.clock.advance(900);
    expect(await decide(id, "confirm")).toMatchObject({ status: 409, body: { error: "expired" } });
    expect(await decide("unknown", "confirm")).toMatchObject({
      status: 404,
      body: { error: "unknown_request" },
    });
  });
});

describe("who may (D2)", () => {
  it.each([
    ["POST", "/keys/rotate"],
    ["POST", "/keys/rewrap"],
    ["POST", "/keys/drill"],
    ["GET", "/keys/readiness"],
    ["GET", "/keys/revocations"],
    ["POST", "/keys/revocations/some/confirm"],
    ["POST", "/keys/revocations/some/refuse"],
    ["POST", "/keys/some/revoke"],
    ["GET", "/keys/some/refusals"],
  ])("%s %s needs the operator's token, by whatever path it is spelt", async (method, path) => {
    const stranger = anOperator(idp, "x".repeat(43));
    const body = method === "POST" ? {} : undefined;
    expect((await stranger(method, path, body)).status).toBe(401);
    for (const spelling of [`${path};x`, `${path}/`, path.toUpperCase(), `/%2e${path}`, `/${path}`])
      expect([401, 404]).toContain((await stranger(method, spelling, body)).status);
    const override = { "X-HTTP-Method-Override": "GET" };
    expect((await stranger("DELETE", path, undefined, override)).status).toBe(405);
  });
});
