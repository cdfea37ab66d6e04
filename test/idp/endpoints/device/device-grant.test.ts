// The device authorization grant (RFC 8628), from the device's side and the person's: real forms, real polls.
import { beforeAll, describe, expect, it } from "vitest";
import { hashOf } from "../../../../idp/protocol/credential.ts";
import type { Client } from "../../../../idp/records/clients/client.ts";
import { type Answer, aVisitor, type Visitor } from "../../../support/a-visitor.ts";
import { anIdp, aPerson, type Person, type TestIdp } from "../../../support/an-idp.ts";
import { API, aClient, aResource, claimsOf, signedIn } from "../authorize/arranging.ts";

const GRANT = "urn:ietf:params:oauth:grant-type:device_code";

type Site = Client & { secret: string };
let idp: TestIdp;
let alice: Person;
let bruno: Person;
let bank: Site;
let tv: Site;
let other: Site;

beforeAll(async () => {
  idp = await anIdp();
  await aResource(idp, API);
  alice = await aPerson(idp);
  bruno = await aPerson(idp, { email: "bruno@example.test", name: "Bruno Keller" });
  bank = await aClient(idp, "bank");
  const device = { grantTypes: [GRANT, "refresh_token"], redirectUris: [], firstParty: false };
  tv = await aClient(idp, "tv", { ...device, name: "Living Room TV" });
  other = await aClient(idp, "other", device);
  return () => idp.close();
});

const basic = ({ id, secret }: Site) => ({ Authorization: `Basic ${btoa(`${id}:${secret}`)}` });

async function begin(client = tv, fields: Record<string, string> = { scope: "openid email" }) {
  const answer = await aVisitor().post(`${idp.issuer}/device_authorization`, fields, basic(client));
  return { status: answer.status, headers: answer.headers, body: JSON.parse(answer.text) };
}

async function poll(code: string, client = tv, more: Record<string, string> = {}) {
  const fields = { grant_type: GRANT, device_code: code, ...more };
  const answer = await aVisitor().post(`${idp.issuer}/token`, fields, basic(client));
  return { status: answer.status, body: JSON.parse(answer.text) };
}

async function somebody(person = alice): Promise<Visitor> {
  const visitor = aVisitor();
  await signedIn(visitor, idp, bank, person);
  return visitor;
}

/** Types a code, and returns the page that asks. */
async function enter(visitor: Visitor, userCode: string): Promise<Answer> {
  const form = await visitor.get(`${idp.issuer}/device`);
  const submitted = await visitor.submit(form, { user_code: userCode });
  return submitted.location === undefined ? submitted : visitor.get(submitted.location);
}

const answer = async (visitor: Visitor, userCode: string, decision: string) =>
  visitor.submit(await enter(visitor, userCode), { decision });

const error = (code: string) =>
  expect.objectContaining({ status: 400, body: expect.objectContaining({ error: code }) });

describe("POST /device_authorization (RFC 8628 §3.1-3.2)", () => {
  it("answers with codes, addresses, their life and the interval, which nothing keeps", async () => {
    const { status, headers, body } = await begin();
    expect(status).toBe(200);
    expect(body).toEqual({
      device_code: expect.stringMatching(/^sgo_[\w-]{43}$/),
      user_code: expect.stringMatching(/^[BCDFGHJKLMNPQRSTVWXZ]{4}-[BCDFGHJKLMNPQRSTVWXZ]{4}$/),
      verification_uri: `${idp.issuer}/device`,
      verification_uri_complete: `${idp.issuer}/device?user_code=${body.user_code}`,
      signet_qr_code_uri: `${idp.issuer}/device/qr/${body.user_code}`,
      expires_in: 600,
      interval: 5,
    });
    expect(headers.get("cache-control")).toBe("no-store");
  });

  it("T9, R1: neither code is in the database", async () => {
    const { body } = await begin();
    const rows = JSON.stringify(await idp.database.orm.deviceCode.findMany());
    expect(rows).not.toContain(body.device_code);
    expect(rows).not.toContain(body.user_code);
  });

  it.each<[string, () => Promise<{ status: number; body: unknown }>, string]>([
    ["a client that is not registered for it", () => begin(bank), "unauthorized_client"],
    ["no scope", () => begin(tv, {}), "invalid_scope"],
    [
      "a scope it may not have",
      () => begin(tv, { scope: "openid transfers:write" }),
      "invalid_scope",
    ],
    [
      "an unknown resource",
      () => begin(tv, { scope: "openid", resource: "https://x.example" }),
      "invalid_target",
    ],
  ])("refuses %s", async (_what, ask, code) => {
    expect(await ask()).toEqual(error(code));
  });

  it("C1: refuses whoever does not prove to be the client", async () => {
    expect((await begin({ ...tv, secret: "sgx_wrong" })).status).toBe(401);
  });

  it("is open to public clients by their id alone", async () => {
    const app = await aClient(idp, "app", {
      tokenEndpointAuthMethod: "none",
      grantTypes: [GRANT],
      redirectUris: [],
      firstParty: false,
    });
    const url = `${idp.issuer}/device_authorization`;
    const begun = await aVisitor().post(url, { client_id: app.id, scope: "openid" });
    const { user_code, device_code } = JSON.parse(begun.text);
    await answer(await somebody(), user_code, "allow");
    const fields = { grant_type: GRANT, device_code, client_id: app.id };
    const tokens = await aVisitor().post(`${idp.issuer}/token`, fields);
    expect(JSON.parse(tokens.text)).toHaveProperty("id_token");
  });

  it.each([
    ["5000 waiting for a client", 4_999, (n: number) => `place-${n}`],
    ["100 of them from one place", 99, () => hashOf("127.0.0.1")],
  ])("keeps %s, and forgets the oldest", async (_what, others, placeHash) => {
    await idp.database.orm.deviceCode.deleteMany({ where: { clientId: "other" } });
    const { body: first } = await begin(other);
    const now = idp.clock.now();
    await idp.database.orm.deviceCode.createMany({
      data: Array.from({ length: others }, (_, n) => ({
        codeHash: `waiting-${n}`,
        userCodeHash: `waiting-${n}`,
        placeHash: placeHash(n),
        clientId: "other",
        scopes: ["openid"],
        resources: [],
        intervalSeconds: 5,
        createdAt: new Date(now.getTime() + 1),
        expiresAt: new Date(now.getTime() + 600_000),
      })),
    });
    expect(await poll(first.device_code, other)).toEqual(error("authorization_pending"));
    idp.clock.advance(1);
    await begin(other);
    expect(await poll(first.device_code, other)).toEqual(error("invalid_grant"));
  });
});

describe("the person's side (RFC 8628 §3.3)", () => {
  it("asks who they are first, and keeps the code of the address meanwhile", async () => {
    const { body } = await begin();
    const visitor = aVisitor();
    const login = await visitor.follow(body.verification_uri_complete);
    expect(login.url).toContain("/sign-in/");
    const submitted = await visitor.submit(login, { email: alice.email, password: alice.password });
    const page = await visitor.follow(submitted.location ?? "");
    expect(page.url).toBe(body.verification_uri_complete);
    expect(page.text).toContain(`value="${body.user_code}"`);
    // §3.3.1: a link never goes further than the form.
    expect(await poll(body.device_code)).toEqual(error("authorization_pending"));
  });

  it.each([
    ["in small letters", (code: string) => code.toLowerCase()],
    ["without the dash", (code: string) => code.replace("-", "")],
    ["with spaces", (code: string) => ` ${code.replace("-", " ")} `],
    ["with a long dash", (code: string) => code.replace("-", "–")],
  ])("takes a code %s", async (_how, typed) => {
    const { body } = await begin();
    const page = await enter(await somebody(), typed(body.user_code));
    expect(page.text).toContain(body.user_code);
  });

  it("shows who asks, for what, the code to compare, and the warning", async () => {
    const { body } = await begin();
    const page = await enter(await somebody(), body.user_code);
    for (const words of [
      "Living Room TV",
      "See your e-mail address",
      body.user_code,
      "somebody sent you the code",
    ]) {
      expect(page.text).toContain(words);
    }
  });

  it("A10: asks for the company's own as well", async () => {
    const own = await aClient(idp, "own", { grantTypes: [GRANT], redirectUris: [] });
    const { body } = await begin(own);
    const page = await enter(await somebody(), body.user_code);
    expect(page.text).toContain("Allow this device");
    expect(await poll(body.device_code, own)).toEqual(error("authorization_pending"));
  });

  it("an unknown, expired or answered code is told kindly", async () => {
    const visitor = await somebody();
    expect(await enter(visitor, "BCDF-GHJK")).toMatchObject({
      status: 400,
      text: expect.stringContaining("No device waits under this code"),
    });
    const { body } = await begin();
    await answer(visitor, body.user_code, "deny");
    expect((await enter(visitor, body.user_code)).status).toBe(400);
    const late = await begin();
    idp.clock.advance(600);
    expect((await enter(await somebody(), late.body.user_code)).status).toBe(400);
  });
});

describe("at /token (RFC 8628 §3.4-3.5)", () => {
  it("gives tokens once the person has allowed it, for whom and for what they allowed", async () => {
    const { body } = await begin();
    expect(await poll(body.device_code)).toEqual(error("authorization_pending"));
    const done = await answer(await somebody(), body.user_code, "allow");
    expect(done.text).toContain("Your device is connected");
    const tokens = await poll(body.device_code);
    expect(tokens.status).toBe(200);
    expect(tokens.body.scope).toBe("openid email");
    expect(claimsOf(tokens.body.id_token)).toMatchObject({
      sub: alice.account.id,
      aud: "tv",
      email: "alice@example.test",
    });
    // Without offline access it ends with the sign-in that allowed it.
    expect(tokens.body).not.toHaveProperty("refresh_token");
  });

  it("a device that was allowed to go on alone outlives the browser's sign-in", async () => {
    const { body } = await begin(tv, { scope: "openid offline_access" });
    const visitor = await somebody();
    await answer(visitor, body.user_code, "allow");
    const { refresh_token } = (await poll(body.device_code)).body;
    const leave = await visitor.follow(`${idp.issuer}/logout`);
    await visitor.submit(leave);
    const refreshed = await aVisitor().post(
      `${idp.issuer}/token`,
      { grant_type: "refresh_token", refresh_token },
      basic(tv),
    );
    expect(refreshed.status).toBe(200);
  });

  it("access_denied once they have refused, however often it asks", async () => {
    const { body } = await begin();
    await answer(await somebody(), body.user_code, "deny");
    for (let n = 0; n < 3; n += 1)
      expect(await poll(body.device_code)).toEqual(error("access_denied"));
  });

  it("slow_down when asked too early, five seconds more each time", async () => {
    const { body } = await begin();
    const ask = () => poll(body.device_code);
    expect(await ask()).toEqual(error("authorization_pending"));
    expect(await ask()).toEqual(error("slow_down"));
    idp.clock.advance(6);
    // Ten seconds by now.
    expect(await ask()).toEqual(error("slow_down"));
    idp.clock.advance(15);
    expect(await ask()).toEqual(error("authorization_pending"));
    idp.clock.advance(15);
    expect(await ask()).toEqual(error("authorization_pending"));
  });

  it("expired_token after ten minutes", async () => {
    const { body } = await begin();
    idp.clock.advance(600);
    expect(await poll(body.device_code)).toEqual(error("expired_token"));
  });

  it("R2: what nobody answered is told to be over for an hour, and what was redeemed as long as its grant", async () => {
    const late = await begin();
    const { body } = await begin(tv, { scope: "openid offline_access" });
    await answer(await somebody(), body.user_code, "allow");
    const { refresh_token } = (await poll(body.device_code)).body;
    idp.clock.advance(3_599);
    await idp.known.cleanUp.removeExpired(idp.clock.now(), 100_000);
    expect(await poll(late.body.device_code)).toEqual(error("expired_token"));
    idp.clock.advance(602);
    await idp.known.cleanUp.removeExpired(idp.clock.now(), 100_000);
    expect(await poll(late.body.device_code)).toEqual(error("invalid_grant"));
    // A replay is still known for one, and ends what came of it.
    expect(await poll(body.device_code)).toEqual(error("invalid_grant"));
    const refresh = { grant_type: "refresh_token", refresh_token };
    const refreshed = await aVisitor().post(`${idp.issuer}/token`, refresh, basic(tv));
    expect(JSON.parse(refreshed.text).error).toBe("invalid_grant");
  });

  it("E1: of 50 polls at the same time one gets the tokens; a replay ends them", async () => {
    const { body } = await begin();
    await answer(await somebody(), body.user_code, "allow");
    const polls = await Promise.all(Array.from({ length: 50 }, () => poll(body.device_code)));
    const won = polls.filter(({ status }) => status === 200);
    expect(won).toHaveLength(1);
    const headers = { Authorization: `Bearer ${won[0]?.body.access_token}` };
    expect((await aVisitor().get(`${idp.issuer}/userinfo`, headers)).status).toBe(401);
  });

  it("another client's device code is worth nothing, and is not spent by trying", async () => {
    const { body } = await begin();
    await answer(await somebody(), body.user_code, "allow");
    expect(await poll(body.device_code, other)).toEqual(error("invalid_grant"));
    expect((await poll(body.device_code)).status).toBe(200);
  });

  it("T9: no other secret passes for a device code", async () => {
    const { body } = await begin();
    for (const code of [
      body.user_code,
      `sgc_${body.device_code.slice(4)}`,
      `sgd_${body.device_code.slice(4)}`,
      "sgo_",
      "x",
    ]) {
      expect(await poll(code)).toEqual(error("invalid_grant"));
    }
  });

  it("for one of the resources that were asked for, and no other", async () => {
    const { body } = await begin(tv, { scope: "openid accounts:read", resource: API.identifier });
    await answer(await somebody(), body.user_code, "allow");
    const elsewhere = { resource: "https://elsewhere.example/" };
    expect(await poll(body.device_code, tv, elsewhere)).toEqual(error("invalid_target"));
    const tokens = await poll(body.device_code, tv, { resource: API.identifier });
    expect(claimsOf(tokens.body.access_token).aud).toBe(API.identifier);
  });

  it.each(["account", "client"] as const)("nothing for a disabled %s", async (kind) => {
    const { known, clock } = idp;
    const client = await aClient(idp, `ends-${kind}`, { grantTypes: [GRANT], redirectUris: [] });
    const guest = await aPerson(idp, { email: `guest-${kind}@example.test`, name: "Guest" });
    const { body } = await begin(client);
    await answer(await somebody(guest), body.user_code, "allow");
    const scope =
      kind === "account"
        ? ({ kind, accountId: guest.account.id } as const)
        : ({ kind, clientId: client.id } as const);
    await known.endAccess(scope, `${kind}-disabled`, clock.now(), { actor: "test" });
    known.clients.forget();
    expect((await poll(body.device_code, client)).status).toBeGreaterThanOrEqual(400);
  });
});

describe("attacks on whoever answers", () => {
  it("A9: the page that asks opens for no other browser, signed in or not", async () => {
    const { body } = await begin();
    const page = await enter(await somebody(), body.user_code);
    for (const stranger of [aVisitor(), await somebody(), await somebody(bruno)]) {
      expect((await stranger.get(page.url)).status).toBe(400);
      const posted = await stranger.post(page.url, { ...page.forms[0]?.fields, decision: "allow" });
      expect(posted.status).toBe(400);
    }
    expect(await poll(body.device_code)).toEqual(error("authorization_pending"));
  });

  it("S4: a form from elsewhere, or without its token, changes nothing", async () => {
    const { body } = await begin();
    const visitor = await somebody();
    const page = await enter(visitor, body.user_code);
    const [form] = page.forms;
    const fields = { ...form?.fields, decision: "allow" };
    const crossSite = { "Sec-Fetch-Site": "cross-site" };
    expect((await visitor.post(page.url, fields, crossSite)).status).toBe(403);
    expect((await visitor.post(page.url, { decision: "allow" })).status).toBe(403);
    const entry = await visitor.get(`${idp.issuer}/device`);
    const typed = { ...entry.forms[0]?.fields, user_code: body.user_code };
    expect((await visitor.post(`${idp.issuer}/device`, typed, crossSite)).status).toBe(403);
    expect(await poll(body.device_code)).toEqual(error("authorization_pending"));
  });

  it("A7: who signs in as somebody else meanwhile does not answer for the first", async () => {
    const { body } = await begin();
    const visitor = await somebody();
    const page = await enter(visitor, body.user_code);
    await visitor.submit(await visitor.follow(`${idp.issuer}/logout`));
    await signedIn(visitor, idp, bank, bruno);
    const posted = await visitor.post(page.url, { ...page.forms[0]?.fields, decision: "allow" });
    expect(posted.status).toBe(403);
    expect(await poll(body.device_code)).toEqual(error("authorization_pending"));
  });

  it("who has signed out meanwhile allows nothing", async () => {
    const { body } = await begin();
    const visitor = await somebody();
    const page = await enter(visitor, body.user_code);
    await visitor.submit(await visitor.follow(`${idp.issuer}/logout`));
    const posted = await visitor.post(page.url, { ...page.forms[0]?.fields, decision: "allow" });
    expect(posted.location).toContain("/authorize/");
    expect(await poll(body.device_code)).toEqual(error("authorization_pending"));
  });

  it("of two who answer at the same time the first counts, and the other is told so", async () => {
    const { body } = await begin();
    const first = await somebody();
    const second = await somebody(bruno);
    const [one, two] = [await enter(first, body.user_code), await enter(second, body.user_code)];
    const answers = await Promise.all([
      first.submit(one, { decision: "allow" }),
      second.submit(two, { decision: "allow" }),
    ]);
    const connected = answers.filter(({ text }) => text.includes("Your device is connected"));
    const late = answers.filter(({ text }) => /This code is over|not open any more/.test(text));
    expect([connected.length, late.length]).toEqual([1, 1]);
    const winner = answers[0]?.text.includes("connected") ? alice : bruno;
    const tokens = await poll(body.device_code);
    expect(claimsOf(tokens.body.id_token).sub).toBe(winner.account.id);
  });

  it("P7: guessing codes is slowed down, is told kindly, and stops nobody else", async () => {
    const guesser = await aPerson(idp, { email: "guesser@example.test", name: "Guesser" });
    const visitor = await somebody(guesser);
    const statuses = [];
    for (let n = 0; n < 12; n += 1) statuses.push((await enter(visitor, "BCDF-GHJK")).status);
    expect(statuses.slice(0, 10)).toEqual(Array(10).fill(400));
    expect(statuses.at(-1)).toBe(429);
    const { body } = await begin();
    // A right code is not looked up either while the wait lasts.
    expect((await enter(visitor, body.user_code)).status).toBe(429);
    expect((await enter(await somebody(), body.user_code)).status).toBe(200);
  });
});

describe("GET /device/qr/:code", () => {
  it("is a picture of the address, and says nothing of whether a device waits", async () => {
    const { body } = await begin();
    const real = await aVisitor().get(body.signet_qr_code_uri);
    expect(real.headers.get("content-type")).toContain("image/svg+xml");
    expect(real.headers.get("cache-control")).toBe("no-store");
    expect(real.text).toMatch(/^<svg xmlns=/);
    expect(real.text).not.toMatch(/script|style=|href/);
    const madeUp = await aVisitor().get(`${idp.issuer}/device/qr/BCDF-GHJK`);
    expect(madeUp.status).toBe(200);
    for (const wrong of ["bcdf-ghjk", "BCDFGHJK", "AAAA-AAAA", "x", "%3Csvg%3E"]) {
      expect((await aVisitor().get(`${idp.issuer}/device/qr/${wrong}`)).status).toBe(404);
    }
  });
});
