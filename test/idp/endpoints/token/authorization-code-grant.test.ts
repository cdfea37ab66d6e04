import { decodeJwt, decodeProtectedHeader } from "jose";
import { beforeAll, describe, expect, inject, it } from "vitest";
import { newCredential } from "../../../../idp/protocol/credential.ts";
import { openTestDatabase, openTwoHandles } from "../../../support/databases.ts";
import {
  type Answer,
  bankApi,
  issuer,
  planApi,
  secretApi,
  type TokenWorld,
  tokenWorld,
} from "../support/token-world.ts";

const refused = (error: string) =>
  expect.objectContaining({ status: 400, body: expect.objectContaining({ error }) });
const accessClaims = ({ body }: Answer) => decodeJwt(String(body.access_token));

describe("authorization code grant (RFC 6749 §4.1.3)", () => {
  let world: TokenWorld;
  beforeAll(async () => {
    world = await tokenWorld([await openTestDatabase()]);
  });

  it("gives an access token, an ID token and, first-party, a refresh token", async () => {
    const { bank } = world.clients;
    const { redemption, sid } = await world.authorize(bank, {
      scope: "openid email",
      nonce: "n-1",
    });
    const answer = await world.token(bank, redemption);
    expect(answer.status).toBe(200);
    expect(answer.body).toEqual({
      access_token: expect.any(String),
      token_type: "Bearer",
      expires_in: 300,
      refresh_token: expect.stringMatching(/^sgr_/),
      id_token: expect.any(String),
      scope: "openid email",
    });
    expect(decodeProtectedHeader(String(answer.body.access_token)).typ).toBe("at+jwt");
    expect(decodeJwt(String(answer.body.id_token))).toMatchObject({
      iss: issuer,
      sub: world.account.id,
      aud: "bank",
      nonce: "n-1",
      sid,
      acr: "pwd",
      amr: ["pwd"],
      auth_time: expect.any(Number),
      at_hash: expect.any(String),
      email: "alice@example.test",
    });
  });

  it("T4: the access token says all that RFC 9068 §2.2 asks, and nothing personal", async () => {
    const { bank } = world.clients;
    const { redemption, grantId } = await world.authorize(bank, { scope: "openid profile email" });
    const claims = accessClaims(await world.token(bank, redemption));
    expect(claims).toEqual({
      iss: issuer,
      sub: world.account.id,
      aud: issuer,
      client_id: "bank",
      iat: expect.any(Number),
      exp: expect.any(Number),
      jti: expect.any(String),
      scope: "openid profile email",
      grant_id: grantId,
      status: {
        status_list: { idx: expect.any(Number), uri: `${issuer}/status-lists/0` },
      },
      auth_time: expect.any(Number),
      acr: "pwd",
      amr: ["pwd"],
    });
  });

  it("one statement redeems", async () => {
    const { bank } = world.clients;
    await world.token(bank, (await world.authorize(bank)).redemption);
    const { redemption } = await world.authorize(bank);
    const before = world.database.statements.count;
    expect((await world.token(bank, redemption)).status).toBe(200);
    expect(world.database.statements.count - before).toBe(1);
  });

  it("a client of another company gets a refresh token only with an offline grant", async () => {
    const { spa } = world.clients;
    const session = await world.token(spa, (await world.authorize(spa)).redemption);
    expect(session.body).not.toHaveProperty("refresh_token");
    const offline = await world.authorize(spa, { kind: "offline" });
    expect((await world.token(spa, offline.redemption)).body).toHaveProperty("refresh_token");
  });

  it("without openid there is no ID token", async () => {
    const { bank } = world.clients;
    const { redemption } = await world.authorize(bank, { scope: "email" });
    expect((await world.token(bank, redemption)).body).not.toHaveProperty("id_token");
  });

  describe("audience and resource (RFC 8707)", () => {
    const scope = "openid email accounts:read plan:read";
    const redeem = async (resources: string[], resource?: string | string[]) => {
      const { bank } = world.clients;
      const { redemption } = await world.authorize(bank, { scope, resources });
      return world.token(bank, { ...redemption, resource });
    };

    it.each([
      [
        "no resource: the issuer, with OpenID Connect scopes only",
        [],
        undefined,
        issuer,
        "openid email",
      ],
      ["one authorized: that one, with its scopes", [bankApi], undefined, bankApi, "accounts:read"],
      ["one authorized and named", [bankApi], bankApi, bankApi, "accounts:read"],
      [
        "several authorized, none named: the issuer",
        [bankApi, planApi],
        undefined,
        issuer,
        "openid email",
      ],
      ["several authorized, one named", [bankApi, planApi], planApi, planApi, "plan:read"],
    ])("T4: %s", async (_what, resources, resource, audience, scopes) => {
      const answer = await redeem(resources, resource);
      expect(accessClaims(answer)).toMatchObject({ aud: audience, scope: scopes });
      expect(answer.body.scope).toBe(scopes);
      expect(answer.body).toHaveProperty("id_token");
    });

    it.each([
      ["not authorized", [bankApi], planApi],
      ["not authorized at all", [], bankApi],
      ["unknown", [bankApi], "https://nobody.example/api"],
      ["not for this client", [bankApi], secretApi],
      ["not a URI", [bankApi], "x"],
      ["two at once", [bankApi, planApi], [bankApi, planApi]],
    ])(
      "a resource that is %s is invalid_target, and spends nothing",
      async (_what, resources, resource) => {
        const { bank } = world.clients;
        const { redemption } = await world.authorize(bank, { scope, resources });
        expect(await world.token(bank, { ...redemption, resource })).toEqual(
          refused("invalid_target"),
        );
        expect((await world.token(bank, redemption)).status).toBe(200);
      },
    );

    it("one statement redeems a code for a named resource; only a refusal asks a second question", async () => {
      const { bank } = world.clients;
      await redeem([bankApi], bankApi);
      await redeem([planApi], planApi);
      const { redemption } = await world.authorize(bank, { scope, resources: [bankApi] });
      const statements = async (resource: string) => {
        const before = world.database.statements.count;
        const { status } = await world.token(bank, { ...redemption, resource });
        return { status, statements: world.database.statements.count - before };
      };
      expect(await statements(planApi)).toEqual({ status: 400, statements: 2 });
      expect(await statements(bankApi)).toEqual({ status: 200, statements: 1 });
    });
  });

  describe("E4: the verifier (RFC 7636 §4.6)", () => {
    const wrong = "w".repeat(43);
    // Where some may go without, only the code itself knows that this one may not.
    const none = inject("pkceFor") === "all" ? "invalid_request" : "invalid_grant";
    it.each([
      ["omitted", undefined, none],
      ["empty", "", none],
      ["repeated", [wrong, wrong], "invalid_request"],
      ["wrong", wrong, "invalid_grant"],
      ["too short", "w".repeat(42), "invalid_grant"],
      ["too long", "w".repeat(129), "invalid_grant"],
      ["of other characters", "+".repeat(43), "invalid_grant"],
    ])("E4: %s is refused, and spends nothing", async (_what, code_verifier, error) => {
      const { bank } = world.clients;
      const { redemption } = await world.authorize(bank);
      expect(await world.token(bank, { ...redemption, code_verifier })).toEqual(refused(error));
      expect((await world.token(bank, redemption)).status).toBe(200);
    });

    it("E4: the challenge itself is no verifier", async () => {
      const { bank } = world.clients;
      const { redemption } = await world.authorize(bank);
      const { challengeOf } = await import("../../../../idp/protocol/pkce.ts");
      const code_verifier = challengeOf(redemption.code_verifier);
      expect(await world.token(bank, { ...redemption, code_verifier })).toEqual(
        refused("invalid_grant"),
      );
    });
  });

  describe("E3: what a code is bound to", () => {
    it("E3: another client with its own valid credentials gets nothing and ends nothing", async () => {
      const { bank, portal } = world.clients;
      const { redemption } = await world.authorize(bank);
      expect(await world.token(portal, redemption)).toEqual(refused("invalid_grant"));
      const used = await world.token(bank, redemption);
      expect(used.status).toBe(200);
      expect(await world.token(portal, redemption)).toEqual(refused("invalid_grant"));
      expect((await world.refresh(bank, used.body.refresh_token)).status).toBe(200);
      expect(await world.auditKinds()).toContain("code.refused");
    });

    it("E3: another redirect_uri, or none", async () => {
      const { bank } = world.clients;
      const { redemption } = await world.authorize(bank);
      expect(
        await world.token(bank, { ...redemption, redirect_uri: `${bank.redirectUri}/` }),
      ).toEqual(refused("invalid_grant"));
      expect(await world.token(bank, { ...redemption, redirect_uri: undefined })).toEqual(
        refused("invalid_request"),
      );
    });

    it("E3: the session: once it has ended, the code is worth nothing", async () => {
      const { bank } = world.clients;
      const { session } = await world.signIn();
      const { redemption } = await world.authorize(bank, { session });
      await world.idp.endAccess(
        { kind: "session", sessionId: session.id },
        "signed-out",
        world.clock.now(),
        { actor: "system" },
      );
      expect(await world.token(bank, redemption)).toEqual(refused("invalid_grant"));
    });

    it("E3: the person: once the account is disabled, the code is worth nothing", async () => {
      const { bank } = world.clients;
      const { redemption } = await world.authorize(bank);
      const now = world.clock.now();
      const by = { actor: "system" };
      await world.idp.endAccess(
        { kind: "account", accountId: world.account.id },
        "account-disabled",
        now,
        by,
      );
      expect(await world.token(bank, redemption)).toEqual(refused("invalid_grant"));
      await world.idp.accounts.enable(world.account.id, now, by);
      expect(await world.token(bank, redemption)).toEqual(refused("invalid_grant"));
    });
  });

  it("E10: unknown, expired, used and foreign codes get the same answer to the byte", async () => {
    const { session } = await world.signIn();
    const { bank, portal } = world.clients;
    const authorize = () => world.authorize(bank, { session });
    const unknown = { ...(await authorize()).redemption, code: newCredential("code") };
    const used = (await authorize()).redemption;
    await world.token(bank, used);
    const foreign = (await world.authorize(portal, { session })).redemption;
    const wrongVerifier = { ...(await authorize()).redemption, code_verifier: "w".repeat(43) };
    const malformed = { ...(await authorize()).redemption, code: "x" };
    const expired = (await authorize()).redemption;
    world.clock.advance(61);
    const answers = [];
    for (const redemption of [unknown, used, foreign, wrongVerifier, malformed, expired]) {
      const { status, body, headers } = await world.token(bank, redemption);
      const names = [...headers.keys()].filter((name) => name !== "x-request-id");
      answers.push({ status, body, names });
    }
    expect(new Set(answers.map((answer) => JSON.stringify(answer))).size).toBe(1);
    expect(answers[0]).toMatchObject({ status: 400, body: { error: "invalid_grant" } });
  });

  it("Z9: a code lives 60 seconds and not one more", async () => {
    const { session } = await world.signIn();
    const { bank } = world.clients;
    const early = await world.authorize(bank, { session });
    const late = await world.authorize(bank, { session });
    world.clock.advance(59);
    expect((await world.token(bank, early.redemption)).status).toBe(200);
    world.clock.advance(1);
    expect(await world.token(bank, late.redemption)).toEqual(refused("invalid_grant"));
  });
});

describe("a code is spent once, over two instances", () => {
  let world: TokenWorld;
  beforeAll(async () => {
    const [first, second] = await openTwoHandles();
    world = await tokenWorld([first, second]);
  });

  it("E1: of 50 parallel redemptions one succeeds, and one family is there, revoked as E2 says", async () => {
    const { bank } = world.clients;
    const { redemption, grantId } = await world.authorize(bank);
    const answers = await Promise.all(
      Array.from({ length: 50 }, (_, i) =>
        world.token(bank, redemption, world.replicas[i % world.replicas.length]),
      ),
    );
    const won = answers.filter(({ status }) => status === 200);
    expect(won).toHaveLength(1);
    expect(answers.filter(({ status }) => status !== 200)).toEqual(
      Array.from({ length: 49 }, () => refused("invalid_grant")),
    );
    const families = await world.database.orm.refreshToken.findMany({ where: { grantId } });
    expect(families).toHaveLength(1);
    expect(await world.refresh(bank, won[0]?.body.refresh_token)).toEqual(refused("invalid_grant"));
  });

  it("E2: a replay by its own client ends everything issued from the code", async () => {
    const { bank } = world.clients;
    const { redemption } = await world.authorize(bank);
    const first = await world.token(bank, redemption);
    expect((await world.userinfo(first.body.access_token)).status).toBe(200);
    expect(await world.token(bank, redemption)).toEqual(refused("invalid_grant"));
    expect(await world.refresh(bank, first.body.refresh_token)).toEqual(refused("invalid_grant"));
    expect((await world.userinfo(first.body.access_token)).status).toBe(401);
    expect(await world.auditKinds()).toContain("code.replayed");
  });

  it("E2: a replay after expiry still ends it (oidcc-codereuse-30seconds and later)", async () => {
    const { bank } = world.clients;
    const { redemption } = await world.authorize(bank);
    const first = await world.token(bank, redemption);
    world.clock.advance(120);
    await world.token(bank, redemption);
    expect(await world.refresh(bank, first.body.refresh_token)).toEqual(refused("invalid_grant"));
  });

  it.each([
    ["a wrong verifier", { code_verifier: "w".repeat(43) }],
    ["a wrong redirect_uri", { redirect_uri: "https://evil.example/callback" }],
  ])("E2: a replay with %s ends nothing", async (_what, change) => {
    const { bank } = world.clients;
    const { redemption } = await world.authorize(bank);
    const first = await world.token(bank, redemption);
    expect(await world.token(bank, { ...redemption, ...change })).toEqual(refused("invalid_grant"));
    expect((await world.refresh(bank, first.body.refresh_token)).status).toBe(200);
  });

  it("E2: a replay with a wrong secret ends nothing", async () => {
    const { bank } = world.clients;
    const { redemption } = await world.authorize(bank);
    const first = await world.token(bank, redemption);
    const { basicHeader } = await import("../support/token-world.ts");
    const guessed = { Authorization: basicHeader("bank", newCredential("client-secret")) };
    expect((await world.post("/token", redemption, guessed)).status).toBe(401);
    expect((await world.refresh(bank, first.body.refresh_token)).status).toBe(200);
  });
});
