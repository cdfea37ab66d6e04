import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { hashOf, isCredential } from "../../../../idp/protocol/credential.ts";
import { aVisitor } from "../../../support/a-visitor.ts";
import { anIdp, aPerson, type TestIdp } from "../../../support/an-idp.ts";
import { anOperator } from "../../../support/an-operator.ts";
import { localFetch } from "../../../support/local-fetch.ts";

let idp: TestIdp;
let operator: ReturnType<typeof anOperator>;

beforeAll(async () => {
  idp = await anIdp();
  operator = anOperator(idp);
});
afterAll(() => idp.close());

const lastEvent = async (kind: string) =>
  (await operator("GET", `/audit?kind=${kind}`)).body.events[0];

describe("who may use the admin API (RFC 6750)", () => {
  it("asks for a token without one", async () => {
    const answer = await localFetch(`${idp.issuer}/admin/api/keys`);
    expect(answer.status).toBe(401);
    expect(answer.headers.get("WWW-Authenticate")).toMatch(/^Bearer/);
  });

  it("refuses another token, and records that", async () => {
    const answer = await anOperator(idp, "x".repeat(43))("GET", "/keys");
    expect(answer.status).toBe(401);
    expect(answer.headers.get("WWW-Authenticate")).toContain('error="invalid_token"');
    expect(await lastEvent("operator.refused")).toMatchObject({
      actor: "anonymous",
      outcome: "refused",
    });
  });

  it.each(["", " ", "Basic abc", "Bearer", "Bearer a b"])(
    "refuses the header %j",
    async (header) => {
      const answer = await operator("GET", "/keys", undefined, { Authorization: header });
      expect(answer.status).toBe(401);
    },
  );

  it("takes no token from the query or a form", async () => {
    const { status } = await localFetch(`${idp.issuer}/admin/api/keys?access_token=x`);
    expect(status).toBe(401);
  });

  it("is not open to other origins", async () => {
    const answer = await operator("GET", "/keys", undefined, { Origin: "https://evil.example" });
    expect(answer.headers.get("Access-Control-Allow-Origin")).toBeNull();
    expect(answer.headers.get("Cache-Control")).toBe("no-store");
  });

  it("answers 404 when there is no ADMIN_TOKEN", async () => {
    const closed = await anIdp({ database: idp.database, environment: { ADMIN_TOKEN: undefined } });
    try {
      expect((await anOperator(closed)("GET", "/keys")).status).toBe(404);
      expect((await anOperator(closed)("POST", "/keys/rotate", {})).status).toBe(404);
    } finally {
      await closed.close();
    }
  });
});

describe("requests", () => {
  it("refuses members that it does not know", async () => {
    const answer = await operator("POST", "/keys/rotate", { force: true });
    expect(answer).toMatchObject({
      status: 400,
      body: { error_description: "force is not a member here" },
    });
  });

  it.each([
    ["{", "not JSON"],
    ["[]", "not an object"],
    ['"text"', "not an object"],
  ])("refuses the body %s", async (body) => {
    expect((await operator("POST", "/accounts", body)).status).toBe(400);
  });

  it("refuses a body that is not declared as JSON", async () => {
    const answer = await operator("POST", "/accounts", "{}", { "Content-Type": "text/plain" });
    expect(answer.status).toBe(415);
  });

  it("H5: refuses more than 64 KiB", async () => {
    const answer = await operator("POST", "/accounts", { name: "x".repeat(70_000) });
    expect(answer.status).toBe(413);
  });

  it.each([
    [{ email: { contains: "" }, name: "A" }],
    [{ email: ["a@example.test"], name: "A" }],
    [{ email: "not an address", name: "A" }],
    [{ email: "a@example.test" }],
    [{ email: "a@example.test", name: "two\nlines" }],
    [{ email: "a@example.test", name: "A", isAdmin: true }],
    [{ email: "a@example.test", name: "A", claims: { sub: "chosen" } }],
    [{ email: "a@example.test", name: "A", claims: { address: { planet: "Mars" } } }],
    [{ email: "a@example.test", name: "A", password: "too short" }],
  ])("H6: refuses the account %j", async (body) => {
    expect((await operator("POST", "/accounts", body)).status).toBe(400);
  });

  it("H6: refuses objects where the query has text", async () => {
    for (const path of ["/sessions?account[contains]=", "/sessions", "/accounts?limit=all"])
      expect((await operator("GET", path)).status).toBe(400);
  });

  it("H7: answers 405 to a method that a path does not have", async () => {
    const answer = await operator("DELETE", "/keys");
    expect(answer.status).toBe(405);
    expect((await operator("POST", "/keys", {}, { "X-HTTP-Method-Override": "GET" })).status).toBe(
      405,
    );
  });
});

describe("accounts", () => {
  it("adds a person with a password, who can then sign in", async () => {
    const added = await operator("POST", "/accounts", {
      email: "grace@example.test",
      name: "Grace",
      password: "a sail on the horizon",
      claims: { given_name: "Grace", email_verified: true },
    });
    expect(added).toMatchObject({
      status: 201,
      body: { email: "grace@example.test", email_verified: true, has_password: true, admin: false },
    });
    expect(added.body.password_link).toBeUndefined();
    expect(added.text).not.toContain("argon2");
    const outcome = await idp.known.authenticatePassword(
      "grace@example.test",
      "a sail on the horizon",
      "127.0.0.1",
      idp.clock.now(),
      { actor: "test" },
    );
    expect(outcome.kind).toBe("authenticated");
    expect(await lastEvent("account.added")).toMatchObject({ actor: "operator-token" });
  });

  it("refuses a second account with the same address, however it is spelt", async () => {
    const answer = await operator("POST", "/accounts", { email: "GRACE@example.test", name: "G" });
    expect(answer.status).toBe(409);
  });

  it("P9: adds the first administrator by a single-use link, which ends after ten minutes", async () => {
    const { body } = await operator("POST", "/accounts", {
      email: "first@example.test",
      name: "First",
      admin: true,
    });
    expect(body).toMatchObject({ admin: true, key_admin: false, has_password: false });
    const { url, expires_at } = body.password_link;
    expect(url.startsWith(`${idp.issuer}/set-password/`)).toBe(true);
    expect(Date.parse(expires_at) - idp.clock.now().getTime()).toBe(600_000);

    const visitor = aVisitor();
    const page = await visitor.get(url);
    expect(page.status).toBe(200);
    const password = "seven grey gulls at noon";
    const done = await visitor.submit(page, {
      password,
      repeat: password,
    });
    expect(done.status).toBeLessThan(400);
    const again = await aVisitor().get(url);
    expect(again.status).toBeGreaterThanOrEqual(400);
    const shown = await operator("GET", "/accounts/first%40example.test");
    expect(shown.body.has_password).toBe(true);
  });

  it("D1: gives the care of the keys to whom it is said, and to nobody else", async () => {
    const account = { email: "keys@example.test", name: "Keys", key_admin: true };
    const { body } = await operator("POST", "/accounts", account);
    expect(body).toMatchObject({ admin: false, key_admin: true });
    const shown = await operator("GET", `/accounts/${body.id}`);
    expect(shown.body).toMatchObject({ admin: false, key_admin: true });
  });

  it("finds a person by address and by id", async () => {
    const byAddress = await operator("GET", "/accounts/Grace%40example.test");
    const byId = await operator("GET", `/accounts/${byAddress.body.id}`);
    expect(byId.body).toEqual(byAddress.body);
    expect((await operator("GET", "/accounts/nobody%40example.test")).status).toBe(404);
  });

  it("disables with a reason, and then the person cannot sign in", async () => {
    expect((await operator("POST", "/accounts/grace%40example.test/disable", {})).status).toBe(400);
    const answer = await operator("POST", "/accounts/grace%40example.test/disable", {
      reason: "left the company",
    });
    expect(answer.body.disabled_at).toBeDefined();
    expect(await lastEvent("account.disabled")).toMatchObject({ reason: "left the company" });
    await operator("POST", "/accounts/grace%40example.test/enable", {});
    const shown = await operator("GET", "/accounts/grace%40example.test");
    expect(shown.body.disabled_at).toBeUndefined();
  });

  it("lists in pages", async () => {
    const first = await operator("GET", "/accounts?limit=1");
    expect(first.body.accounts).toHaveLength(1);
    const second = await operator("GET", `/accounts?limit=1&after=${first.body.next}`);
    expect(second.body.accounts[0].id).not.toBe(first.body.accounts[0].id);
  });
});

describe("clients", () => {
  const client = {
    client_id: "ledgerline",
    client_name: "Ledgerline",
    redirect_uris: ["https://ledger.example/callback"],
  };

  it("C1: adds one and says its secret once", async () => {
    const added = await operator("POST", "/clients", client);
    expect(added.status).toBe(201);
    expect(isCredential("client-secret", added.body.client_secret)).toBe(true);
    const shown = await operator("GET", "/clients/ledgerline");
    expect(shown.text).not.toContain(added.body.client_secret);
    expect(shown.text).not.toContain(hashOf(added.body.client_secret));
    expect((await operator("POST", "/clients", client)).status).toBe(409);
  });

  it("C1: lets two secrets overlap, and ends one at once", async () => {
    const { body } = await operator("POST", "/clients/ledgerline/secret", {});
    expect(body.secrets).toHaveLength(2);
    const [, older] = body.secrets;
    const ended = await operator("POST", `/clients/ledgerline/secrets/${older.id}/delete`, {
      reason: "leaked",
    });
    expect(ended.body.secrets).toHaveLength(1);
  });

  it.each([
    ["http://ledger.example/callback"],
    ["https://ledger.example/#x"],
    ["javascript:alert(1)"],
    ["https://*.example/callback"],
  ])("A1: refuses the redirect URI %s", async (uri) => {
    const answer = await operator("PATCH", "/clients/ledgerline", { redirect_uris: [uri] });
    expect(answer.status).toBe(400);
  });

  it("changes what is given and nothing else", async () => {
    const changed = await operator("PATCH", "/clients/ledgerline", { client_name: "Ledger" });
    expect(changed.body).toMatchObject({
      client_name: "Ledger",
      redirect_uris: ["https://ledger.example/callback"],
    });
  });

  it("disables, enables and deletes, each with effect at once", async () => {
    const disabled = await operator("POST", "/clients/ledgerline/disable", { reason: "misused" });
    expect(disabled.body.disabled_at).toBeDefined();
    expect((await idp.known.clients.find("ledgerline"))?.disabledAt).toBeDefined();
    await operator("POST", "/clients/ledgerline/enable", {});
    expect((await idp.known.clients.find("ledgerline"))?.disabledAt).toBeUndefined();
    await operator("POST", "/clients/ledgerline/delete", { reason: "gone" });
    expect(await idp.known.clients.find("ledgerline")).toBeUndefined();
    expect(await lastEvent("client.removed")).toMatchObject({ reason: "gone" });
  });

  it("needs a redirect URI for the code flow, and a secret for client_credentials", async () => {
    expect((await operator("POST", "/clients", { client_name: "X" })).status).toBe(400);
    const machine = {
      client_name: "X",
      grant_types: ["client_credentials"],
      token_endpoint_auth_method: "none",
    };
    expect((await operator("POST", "/clients", machine)).status).toBe(400);
  });
});

describe("resources", () => {
  it("adds one, and replaces what is known of it", async () => {
    const resource = {
      identifier: "https://ledger.example/api",
      name: "Ledger",
      scopes: { "books:read": "See your books" },
      public: true,
    };
    await operator("PUT", "/resources", resource);
    await operator("PUT", "/resources", { ...resource, name: "Ledgerline" });
    const { body } = await operator("GET", "/resources");
    expect(body.resources).toEqual([{ ...resource, name: "Ledgerline" }]);
  });
});

describe("sessions", () => {
  it("lists and ends them", async () => {
    const { account, email } = await aPerson(idp, { email: "sam@example.test", name: "Sam" });
    const begin = () =>
      idp.known.sessions.begin(
        { account, acr: "pwd", amr: ["pwd"], userAgent: "Test/1.0" },
        idp.clock.now(),
        { actor: "test" },
      );
    const { session, secret } = await begin();
    await begin();
    const listed = await operator("GET", `/sessions?account=${encodeURIComponent(email)}`);
    expect(listed.body.sessions).toHaveLength(2);
    expect(listed.text).not.toContain(secret);

    const one = await operator("POST", "/sessions/end", {
      account: email,
      session: session.id,
      reason: "lost phone",
    });
    expect(one.body.sessions_ended).toBe(1);
    expect(await idp.known.sessions.find(secret, idp.clock.now())).toBeUndefined();
    const rest = await operator("POST", "/sessions/end", { account: email, reason: "lost laptop" });
    expect(rest.body.sessions_ended).toBe(1);
    const { events } = (await operator("GET", "/audit?kind=session.ended")).body;
    const reasons = events.map((event: { reason: string }) => event.reason);
    expect(reasons.sort()).toEqual(["lost laptop", "lost phone"]);
  });

  it("ends no session of somebody else", async () => {
    const { account } = await aPerson(idp, { email: "tom@example.test", name: "Tom" });
    const { session } = await idp.known.sessions.begin(
      { account, acr: "pwd", amr: ["pwd"], userAgent: "" },
      idp.clock.now(),
      { actor: "test" },
    );
    const answer = await operator("POST", "/sessions/end", {
      account: "sam@example.test",
      session: session.id,
      reason: "mixed up",
    });
    expect(answer.status).toBe(404);
    expect(await idp.known.sessions.list(account.id, idp.clock.now())).toHaveLength(1);
  });
});

describe("what operators type (D4)", () => {
  const payloads = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "<%= process.env %>",
    "{{7*7}} #{7*7}",
    '\'; DROP TABLE "Account"; --',
  ];

  it.each(payloads)("D4: keeps the name %s as it is and shows it escaped", async (name) => {
    const email = `x${hashOf(name).replaceAll(/[-_]/g, "")}@example.test`;
    const added = await operator("POST", "/accounts", { email, name, admin: true });
    expect(added.body.name).toBe(name);
    const { secret } = await idp.known.sessions.begin(
      { account: added.body, acr: "pwd", amr: ["pwd"], userAgent: "" },
      idp.clock.now(),
      { actor: "test" },
    );
    const page = await aVisitor().get(`${idp.issuer}/admin/keys`, {
      Cookie: `signet_session=${secret}`,
    });
    expect(page.status).toBe(200);
    expect(page.text).not.toMatch(/<script>alert|<img src=x|49 49/);
    expect(page.text).not.toContain(process.env.PATH);
  });
});
