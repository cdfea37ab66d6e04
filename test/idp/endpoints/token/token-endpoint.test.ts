import { beforeAll, describe, expect, it } from "vitest";
import { newCredential } from "../../../../idp/protocol/credential.ts";
import { openTestDatabase } from "../../../support/databases.ts";
import {
  answerOf,
  basicHeader,
  type TestClient,
  type TokenWorld,
  tokenWorld,
} from "../support/token-world.ts";

const refused = (error: string, status = 400) =>
  expect.objectContaining({ status, body: expect.objectContaining({ error }) });

let world: TokenWorld;
beforeAll(async () => {
  world = await tokenWorld([await openTestDatabase()]);
});

const redemption = async (client: TestClient) => (await world.authorize(client)).redemption;

describe("client authentication at /token (RFC 6749 §2.3, §3.2.1)", () => {
  it.each(["bank", "portal", "spa"] as const)("C1: %s by its registered method", async (name) => {
    const client = world.clients[name];
    expect((await world.token(client, await redemption(client))).status).toBe(200);
  });

  const wrongWays: [string, (c: TokenWorld["clients"], ask: Ask) => Promise<unknown>, string][] = [
    [
      "Basic and a secret in the body",
      ({ bank }, ask) =>
        ask(bank, { client_id: "bank", client_secret: bank.secret ?? "" }, bank.headers),
      "invalid_request",
    ],
    [
      "Basic for one client, client_id of another",
      ({ bank }, ask) => ask(bank, { client_id: "portal" }, bank.headers),
      "invalid_request",
    ],
    [
      "client_secret twice",
      ({ portal }, ask) =>
        ask(portal, { client_id: "portal", client_secret: [portal.secret ?? "", "x"] }),
      "invalid_request",
    ],
    [
      "downgrade of Basic to none",
      ({ bank }, ask) => ask(bank, { client_id: "bank" }),
      "invalid_client",
    ],
    [
      "downgrade of Basic to none with an empty secret",
      ({ bank }, ask) => ask(bank, { client_id: "bank", client_secret: "" }),
      "invalid_client",
    ],
    [
      "downgrade of post to none",
      ({ portal }, ask) => ask(portal, { client_id: "portal" }),
      "invalid_client",
    ],
    [
      "post where Basic is registered",
      ({ bank }, ask) => ask(bank, { client_id: "bank", client_secret: bank.secret ?? "" }),
      "invalid_client",
    ],
    [
      "Basic where post is registered",
      ({ portal }, ask) =>
        ask(portal, {}, { Authorization: basicHeader("portal", portal.secret ?? "") }),
      "invalid_client",
    ],
    [
      "a secret for a public client",
      ({ spa }, ask) => ask(spa, { client_id: "spa", client_secret: "x" }),
      "invalid_client",
    ],
    [
      "an empty Basic secret",
      ({ bank }, ask) => ask(bank, {}, { Authorization: basicHeader("bank", "") }),
      "invalid_client",
    ],
    [
      "another client's secret",
      ({ bank, portal }, ask) =>
        ask(bank, {}, { Authorization: basicHeader("bank", portal.secret ?? "") }),
      "invalid_client",
    ],
    [
      "an unknown client",
      ({ bank }, ask) => ask(bank, {}, { Authorization: basicHeader("nobody", "x") }),
      "invalid_client",
    ],
    ["nothing at all", ({ bank }, ask) => ask(bank, {}), "invalid_client"],
    [
      "a Bearer token",
      ({ bank }, ask) => ask(bank, { client_id: "spa" }, { Authorization: "Bearer x" }),
      "invalid_client",
    ],
    [
      "a client assertion of a type that is none",
      ({ bank }, ask) => ask(bank, { client_assertion: "x", client_assertion_type: "y" }),
      "invalid_request",
    ],
  ];
  type Ask = (
    client: TestClient,
    parameters: Record<string, string | string[]>,
    headers?: Record<string, string>,
  ) => Promise<unknown>;
  const ask: Ask = async (client, parameters, headers) =>
    world.post("/token", { ...(await redemption(client)), ...parameters }, headers);

  it.each(wrongWays)("C1: %s is refused", async (_what, wrongWay, error) => {
    const status = error === "invalid_client" ? 401 : 400;
    expect(await wrongWay(world.clients, ask)).toEqual(refused(error, status));
  });

  it("RFC 6749 §5.2: a 401 names the scheme", async () => {
    const answer = await world.post("/token", {}, { Authorization: basicHeader("bank", "x") });
    expect(answer).toEqual(refused("invalid_request"));
    const tried = await world.post(
      "/token",
      { grant_type: "authorization_code" },
      { Authorization: basicHeader("bank", "x") },
    );
    expect(tried.status).toBe(401);
    expect(tried.headers.get("www-authenticate")).toBe('Basic realm="signet"');
    expect(tried.headers.get("access-control-expose-headers")).toMatch(/WWW-Authenticate/);
  });

  it("C1: which method is registered is told only to whoever holds the secret", async () => {
    const { bank } = world.clients;
    const body = await redemption(bank);
    const post = (client_secret: string) =>
      world.post("/token", { ...body, client_id: "bank", client_secret });
    expect((await post(newCredential("client-secret"))).body.error_description).toBe(
      "Client authentication failed",
    );
    expect((await post(bank.secret ?? "")).body.error_description).toMatch(/client_secret_basic/);
    const unknown = { ...body, client_id: "nobody", client_secret: "x" };
    expect((await world.post("/token", unknown)).body.error_description).toBe(
      "Client authentication failed",
    );
  });

  it("C1: two secrets may overlap; a third ends the first", async () => {
    const client = await world.addClient("moving");
    const by = { actor: "system" };
    const works = async (secret: string | undefined) => {
      const headers = { Authorization: basicHeader("moving", secret ?? "") };
      const { status } = await world.post("/token", await redemption(client), headers);
      return status === 200;
    };
    world.clock.advance(1);
    const second = await world.idp.clientStore.addSecret("moving", world.clock.now(), by);
    world.idp.clients.forget();
    expect([await works(client.secret), await works(second)]).toEqual([true, true]);
    world.clock.advance(1);
    const third = await world.idp.clientStore.addSecret("moving", world.clock.now(), by);
    world.idp.clients.forget();
    expect([await works(client.secret), await works(second), await works(third)]).toEqual([
      false,
      true,
      true,
    ]);
  });

  it("a disabled client is an unknown one", async () => {
    const client = await world.addClient("gone");
    const body = await redemption(client);
    await world.idp.endAccess(
      { kind: "client", clientId: "gone" },
      "client-disabled",
      world.clock.now(),
      { actor: "system" },
    );
    world.idp.clients.forget();
    expect(await world.token(client, body)).toEqual(refused("invalid_client", 401));
  });

  it("G2: every failure is recorded, and never what was presented", async () => {
    const secret = newCredential("client-secret");
    const body = await redemption(world.clients.bank);
    const earlier = await world.idp.audit.list({
      limit: 500,
      kind: "client.authentication-failed",
    });
    await world.post("/token", body, { Authorization: basicHeader("bank", secret) });
    await world.post("/token", body, { Authorization: basicHeader(secret, secret) });
    const events = await world.idp.audit.list({ limit: 500, kind: "client.authentication-failed" });
    expect(events.length - earlier.length).toBe(2);
    expect(events.map(({ clientId }) => clientId)).toEqual(
      expect.arrayContaining(["bank", undefined]),
    );
    expect(JSON.stringify(events)).not.toContain(secret);
  });
});

describe("E9: grants by allow-list (ASVS 10.4.4)", () => {
  const grants = {
    authorization_code: ["bank", "portal", "spa"],
    refresh_token: ["bank", "portal", "spa"],
    client_credentials: ["machine"],
    password: [],
    implicit: [],
    none: [],
    "urn:ietf:params:oauth:grant-type:device_code": [],
    "urn:ietf:params:oauth:grant-type:token-exchange": [],
    "urn:ietf:params:oauth:grant-type:jwt-bearer": [],
    "urn:ietf:params:oauth:grant-type:saml2-bearer": [],
    "urn:openid:params:grant-type:ciba": [],
    Authorization_Code: [],
    __proto__: [],
    constructor: [],
    toString: [],
  } satisfies Record<string, string[]>;
  const ours = new Set([
    "authorization_code",
    "refresh_token",
    "client_credentials",
    "urn:ietf:params:oauth:grant-type:device_code",
  ]);
  const clients = ["bank", "portal", "spa", "machine"] as const;
  const table = [...Object.entries(grants), ["__proto__", []] as [string, string[]]].flatMap(
    ([grantType, allowed]) =>
      clients.map((client) => [grantType, client, (allowed as string[]).includes(client)] as const),
  );

  it.each(table)("E9: %s by %s: allowed is %s", async (grantType, name, allowed) => {
    const answer = await world.token(world.clients[name], { grant_type: grantType });
    if (grantType === "client_credentials" && allowed) expect(answer.status).toBe(200);
    else if (allowed) expect(answer).toEqual(refused("invalid_request"));
    else if (ours.has(grantType)) expect(answer).toEqual(refused("unauthorized_client"));
    else expect(answer).toEqual(refused("unsupported_grant_type"));
  });

  it("E9: no grant type, or two, is invalid_request", async () => {
    const { bank } = world.clients;
    for (const grant_type of [undefined, "", ["refresh_token", "refresh_token"]]) {
      expect(await world.token(bank, { grant_type })).toEqual(refused("invalid_request"));
    }
  });
});

describe("E10: the form of requests and answers (RFC 6749 §3.2, §5)", () => {
  it("E10: answers and errors are never stored", async () => {
    const { bank } = world.clients;
    const body = await redemption(bank);
    for (const answer of [await world.token(bank, body), await world.token(bank, body)]) {
      expect(answer.headers.get("cache-control")).toBe("no-store");
      expect(answer.headers.get("content-type")).toMatch(/^application\/json/);
      expect(answer.headers.get("access-control-allow-origin")).toBe("*");
      expect(answer.headers.get("set-cookie")).toBeNull();
    }
  });

  it("E8, H5: a scope of 50 000 characters is turned away before it is read", async () => {
    const { bank } = world.clients;
    const before = world.database.statements.count;
    const huge = { grant_type: "refresh_token", refresh_token: "x", scope: "a ".repeat(25_000) };
    expect(await world.token(bank, huge)).toEqual(refused("invalid_request"));
    const large = { ...huge, scope: "a".repeat(2049) };
    expect(await world.token(bank, large)).toEqual(refused("invalid_request"));
    expect(world.database.statements.count - before).toBe(0);
  });

  it("E10: GET is not a way, and leaves parameters in the query unread", async () => {
    const { bank } = world.clients;
    const query = new URLSearchParams(await redemption(bank));
    const get = await answerOf(
      await fetch(`${world.origin}/token?${query}`, { headers: bank.headers }),
    );
    expect(get.status).toBe(405);
    const post = await world.post(`/token?${query}`, {}, bank.headers);
    expect(post).toEqual(refused("invalid_request"));
  });

  it.each([
    ["JSON", "application/json", JSON.stringify({ grant_type: "client_credentials" })],
    ["multipart", "multipart/form-data; boundary=x", "--x--"],
    ["plain text", "text/plain", "grant_type=client_credentials"],
    ["no type", "", "grant_type=client_credentials"],
  ])("E10: %s is no form", async (_what, type, body) => {
    const { machine } = world.clients;
    const answer = await answerOf(
      await fetch(`${world.origin}/token`, {
        method: "POST",
        body: Buffer.from(body),
        headers: { ...machine.headers, ...(type === "" ? {} : { "Content-Type": type }) },
      }),
    );
    expect(answer).toEqual(refused("invalid_request"));
  });

  it.each(["grant_type", "code", "redirect_uri", "code_verifier", "client_id"])(
    "A3: %s given twice is invalid_request",
    async (name) => {
      const { bank } = world.clients;
      const body: Record<string, string> = { ...(await redemption(bank)), client_id: "bank" };
      const answer = await world.post(
        "/token",
        { ...body, [name]: [body[name] ?? "", body[name] ?? ""] },
        bank.headers,
      );
      expect(answer).toEqual(refused("invalid_request"));
    },
  );

  it("unknown parameters are ignored, also twice", async () => {
    const { bank } = world.clients;
    const more = { foo: ["1", "2"], "code[]": "x", state: "s" };
    expect((await world.token(bank, { ...(await redemption(bank)), ...more })).status).toBe(200);
  });
});

describe("T9: one kind of secret never acts as another", () => {
  it("T9: each kind at every other door", async () => {
    const { bank } = world.clients;
    const { body } = await world.token(bank, await redemption(bank));
    const secrets: Record<string, string> = {
      code: (await redemption(bank)).code,
      refresh: String(body.refresh_token),
      access: String(body.access_token),
      id: String(body.id_token),
      session: world.sessionSecret,
      browser: newCredential("browser"),
      link: newCredential("password-link"),
      "client secret": String(bank.secret),
    };
    const doors: Record<string, (secret: string) => Promise<boolean>> = {
      code: async (code) =>
        (await world.token(bank, { ...(await redemption(bank)), code })).status === 200,
      "client secret": async (secret) => {
        const headers = { Authorization: basicHeader("bank", secret) };
        const answer = await world.post("/token", { grant_type: "refresh_token" }, headers);
        return answer.status !== 401;
      },
      access: async (secret) => (await world.userinfo(secret)).status === 200,
      registration: async (secret) => {
        const answer = await fetch(`${world.origin}/registration`, {
          method: "POST",
          body: "{}",
          headers: { Authorization: `Bearer ${secret}`, "Content-Type": "application/json" },
        });
        return answer.status !== 401;
      },
      session: async (secret) =>
        (await world.idp.sessions.find(secret, world.clock.now())) !== undefined,
      refresh: async (secret) => (await world.refresh(bank, secret)).status === 200,
    };
    for (const [door, opens] of Object.entries(doors)) {
      for (const [kind, secret] of Object.entries(secrets)) {
        // The right code needs its own verifier, which this door does not have.
        const fits = kind === door && kind !== "code";
        expect(await opens(secret), `${kind} at ${door}`).toBe(fits);
      }
    }
  });
});
