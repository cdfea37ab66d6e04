import { decodeJwt } from "jose";
import { beforeAll, beforeEach, describe, expect, it } from "vitest";
import { newCredential } from "../../../../idp/protocol/credential.ts";
import { defineStatement } from "../../../../prisma/database.ts";
import { openTwoHandles } from "../../../support/databases.ts";
import {
  type Answer,
  bankApi,
  issuer,
  planApi,
  serveReplica,
  type TestClient,
  type TokenWorld,
  tokenWorld,
} from "../support/token-world.ts";

const refused = (error: string) =>
  expect.objectContaining({ status: 400, body: expect.objectContaining({ error }) });
const refreshTokenOf = ({ body }: Answer) => String(body.refresh_token);

describe("refresh token grant (RFC 6749 §6, RFC 9700 §4.14.2)", () => {
  let world: TokenWorld;
  let session: TokenWorld["session"];
  beforeAll(async () => {
    const [first, second] = await openTwoHandles();
    world = await tokenWorld([first, second]);
  });
  beforeEach(async () => {
    ({ session } = await world.signIn());
  });

  const family = async (
    client: TestClient,
    wanted: Parameters<TokenWorld["authorize"]>[1] = {},
  ) => {
    const { redemption, grantId } = await world.authorize(client, { session, ...wanted });
    const answer = await world.token(client, redemption);
    expect(answer.status).toBe(200);
    return { first: refreshTokenOf(answer), answer, grantId };
  };

  it("gives new tokens and a new refresh token", async () => {
    const { bank } = world.clients;
    const { first, answer } = await family(bank, { nonce: "n-1" });
    world.clock.advance(100);
    const refreshed = await world.refresh(bank, first, { scope: "openid" });
    expect(refreshed.status).toBe(200);
    expect(refreshTokenOf(refreshed)).not.toBe(first);
    const before = decodeJwt(String(answer.body.id_token));
    const after = decodeJwt(String(refreshed.body.id_token));
    // OpenID Connect Core §12.2: same subject, issuer, audience and auth_time, a new iat, no nonce.
    expect(after).toMatchObject({
      iss: before.iss,
      sub: before.sub,
      aud: before.aud,
      auth_time: before.auth_time,
      sid: before.sid,
      iat: Number(before.iat) + 100,
    });
    expect(after).not.toHaveProperty("nonce");
  });

  it("brings an ID token to who asks for openid, or always does (OpenID Connect Core §12.2)", async () => {
    const { bank } = world.clients;
    const hasIdToken = async (more?: Record<string, string>) => {
      const { first } = await family(bank);
      return "id_token" in (await world.refresh(bank, first, more)).body;
    };
    expect(await hasIdToken()).toBe(false);
    expect(await hasIdToken({ scope: "openid email" })).toBe(true);
    expect(await hasIdToken({ scope: "email" })).toBe(false);
    const always = async (idTokenOnRefresh: boolean) => {
      const where = { id: bank.id };
      await world.database.orm.client.update({ where, data: { idTokenOnRefresh } });
      world.idp.clients.forget();
    };
    await always(true);
    expect(await hasIdToken()).toBe(true);
    expect(await hasIdToken({ scope: "email" })).toBe(false);
    await always(false);
  });

  it("one statement refreshes", async () => {
    const { bank } = world.clients;
    const { first } = await family(bank);
    const before = world.database.statements.count;
    expect((await world.refresh(bank, first)).status).toBe(200);
    expect(world.database.statements.count - before).toBe(1);
  });

  describe("scope and resource", () => {
    const scope = "openid email accounts:read plan:read";

    it("E8: scope may be narrowed, and is whole again the next time", async () => {
      const { bank } = world.clients;
      const { first } = await family(bank, { scope });
      const narrowed = await world.refresh(bank, first, { scope: "email" });
      expect(narrowed.body.scope).toBe("email");
      expect(narrowed.body).not.toHaveProperty("id_token");
      const whole = await world.refresh(bank, refreshTokenOf(narrowed));
      expect(whole.body.scope).toBe("openid email");
    });

    it.each(["phone", "openid phone", "admin", `x${" x".repeat(1000)}`])(
      "E8: scope never grows: %.20s",
      async (more) => {
        const { bank } = world.clients;
        const { first } = await family(bank, { scope });
        expect(await world.refresh(bank, first, { scope: more })).toEqual(refused("invalid_scope"));
        expect((await world.refresh(bank, first)).status).toBe(200);
      },
    );

    it("E8: what is taken from the client is taken from its grants", async () => {
      const client = await world.addClient("shrinking");
      const { first } = await family(client, { scope: "openid email phone" });
      const patch = { scopes: ["openid", "email"] };
      await world.idp.clientStore.update(client.id, patch, world.clock.now(), { actor: "system" });
      world.idp.clients.forget();
      expect((await world.refresh(client, first)).body.scope).toBe("openid email");
    });

    it("may name another authorized resource", async () => {
      const { bank } = world.clients;
      const { first } = await family(bank, { scope, resources: [bankApi, planApi] });
      const bankAnswer = await world.refresh(bank, first, { resource: bankApi });
      const planAnswer = await world.refresh(bank, refreshTokenOf(bankAnswer), {
        resource: planApi,
      });
      const neither = await world.refresh(bank, refreshTokenOf(planAnswer));
      const audiences = [bankAnswer, planAnswer, neither].map(
        ({ body }) => decodeJwt(String(body.access_token)).aud,
      );
      expect(audiences).toEqual([bankApi, planApi, issuer]);
    });

    it("one statement refreshes a part; only a refusal asks a second question", async () => {
      const { bank } = world.clients;
      const { first } = await family(bank, { scope, resources: [bankApi, planApi] });
      let current = refreshTokenOf(await world.refresh(bank, first, { resource: bankApi }));
      const statements = async (asked: { scope?: string; resource?: string }) => {
        const before = world.database.statements.count;
        const answer = await world.refresh(bank, current, asked);
        if (answer.status === 200) current = refreshTokenOf(answer);
        return [answer.body.error, world.database.statements.count - before];
      };
      expect(await statements({ resource: bankApi })).toEqual([undefined, 1]);
      expect(await statements({ scope: "accounts:read" })).toEqual([undefined, 1]);
      const part = { scope: "accounts:read", resource: bankApi };
      expect(await statements(part)).toEqual([undefined, 1]);
      expect(await statements({ scope: "phone" })).toEqual(["invalid_scope", 2]);
      // What its client may not have at all needs no statement to be refused.
      expect(await statements({ scope: "admin" })).toEqual(["invalid_scope", 0]);
      expect((await world.refresh(bank, current)).status).toBe(200);
    });

    it("a resource that was not authorized is invalid_target, and uses nothing up", async () => {
      const { spa } = world.clients;
      const { first } = await family(spa, { scope, resources: [bankApi], kind: "offline" });
      for (const resource of [planApi, "https://nobody.example/api", [bankApi, planApi]]) {
        expect(await world.refresh(spa, first, { resource })).toEqual(refused("invalid_target"));
      }
      world.clock.advance(11);
      expect((await world.refresh(spa, first)).status).toBe(200);
    });
  });

  describe("E3: binding", () => {
    it("E3: another client gets nothing and ends nothing", async () => {
      const { bank, portal } = world.clients;
      const { first } = await family(bank);
      expect(await world.refresh(portal, first)).toEqual(refused("invalid_grant"));
      const next = await world.refresh(bank, first);
      await world.refresh(bank, refreshTokenOf(next));
      // Also when the token has been used: only its own client's return of it means theft.
      expect(await world.refresh(portal, first)).toEqual(refused("invalid_grant"));
      expect(await world.auditKinds()).toContain("refresh.refused");
    });

    it.each(["sgr_", "x", newCredential("refresh"), newCredential("code")])(
      "E10: %.5s… is invalid_grant",
      async (text) => {
        expect(await world.refresh(world.clients.bank, text)).toEqual(refused("invalid_grant"));
      },
    );
  });

  describe("E5: rotation", () => {
    it.each([0, 1, 2])(
      "E5: the return of generation %i ends the whole family",
      async (replayed) => {
        const { bank } = world.clients;
        const tokens = [(await family(bank)).first];
        for (let i = 0; i < 4; i += 1) {
          tokens.push(refreshTokenOf(await world.refresh(bank, tokens[i])));
        }
        expect(await world.refresh(bank, tokens[replayed])).toEqual(refused("invalid_grant"));
        for (const token of tokens) {
          expect(await world.refresh(bank, token)).toEqual(refused("invalid_grant"));
        }
        expect(await world.auditKinds()).toContain("refresh.reused");
      },
    );

    it("E5: idle for 30 minutes, it has expired", async () => {
      const { bank } = world.clients;
      const { first } = await family(bank);
      world.clock.advance(30 * 60);
      expect(await world.refresh(bank, first)).toEqual(refused("invalid_grant"));
    });

    it("E5: after 12 hours it has expired however often it was used", async () => {
      const { bank } = world.clients;
      let { first: token } = await family(bank);
      for (let i = 0; i < 35; i += 1) {
        world.clock.advance(20 * 60);
        token = refreshTokenOf(await world.refresh(bank, token));
      }
      world.clock.advance(20 * 60);
      expect(await world.refresh(bank, token)).toEqual(refused("invalid_grant"));
    });

    it("E5: using it renews the session's idle time", async () => {
      const { bank } = world.clients;
      const { session: own, secret } = await world.signIn();
      const { redemption } = await world.authorize(bank, { session: own });
      let token = refreshTokenOf(await world.token(bank, redemption));
      for (let i = 0; i < 3; i += 1) {
        world.clock.advance(20 * 60);
        token = refreshTokenOf(await world.refresh(bank, token));
      }
      expect(await world.idp.sessions.find(secret, world.clock.now())).toBeDefined();
    });

    it("L3: when the session ends it is refused at once, unless it is offline", async () => {
      const { bank, spa } = world.clients;
      const bound = await family(bank);
      const offline = await family(spa, { kind: "offline" });
      await world.idp.endAccess(
        { kind: "session", sessionId: session.id },
        "signed-out",
        world.clock.now(),
        { actor: "system" },
      );
      expect(await world.refresh(bank, bound.first)).toEqual(refused("invalid_grant"));
      expect((await world.refresh(spa, offline.first)).status).toBe(200);
    });
  });

  describe("E6: lost answers", () => {
    it("E6: a retry gets the same successor again, however late, until that is used", async () => {
      const { bank } = world.clients;
      const { first } = await family(bank);
      const lost = refreshTokenOf(await world.refresh(bank, first));
      world.clock.advance(20 * 60);
      const again = await world.refresh(bank, first, {}, world.replicas[1]);
      expect(again.status).toBe(200);
      expect(refreshTokenOf(again)).toBe(lost);
      expect((await world.refresh(bank, lost)).status).toBe(200);
      expect(await world.refresh(bank, first)).toEqual(refused("invalid_grant"));
    });

    it("E6: a public client has 10 seconds", async () => {
      const { spa } = world.clients;
      const quick = await family(spa, { kind: "offline" });
      const lost = refreshTokenOf(await world.refresh(spa, quick.first));
      world.clock.advance(9);
      expect(refreshTokenOf(await world.refresh(spa, quick.first))).toBe(lost);
      world.clock.advance(1);
      expect(await world.refresh(spa, quick.first)).toEqual(refused("invalid_grant"));
      expect(await world.refresh(spa, lost)).toEqual(refused("invalid_grant"));
    });

    it("E6: 20 parallel refreshes over two instances leave one usable refresh token", async () => {
      const { bank } = world.clients;
      const { first, grantId } = await family(bank);
      const answers = await Promise.all(
        Array.from({ length: 20 }, (_, i) =>
          world.refresh(bank, first, {}, world.replicas[i % world.replicas.length]),
        ),
      );
      expect(answers.map(({ status }) => status)).toEqual(Array.from({ length: 20 }, () => 200));
      expect(new Set(answers.map(refreshTokenOf)).size).toBe(1);
      const unused = { grantId, usedAt: null };
      expect(await world.database.orm.refreshToken.count({ where: unused })).toBe(1);
      const [one] = answers;
      expect((await world.refresh(bank, one && refreshTokenOf(one))).status).toBe(200);
    });
  });

  describe("E7: use marks", () => {
    const run = (text: string) =>
      world.database.sql(defineStatement(`test.${text.length}`, text), []);

    it("E7: roll back with their statement: after a database error the same token works", async () => {
      const { bank } = world.clients;
      const { first } = await family(bank);
      await run(`CREATE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN RAISE EXCEPTION 'out of order'; END $$`);
      await run(`CREATE TRIGGER fail BEFORE INSERT ON "RefreshToken" EXECUTE FUNCTION fail()`);
      const failed = await world.refresh(bank, first);
      expect([failed.status, failed.body.error]).toEqual([500, "server_error"]);
      expect(JSON.stringify(failed.body)).not.toContain("out of order");
      await run(`DROP TRIGGER fail ON "RefreshToken"`);
      expect((await world.refresh(bank, first)).status).toBe(200);
    });

    it("E7: survive a restart: a used token is refused by a process that never saw it", async () => {
      const { bank } = world.clients;
      const { first } = await family(bank);
      await world.refresh(bank, refreshTokenOf(await world.refresh(bank, first)));
      const restarted = await serveReplica(world.database, world.clock);
      expect(await world.refresh(bank, first, {}, restarted)).toEqual(refused("invalid_grant"));
    });
  });
});
