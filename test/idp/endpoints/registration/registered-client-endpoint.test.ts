import { beforeAll, describe, expect, it } from "vitest";
import { openTestDatabase } from "../../../support/databases.ts";
import {
  answerOf,
  bankApi,
  basicHeader,
  registrationToken,
  type TestClient,
  type TokenWorld,
  tokenWorld,
} from "../support/token-world.ts";

let world: TokenWorld;
beforeAll(async () => {
  world = await tokenWorld([await openTestDatabase()]);
});

const redirect_uris = ["https://own.example/callback"];

interface Registered {
  readonly id: string;
  readonly secret: string;
  readonly token: string;
  readonly information: Record<string, unknown>;
}

async function register(metadata: object = {}): Promise<Registered> {
  const { body } = await ask("POST", "/registration", registrationToken, {
    redirect_uris,
    ...metadata,
  });
  return {
    id: String(body.client_id),
    secret: String(body.client_secret),
    token: String(body.registration_access_token),
    information: body,
  };
}

const ask = async (method: string, path: string, token: string, body?: object) =>
  answerOf(
    await fetch(world.origin + path, {
      method,
      headers: {
        Authorization: `Bearer ${token}`,
        ...(body && { "Content-Type": "application/json" }),
      },
      ...(body && { body: JSON.stringify(body) }),
    }),
  );

const read = ({ id, token }: Registered) => ask("GET", `/registration/${id}`, token);
const replace = ({ id, token }: Registered, metadata: object) =>
  ask("PUT", `/registration/${id}`, token, { client_id: id, redirect_uris, ...metadata });
const remove = ({ id, token }: Registered) => ask("DELETE", `/registration/${id}`, token);

/** The same client, as the tests of tokens know clients. */
const asClient = ({ id, secret }: Registered): TestClient => ({
  id,
  secret,
  redirectUri: redirect_uris[0] ?? "",
  headers: { Authorization: basicHeader(id, secret) },
  parameters: {},
});

/** A refresh token that a person's consent has given it. */
async function heldBy(client: Registered): Promise<string> {
  const { redemption } = await world.authorize(asClient(client), {
    scope: "openid accounts:read offline_access",
    resources: [bankApi],
    kind: "offline",
  });
  const { body } = await world.token(asClient(client), redemption);
  expect(body.refresh_token).toMatch(/^sgr_/);
  return String(body.refresh_token);
}

const stored = async ({ id }: Registered) => {
  const client = await world.idp.clientStore.find(id);
  if (!client) throw new Error("the client is gone");
  return client;
};

describe("reading a registration (RFC 7592 §2.1)", () => {
  it("tells all that is registered, defaults included, and never the secret", async () => {
    const client = await register({ client_name: "Own", default_max_age: 60, contacts: ["a@b.c"] });
    const { client_secret, client_secret_expires_at, ...rest } = client.information;
    expect([client_secret, client_secret_expires_at]).toEqual([client.secret, 0]);
    const answer = await read(client);
    expect([answer.status, answer.body]).toEqual([200, rest]);
    expect(answer.headers.get("cache-control")).toBe("no-store");
  });

  it("R1: the registration access token is kept as its hash alone, and stays the same", async () => {
    const client = await register();
    expect(JSON.stringify(await stored(client))).not.toContain(client.token);
    const { body } = await replace(client, { client_name: "New" });
    expect(body.registration_access_token).toBe(client.token);
    expect((await read(client)).status).toBe(200);
  });
});

describe("replacing a registration (RFC 7592 §2.2)", () => {
  it("replaces everything: what is not said again is gone or has its default", async () => {
    const client = await register({
      client_name: "Own",
      default_max_age: 60,
      require_auth_time: true,
      client_uri: "https://own.example/",
      backchannel_logout_uri: "https://own.example/logout",
      scope: "openid",
    });
    const { status, body } = await replace(client, {
      redirect_uris: ["https://own.example/other"],
    });
    expect(status).toBe(200);
    expect(body).toMatchObject({
      client_id: client.id,
      client_name: client.id,
      redirect_uris: ["https://own.example/other"],
      require_auth_time: false,
      scope: expect.stringContaining("accounts:read"),
    });
    for (const member of ["default_max_age", "client_uri", "backchannel_logout_uri"])
      expect(body).not.toHaveProperty(member);
    expect(body).not.toHaveProperty("client_secret");
    expect((await read(client)).body).toEqual(body);
  });

  it.each([
    ["client_id", { client_id: undefined }],
    ["client_id", { client_id: "bank" }],
    ["client_secret", { client_secret: "sgx_wrong" }],
    ["client_secret", { client_secret: "" }],
    ["registration_access_token", { registration_access_token: "x" }],
    ["registration_client_uri", { registration_client_uri: "https://id.example/" }],
    ["client_secret_expires_at", { client_secret_expires_at: 0 }],
    ["client_id_issued_at", { client_id_issued_at: null }],
    ["id_token_signed_response_alg", { id_token_signed_response_alg: "none" }],
    ["first", { redirect_uris: undefined, grant_types: ["password"] }],
  ])("refuses a wrong %s, and changes nothing: %j", async (_member, metadata) => {
    const client = await register({ client_name: "Kept" });
    const answer = await replace(client, metadata);
    expect([answer.status, answer.body.error]).toEqual([400, "invalid_client_metadata"]);
    expect((await stored(client)).name).toBe("Kept");
  });

  it("takes the current secret, which stays", async () => {
    const client = await register();
    expect((await replace(client, { client_secret: client.secret })).status).toBe(200);
    const request = { grant_type: "client_credentials", resource: bankApi };
    const { body } = await world.token(asClient(client), request);
    expect(body.error).toBe("unauthorized_client");
  });

  it("A10: does not make itself first-party, nor another client", async () => {
    const client = await register();
    await replace(client, { first_party: true, firstParty: true, id: "bank", origin: "operator" });
    expect(await stored(client)).toMatchObject({ firstParty: false, origin: "registration" });
  });

  it("a client that becomes confidential gets a secret; one that becomes public loses it", async () => {
    const client = await register({ token_endpoint_auth_method: "none" });
    const confidential = await replace(client, {});
    expect(confidential.body).toMatchObject({
      client_secret: expect.stringMatching(/^sgx_/),
      client_secret_expires_at: 0,
    });
    const again = await replace(client, { token_endpoint_auth_method: "client_secret_post" });
    expect(again.body).not.toHaveProperty("client_secret");
    expect((await stored(client)).secrets).toHaveLength(1);
    await replace(client, { token_endpoint_auth_method: "none" });
    expect((await stored(client)).secrets).toEqual([]);
  });

  it("R3: of many that become confidential at once, one secret is made, and it is the client's", async () => {
    const client = await register({ token_endpoint_auth_method: "none" });
    const answers = await Promise.all(Array.from({ length: 8 }, () => replace(client, {})));
    const secrets = answers.flatMap(({ body }) => body.client_secret ?? []);
    expect([answers.map(({ status }) => status), secrets.length]).toEqual([Array(8).fill(200), 1]);
    expect((await stored(client)).secrets).toHaveLength(1);
  });

  it("what is taken away ends at once: a scope, an address, a grant type", async () => {
    const offered = { grant_types: ["authorization_code", "refresh_token"] };
    const client = await register(offered);
    const byScope = await heldBy(client);
    await replace(client, { ...offered, scope: "openid" });
    expect((await world.refresh(asClient(client), byScope)).body.error).toBe("invalid_grant");

    await replace(client, offered);
    const { redemption } = await world.authorize(asClient(client));
    await replace(client, { ...offered, redirect_uris: ["https://own.example/other"] });
    expect((await world.token(asClient(client), redemption)).body.error).toBe("invalid_grant");

    await replace(client, offered);
    const byType = await heldBy(client);
    await replace(client, { grant_types: ["authorization_code"] });
    expect((await world.refresh(asClient(client), byType)).body.error).toBe("unauthorized_client");
    await replace(client, { grant_types: ["client_credentials"], redirect_uris: [] });
    await replace(client, offered);
    expect((await world.refresh(asClient(client), byType)).body.error).toBe("invalid_grant");
  });

  it("what stays allowed goes on", async () => {
    const offered = { grant_types: ["authorization_code", "refresh_token"] };
    const client = await register(offered);
    const refreshToken = await heldBy(client);
    await replace(client, { ...offered, client_name: "Renamed" });
    expect((await world.refresh(asClient(client), refreshToken)).status).toBe(200);
  });

  it("G2: the audit says that the client did it", async () => {
    const client = await register();
    await replace(client, { client_name: "New" });
    const events = await world.idp.audit.list({ limit: 500, kind: "client.changed" });
    expect(events.find(({ clientId }) => clientId === client.id)).toMatchObject({
      actor: `client:${client.id}`,
      clientId: client.id,
    });
  });
});

describe("ending a registration (RFC 7592 §2.3)", () => {
  it("removes the client with all that it was granted", async () => {
    const client = await register({ grant_types: ["authorization_code", "refresh_token"] });
    const { redemption } = await world.authorize(asClient(client));
    const { body } = await world.token(asClient(client), redemption);
    const answer = await remove(client);
    expect([answer.status, answer.headers.get("cache-control")]).toEqual([204, "no-store"]);
    expect(await world.idp.clientStore.find(client.id)).toBeUndefined();
    expect((await world.refresh(asClient(client), body.refresh_token)).body.error).toBe(
      "invalid_client",
    );
    expect((await world.userinfo(body.access_token)).status).toBe(401);
    const events = await world.idp.audit.list({ limit: 500, kind: "client.removed" });
    expect(events.find(({ clientId }) => clientId === client.id)).toMatchObject({
      actor: `client:${client.id}`,
      clientId: client.id,
    });
  });

  it("R3: of several at once one ends it", async () => {
    const client = await register();
    const answers = await Promise.all(Array.from({ length: 5 }, () => remove(client)));
    expect(answers.map(({ status }) => status).sort()).toEqual([204, 401, 401, 401, 401]);
  });
});

/** One bit is another: the last character may happen to be the one that a fixed one would be put for. */
const misspelt = (token: string) => `${token.slice(0, -1)}${token.endsWith("A") ? "E" : "A"}`;

describe("whose registration it is", () => {
  const attempts = async ({ id, token }: Registered) => [
    await ask("GET", `/registration/${id}`, token),
    await ask("PUT", `/registration/${id}`, token, { client_id: id, redirect_uris }),
    await ask("DELETE", `/registration/${id}`, token),
  ];

  it("C2: a wrong token, another's, a deleted or disabled client, an operator's: one answer for all", async () => {
    const [client, other, deleted, disabled] = [
      await register(),
      await register(),
      await register(),
      await register(),
    ];
    await remove(deleted);
    const scope = { kind: "client", clientId: disabled.id } as const;
    const cause = { actor: "test" };
    await world.idp.endAccess(scope, "client-disabled", world.clock.now(), cause);
    const strangers: Registered[] = [
      { ...client, token: misspelt(client.token) },
      { ...client, token: other.token },
      { ...client, token: client.secret },
      { ...client, token: registrationToken },
      { ...client, id: "bank" },
      { ...client, id: client.id.toUpperCase() },
      { ...client, id: "%00" },
      { ...client, id: "0".repeat(32) },
      deleted,
      disabled,
    ];
    for (const stranger of strangers) {
      for (const answer of await attempts(stranger)) {
        expect({ ...answer.body, status: answer.status }).toEqual({
          status: 401,
          error: "invalid_token",
          error_uri: expect.stringContaining("/errors#invalid_token"),
          error_description: "The registration access token is not valid for this client",
        });
        expect(answer.headers.get("www-authenticate")).toMatch(/^Bearer realm="signet", error=/);
      }
    }
    expect((await read(client)).status).toBe(200);
  });

  it("a body is read of nobody but the client", async () => {
    const { id } = await register();
    const answer = await answerOf(
      await fetch(`${world.origin}/registration/${id}`, { method: "PUT", body: "{" }),
    );
    expect(answer.status).toBe(401);
  });

  it("the token opens nothing else", async () => {
    const { token, id } = await register();
    expect((await world.userinfo(token)).status).toBe(401);
    expect((await ask("POST", "/registration", token, { redirect_uris })).status).toBe(401);
    expect((await ask("POST", `/registration/${id}`, token, { redirect_uris })).status).toBe(405);
  });
});
