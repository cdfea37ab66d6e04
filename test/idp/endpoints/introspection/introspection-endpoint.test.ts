import { beforeAll, describe, expect, it } from "vitest";
import { openTestDatabase } from "../../../support/databases.ts";
import {
  bankApi,
  issuer,
  type Parameters,
  type TestClient,
  type TokenWorld,
  tokenWorld,
} from "../support/token-world.ts";

let world: TokenWorld;
beforeAll(async () => {
  world = await tokenWorld([await openTestDatabase()]);
});

const tokens = async (client: TestClient) => {
  const { redemption } = await world.authorize(client, {
    scope: "openid accounts:read",
    resources: [bankApi],
  });
  return (await world.token(client, redemption)).body;
};
const introspect = (client: TestClient, token: unknown, more: Parameters = {}) =>
  world.post(
    "/introspection",
    { ...client.parameters, token: String(token), ...more },
    client.headers,
  );
const inactive = { active: false };

describe("token introspection (RFC 7662)", () => {
  it("tells a client what its access token says, while it counts", async () => {
    const { bank } = world.clients;
    const { access_token } = await tokens(bank);
    const { status, headers, body } = await introspect(bank, access_token);
    expect(status).toBe(200);
    expect(headers.get("cache-control")).toBe("no-store");
    expect(body).toMatchObject({
      active: true,
      token_type: "Bearer",
      iss: issuer,
      aud: bankApi,
      client_id: bank.id,
      scope: "accounts:read",
      sub: expect.any(String),
      exp: expect.any(Number),
      iat: expect.any(Number),
      jti: expect.any(String),
    });
    // What is between us and the sites' copies of the lists is nobody's answer.
    expect(body).not.toHaveProperty("status");
    expect(body).not.toHaveProperty("grant_id");
  });

  it("and its refresh token, whatever the hint", async () => {
    const { portal } = world.clients;
    const { refresh_token } = await tokens(portal);
    const hint = { token_type_hint: "access_token" };
    expect((await introspect(portal, refresh_token, hint)).body).toEqual({
      active: true,
      iss: issuer,
      sub: expect.any(String),
      client_id: portal.id,
      scope: "openid accounts:read",
      exp: expect.any(Number),
    });
  });

  it("S5: says no of everything that hangs on a revoked grant, at once", async () => {
    const { bank } = world.clients;
    const body = await tokens(bank);
    const token = String(body.access_token);
    await world.post("/revocation", { ...bank.parameters, token }, bank.headers);
    expect((await introspect(bank, body.access_token)).body).toEqual(inactive);
    expect((await introspect(bank, body.refresh_token)).body).toEqual(inactive);
  });

  it("says no of what has expired, was used, or is no token", async () => {
    const { bank } = world.clients;
    const body = await tokens(bank);
    await world.refresh(bank, body.refresh_token);
    expect((await introspect(bank, body.refresh_token)).body).toEqual(inactive);
    world.clock.advance(300);
    expect((await introspect(bank, body.access_token)).body).toEqual(inactive);
    for (const other of ["x", `${body.access_token}x`, body.id_token, "sgr_unknown"])
      expect((await introspect(bank, other)).body).toEqual(inactive);
  });

  it("C3: another client's token is none, and the answer tells nothing", async () => {
    const { bank, portal } = world.clients;
    const body = await tokens(bank);
    for (const token of [body.access_token, body.refresh_token])
      expect((await introspect(portal, token)).body).toEqual(inactive);
  });

  it("C3: is for clients that prove who they are", async () => {
    const { bank, spa } = world.clients;
    const { access_token } = await tokens(bank);
    const public_ = await introspect(spa, access_token);
    expect([public_.status, public_.body.error]).toEqual([401, "invalid_client"]);
    const wrong = await world.post("/introspection", {
      client_id: bank.id,
      client_secret: "wrong",
      token: String(access_token),
    });
    expect([wrong.status, wrong.body.error]).toEqual([401, "invalid_client"]);
    const anonymous = await world.post("/introspection", { token: String(access_token) });
    expect(anonymous.status).toBe(401);
    expect((await world.post("/introspection", {}, bank.headers)).status).toBe(400);
  });
});
