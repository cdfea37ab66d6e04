import { beforeAll, describe, expect, it } from "vitest";
import { newCredential } from "../../../../idp/protocol/credential.ts";
import { openTwoHandles } from "../../../support/databases.ts";
import {
  addClient,
  anAuthorization,
  at,
  cause,
  HOUR,
  issueCode,
  MINUTE,
  type Stores,
  signIn,
  statementsOf,
  storesOver,
  times,
} from "../a-world.ts";

let here: Stores;
let there: Stores;
beforeAll(async () => {
  const [one, other] = await openTwoHandles();
  here = storesOver(one);
  there = storesOver(other);
});

describe("reading what an authorization needs to know", () => {
  it("asks nothing when the browser brought no session, or something else than one", async () => {
    const { result, statements } = await statementsOf(here, async () => [
      await here.authorizations.read({ clientId: "bank" }, at(0)),
      await here.authorizations.read({ clientId: "bank", sessionSecret: "sgs_short" }, at(0)),
      await here.authorizations.read(
        { clientId: "bank", sessionSecret: newCredential("refresh") },
        at(0),
      ),
    ]);
    expect(result).toEqual([{}, {}, {}]);
    expect(statements).toBe(0);
  });

  it("tells session, account, consent and sid in one statement", async () => {
    const { secret, session, account } = await signIn(here);
    const client = await addClient(here);
    const read = { sessionSecret: secret, clientId: client.id };

    const before = await statementsOf(here, () => here.authorizations.read(read, at(1)));
    expect(before.statements).toBe(1);
    expect(before.result.session).toEqual(session);
    expect(before.result.account).toMatchObject({
      id: account.id,
      email: account.email,
      claims: { locale: "en" },
    });
    expect(before.result).not.toHaveProperty("consent");
    expect(before.result).not.toHaveProperty("sid");
    expect(before.result.account).not.toHaveProperty("passwordHash");

    await here.consents.record(account.id, client.id, ["openid"], ["urn:r"], at(1), cause);
    const { sid } = await issueCode(here, { secret, session, account }, client, at(1));
    const after = await there.authorizations.read(read, at(2));
    expect(after.consent).toEqual({ scopes: ["openid"], resources: ["urn:r"] });
    expect(after.sid).toBe(sid);
  });

  it("S3: knows nobody once the idle or the absolute limit is reached, to the second", async () => {
    const { secret } = await signIn(here);
    const read = (now: Date) =>
      here.authorizations.read({ sessionSecret: secret, clientId: "bank" }, now);
    expect(await read(at(30 * MINUTE - 1))).toHaveProperty("session");
    expect(await read(at(30 * MINUTE))).toEqual({});
  });

  it("knows nobody whose account is disabled", async () => {
    const { secret, account } = await signIn(here);
    await here.endAccess(
      { kind: "account", accountId: account.id },
      "account-disabled",
      at(1),
      cause,
    );
    const read = { sessionSecret: secret, clientId: "bank" };
    expect(await there.authorizations.read(read, at(2))).toEqual({});
  });
});

describe("issuing a code (RFC 6749 §4.1.2)", () => {
  it("takes two statements for a silent authorization, read included", async () => {
    const signedIn = await signIn(here);
    const client = await addClient(here);
    const { authorization } = anAuthorization(signedIn, client);
    const { statements, result } = await statementsOf(here, async () => {
      await here.authorizations.read(
        { sessionSecret: signedIn.secret, clientId: client.id },
        at(1),
      );
      return here.authorizations.issue(authorization, at(1));
    });
    expect(statements).toBe(2);
    expect(result).toEqual({
      kind: "issued",
      grantId: expect.any(String),
      sid: authorization.sid,
    });
  });

  it("keeps the sid by which the client knows the session", async () => {
    const signedIn = await signIn(here);
    const client = await addClient(here);
    const first = await issueCode(here, signedIn, client);
    const second = await issueCode(here, signedIn, client, at(5));
    expect(second.sid).toBe(first.sid);
    expect(second.grantId).not.toBe(first.grantId);

    const other = await addClient(here);
    expect((await issueCode(here, signedIn, other, at(6))).sid).not.toBe(first.sid);
    expect(await here.sessions.clientsOf(signedIn.session.id)).toEqual([
      { clientId: client.id, sid: first.sid, lastUsedAt: at(5) },
      { clientId: other.id, sid: expect.any(String), lastUsedAt: at(6) },
    ]);
  });

  it("counts as use of the session", async () => {
    const signedIn = await signIn(here);
    const client = await addClient(here);
    await issueCode(here, signedIn, client, at(29 * MINUTE));
    expect(await here.sessions.find(signedIn.secret, at(58 * MINUTE))).toBeDefined();
    expect(await here.sessions.find(signedIn.secret, at(59 * MINUTE))).toBeUndefined();
  });

  it("writes its audit row with it", async () => {
    const signedIn = await signIn(here);
    const client = await addClient(here);
    const { grantId } = await issueCode(here, signedIn, client, at(3));
    const events = await here.audit.list({ limit: 1000, kind: "grant.issued" });
    expect(events.filter((event) => event.grantId === grantId)).toEqual([
      {
        id: expect.any(String),
        at: at(3),
        kind: "grant.issued",
        actor: "system",
        outcome: "success",
        accountId: signedIn.account.id,
        clientId: client.id,
        sessionId: signedIn.session.id,
        grantId,
        requestId: "request-1",
        details: { kind: "session", scopes: ["openid", "accounts:read"], resources: [] },
      },
    ]);
  });

  it("a failing statement writes neither grant nor audit row", async () => {
    const signedIn = await signIn(here);
    const client = await addClient(here);
    const { authorization } = anAuthorization(signedIn, client);
    await here.authorizations.issue(authorization, at(1));
    // The same code once more: its hash is taken.
    await expect(here.authorizations.issue(authorization, at(2))).rejects.toThrow();
    const grants = await here.grants.listForAccount(signedIn.account.id, at(3));
    const events = await here.audit.list({ limit: 1000, kind: "grant.issued" });
    expect(grants).toHaveLength(1);
    expect(events.filter((event) => event.clientId === client.id)).toHaveLength(1);
  });

  it("a session grant ends with the session at the latest, an offline one by its own limit", async () => {
    const signedIn = await signIn(here);
    const client = await addClient(here);
    await here.sessions.find(signedIn.secret, at(1));
    const online = await issueCode(here, signedIn, client, at(20 * MINUTE));
    const offline = await issueCode(here, signedIn, client, at(20 * MINUTE), { kind: "offline" });

    const grant = async (id: string) => (await here.grants.findLive(id, at(20 * MINUTE)))?.grant;
    expect(await grant(online.grantId)).toMatchObject({
      sessionId: signedIn.session.id,
      expiresAt: at(12 * HOUR),
    });
    expect(await grant(offline.grantId)).not.toHaveProperty("sessionId");
    expect(await grant(offline.grantId)).toMatchObject({
      expiresAt: at(20 * MINUTE + 90 * 24 * HOUR),
    });
  });

  it("is stale once session, account, client or consent have ended", async () => {
    const client = await addClient(here);
    const stale = { kind: "stale" };

    const idle = await signIn(here);
    const late = anAuthorization(idle, client).authorization;
    expect(await here.authorizations.issue(late, at(30 * MINUTE))).toEqual(stale);

    const ended = await signIn(here);
    const { authorization } = anAuthorization(ended, client);
    const { id: sessionId } = ended.session;
    await there.endAccess({ kind: "session", sessionId }, "signed-out", at(1), cause);
    expect(await here.authorizations.issue(authorization, at(1))).toEqual(stale);

    const disabled = await signIn(here);
    const closed = await addClient(here);
    await there.endAccess({ kind: "client", clientId: closed.id }, "client-disabled", at(1), cause);
    const refused = anAuthorization(disabled, closed).authorization;
    expect(await here.authorizations.issue(refused, at(1))).toEqual(stale);

    const other = await signIn(here);
    const mixed = { ...anAuthorization(other, client).authorization, accountId: idle.account.id };
    expect(await here.authorizations.issue(mixed, at(1))).toEqual(stale);
  });

  it("A10: a third party's grant needs a consent that covers it", async () => {
    const signedIn = await signIn(here);
    const client = await addClient(here, { firstParty: false });
    const issue = () =>
      here.authorizations.issue(anAuthorization(signedIn, client).authorization, at(1));
    const consent = (scopes: string[]) =>
      here.consents.record(signedIn.account.id, client.id, scopes, [], at(0), cause);

    expect(await issue()).toEqual({ kind: "stale" });
    await consent(["openid"]);
    expect(await issue()).toEqual({ kind: "stale" });
    await consent(["accounts:read"]);
    expect(await issue()).toMatchObject({ kind: "issued" });
  });
});

describe("issuing while the session is being ended, on two replicas", () => {
  it("leaves no live grant behind, whichever comes first", async () => {
    const client = await addClient(here);
    for (let round = 0; round < 5; round += 1) {
      const signedIn = await signIn(here);
      const { id: sessionId } = signedIn.session;
      const offline = { kind: "offline" } as const;
      await times(50, async (index) => {
        if (index === 25) {
          await there.endAccess({ kind: "session", sessionId }, "signed-out", at(1), cause);
        } else {
          const stores = index % 2 ? here : there;
          const { authorization } = anAuthorization(signedIn, client, index % 3 ? {} : offline);
          await stores.authorizations.issue(authorization, at(1));
        }
      });
      const grants = await here.database.orm.grant.findMany({
        where: { accountId: signedIn.account.id, kind: "session", revokedAt: null },
      });
      expect(grants).toEqual([]);
    }
  });

  it("leaves no live grant of a client, an account or a consent that ends meanwhile", async () => {
    const signedIn = await signIn(here);
    const { id: accountId } = signedIn.account;
    const race = async (scope: Parameters<Stores["endAccess"]>[0], client: { id: string }) => {
      await times(50, async (index) => {
        if (index === 20) await there.endAccess(scope, "ended-by-administrator", at(1), cause);
        const stores = index % 2 ? here : there;
        const { authorization } = anAuthorization(signedIn, client, { kind: "offline" });
        await stores.authorizations.issue(authorization, at(1));
      });
      return here.database.orm.grant.count({ where: { clientId: client.id, revokedAt: null } });
    };

    const withdrawn = await addClient(here, { firstParty: false });
    const scopes = ["openid", "accounts:read"];
    await here.consents.record(accountId, withdrawn.id, scopes, [], at(0), cause);
    const consent = { kind: "consent", accountId, clientId: withdrawn.id } as const;
    expect(await race(consent, withdrawn)).toBe(0);

    const disabled = await addClient(here);
    expect(await race({ kind: "client", clientId: disabled.id }, disabled)).toBe(0);

    const client = await addClient(here);
    expect(await race({ kind: "account", accountId }, client)).toBe(0);
  });
});
