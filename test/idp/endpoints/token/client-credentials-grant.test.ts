import { decodeJwt } from "jose";
import { beforeAll, describe, expect, it } from "vitest";
import { openTestDatabase } from "../../../support/databases.ts";
import {
  bankApi,
  issuer,
  planApi,
  secretApi,
  type TokenWorld,
  tokenWorld,
} from "../support/token-world.ts";

const refused = (error: string) =>
  expect.objectContaining({ status: 400, body: expect.objectContaining({ error }) });

describe("client credentials grant (RFC 6749 §4.4)", () => {
  let world: TokenWorld;
  beforeAll(async () => {
    world = await tokenWorld([await openTestDatabase()]);
  });
  const ask = (parameters: Record<string, string | string[]> = {}) =>
    world.token(world.clients.machine, { grant_type: "client_credentials", ...parameters });

  it("gives an access token whose subject is the client, and nothing else", async () => {
    const answer = await ask({ resource: bankApi });
    expect(answer.body).toEqual({
      access_token: expect.any(String),
      token_type: "Bearer",
      expires_in: 300,
      scope: "accounts:read",
    });
    expect(decodeJwt(String(answer.body.access_token))).toEqual({
      iss: issuer,
      sub: "machine",
      aud: bankApi,
      client_id: "machine",
      iat: expect.any(Number),
      exp: expect.any(Number),
      jti: expect.any(String),
      scope: "accounts:read",
      grant_id: expect.any(String),
      status: {
        status_list: { idx: expect.any(Number), uri: `${issuer}/status-lists/0` },
      },
    });
  });

  it("no database statement when warm", async () => {
    await ask({ resource: bankApi });
    const before = world.database.statements.count;
    for (let i = 0; i < 5; i += 1) expect((await ask({ resource: bankApi })).status).toBe(200);
    expect(world.database.statements.count - before).toBe(0);
  });

  it("a resource that is not public needs to be the client's own", async () => {
    expect((await ask({ resource: secretApi })).body.scope).toBe("secret:read");
  });

  it("without a resource it names the issuer and opens nothing there", async () => {
    const answer = await ask();
    expect(decodeJwt(String(answer.body.access_token))).toMatchObject({ aud: issuer });
    expect(answer.body).not.toHaveProperty("scope");
    expect((await world.userinfo(answer.body.access_token)).status).toBe(403);
  });

  it.each([
    [
      "a scope of the resource that the client lacks",
      { resource: bankApi, scope: "transfers:write" },
    ],
    ["a scope of another resource", { resource: bankApi, scope: "secret:read" }],
    ["a scope that speaks of a person", { resource: bankApi, scope: "openid" }],
    ["openid without a resource", { scope: "openid" }],
    ["a resource's scope without the resource", { scope: "accounts:read" }],
    ["more than 1 KiB", { resource: bankApi, scope: "a ".repeat(900) }],
  ])("E8: %s is invalid_scope", async (_what, parameters) => {
    expect(await ask(parameters)).toEqual(refused("invalid_scope"));
  });

  it.each([
    ["unknown", "https://nobody.example/api"],
    ["several", [bankApi, planApi]],
    ["malformed", "x"],
  ])("a resource that is %s is invalid_target", async (_what, resource) => {
    expect(await ask({ resource })).toEqual(refused("invalid_target"));
  });

  it("E9: a client without the grant, and a public one, may not", async () => {
    const { bank, spa } = world.clients;
    for (const client of [bank, spa]) {
      expect(await world.token(client, { grant_type: "client_credentials" })).toEqual(
        refused("unauthorized_client"),
      );
    }
    const odd = await world.addClient("odd", {
      tokenEndpointAuthMethod: "none",
      grantTypes: ["client_credentials"],
    });
    expect(await world.token(odd, { grant_type: "client_credentials" })).toEqual(
      refused("unauthorized_client"),
    );
  });

  it("revoking its token ends the standing grant; the next request gets another", async () => {
    const first = await ask({ resource: bankApi });
    const { machine } = world.clients;
    const grantId = (token: unknown) => decodeJwt(String(token)).grant_id;
    await world.post("/revocation", { token: String(first.body.access_token) }, machine.headers);
    const next = await ask({ resource: bankApi });
    expect(next.status).toBe(200);
    expect(grantId(next.body.access_token)).not.toBe(grantId(first.body.access_token));
  });
});
