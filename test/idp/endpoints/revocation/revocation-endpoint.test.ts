import { beforeAll, describe, expect, it } from "vitest";
import { newCredential } from "../../../../idp/protocol/credential.ts";
import { openTestDatabase } from "../../../support/databases.ts";
import {
  type Answer,
  bankApi,
  type Parameters,
  type TestClient,
  type TokenWorld,
  tokenWorld,
} from "../support/token-world.ts";

let world: TokenWorld;
beforeAll(async () => {
  world = await tokenWorld([await openTestDatabase()]);
});

const tokens = async (client: TestClient, wanted: Parameters = {}) => {
  const { redemption } = await world.authorize(client, {
    scope: "openid accounts:read",
    resources: wanted.resource ? [String(wanted.resource)] : [],
  });
  return (await world.token(client, redemption)).body;
};
const revoke = (client: TestClient, token: unknown, more: Parameters = {}): Promise<Answer> =>
  world.post(
    "/revocation",
    { ...client.parameters, token: String(token), ...more },
    client.headers,
  );
const isAlive = async (client: TestClient, body: Record<string, unknown>) =>
  (await world.refresh(client, body.refresh_token)).status === 200;

describe("token revocation (RFC 7009)", () => {
  it.each(["refresh_token", "access_token"])("a %s ends its whole grant", async (kind) => {
    const { bank } = world.clients;
    const body = await tokens(bank);
    expect((await revoke(bank, body[kind])).status).toBe(200);
    expect(await isAlive(bank, body)).toBe(false);
    expect((await world.userinfo(body.access_token)).status).toBe(401);
    expect(await world.auditKinds()).toContain("grant.revoked");
  });

  it("an access token for a resource, also after it has expired, and by a wrong hint", async () => {
    const { bank } = world.clients;
    const body = await tokens(bank, { resource: bankApi });
    world.clock.advance(301);
    const hint = { token_type_hint: "refresh_token" };
    expect((await revoke(bank, body.access_token, hint)).status).toBe(200);
    expect(await isAlive(bank, body)).toBe(false);
  });

  it("a refresh token that was used already ends its grant too", async () => {
    const { bank } = world.clients;
    const { refresh_token: first } = await tokens(bank);
    const next = await world.refresh(bank, first);
    expect((await revoke(bank, first)).status).toBe(200);
    expect(await isAlive(bank, next.body)).toBe(false);
  });

  it("C3: another client's token is left alone, and the answer tells nothing", async () => {
    const { bank, portal } = world.clients;
    const body = await tokens(bank);
    for (const token of [body.refresh_token, body.access_token]) {
      expect((await revoke(portal, token)).status).toBe(200);
    }
    expect(await isAlive(bank, body)).toBe(true);
  });

  it("T3, T9: any other text is 200 and ends nothing", async () => {
    const { bank } = world.clients;
    const body = await tokens(bank);
    const access = String(body.access_token);
    const others = [
      "x",
      newCredential("refresh"),
      newCredential("code"),
      String(body.id_token),
      `${access}A`,
      access.slice(0, -2),
      world.sessionSecret,
      "a.b.c",
    ];
    for (const token of others) expect((await revoke(bank, token)).status, token).toBe(200);
    expect(await isAlive(bank, body)).toBe(true);
  });

  it("is idempotent, and not stored", async () => {
    const { bank } = world.clients;
    const { refresh_token } = await tokens(bank);
    await revoke(bank, refresh_token);
    const again = await revoke(bank, refresh_token);
    expect([again.status, again.headers.get("cache-control")]).toEqual([200, "no-store"]);
  });

  it("C3: the caller is authenticated; a public client says who it is", async () => {
    const { bank, spa } = world.clients;
    const body = await tokens(bank);
    const token = String(body.refresh_token);
    expect((await world.post("/revocation", { token })).status).toBe(401);
    expect((await world.post("/revocation", { token, client_id: "bank" })).status).toBe(401);
    expect(await isAlive(bank, body)).toBe(true);
    expect((await revoke(spa, "x")).status).toBe(200);
  });

  it("without a token it is invalid_request", async () => {
    const answer = await world.post("/revocation", {}, world.clients.bank.headers);
    expect([answer.status, answer.body.error]).toEqual([400, "invalid_request"]);
  });
});
