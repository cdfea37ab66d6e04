import { beforeAll, describe, expect, it } from "vitest";
import { hashOf, newCredential } from "../../../../idp/protocol/credential.ts";
import { AccountNotEnabled } from "../../../../idp/records/accounts/account.ts";
import { openTwoHandles } from "../../../support/databases.ts";
import {
  addAccount,
  addClient,
  at,
  cause,
  HOUR,
  MINUTE,
  redeemCode,
  type Stores,
  signIn,
  statementsOf,
  storesOver,
  times,
} from "../a-world.ts";
import { endWhile } from "../end-while.ts";

let here: Stores;
let there: Stores;
beforeAll(async () => {
  const [one, other] = await openTwoHandles();
  here = storesOver(one);
  there = storesOver(other);
});

const proof = { acr: "pwd", amr: ["pwd"], userAgent: "A browser" };

describe("a session", () => {
  it("is found by its cookie on any replica, in one statement, with its account", async () => {
    const { session, secret, account } = await signIn(here);
    const { result, statements } = await statementsOf(there, () =>
      there.sessions.find(secret, at(1)),
    );
    expect(statements).toBe(1);
    expect(result?.session).toEqual(session);
    expect(result?.account.id).toBe(account.id);
    expect(session).toEqual({
      id: expect.any(String),
      accountId: account.id,
      authenticatedAt: at(0),
      acr: "pwd",
      amr: ["pwd"],
      userAgent: "A browser",
      createdAt: at(0),
      lastUsedAt: at(0),
      expiresAt: at(12 * HOUR),
    });
  });

  it("S3: ends when idle for 30 minutes and after 12 hours, to the second", async () => {
    const { secret } = await signIn(here);
    expect(await here.sessions.find(secret, at(30 * MINUTE - 1))).toBeDefined();
    expect(await here.sessions.find(secret, at(30 * MINUTE))).toBeUndefined();

    const { session, secret: used } = await signIn(here);
    await here.database.orm.session.update({
      where: { id: session.id },
      data: { lastUsedAt: at(12 * HOUR - 60) },
    });
    expect(await here.sessions.find(used, at(12 * HOUR - 1))).toBeDefined();
    expect(await here.sessions.find(used, at(12 * HOUR))).toBeUndefined();
  });

  it("R1: is kept as the hash of its cookie alone", async () => {
    const { session, secret } = await signIn(here);
    const row = await here.database.orm.session.findUnique({ where: { id: session.id } });
    expect(row?.secretHash).toBe(hashOf(secret));
    expect(JSON.stringify(row)).not.toContain(secret);
  });

  it("T9: is found by no other kind of secret", async () => {
    const { secret } = await signIn(here);
    expect(await here.sessions.find(`sgb_${secret.slice(4)}`, at(1))).toBeUndefined();
    expect(await here.sessions.find(`${secret}A`, at(1))).toBeUndefined();
  });

  it("writes the sign-in to the audit with it", async () => {
    const { session, account } = await signIn(here, at(77));
    const [event] = await here.audit.list({ limit: 1, kind: "sign-in" });
    expect(event).toEqual({
      id: expect.any(String),
      at: at(77),
      kind: "sign-in",
      actor: "system",
      outcome: "success",
      accountId: account.id,
      sessionId: session.id,
      requestId: "request-1",
      details: { acr: "pwd", amr: ["pwd"] },
    });
  });
});

describe("signing in again", () => {
  it("S2: the same person keeps the session under a new cookie, and the old one is dead", async () => {
    const { account, session, secret } = await signIn(here);
    const again = await here.sessions.begin(
      { account, ...proof, previousSecret: secret },
      at(10 * MINUTE),
      cause,
    );
    expect(again.session.id).toBe(session.id);
    expect(again.secret).not.toBe(secret);
    expect(again.session.authenticatedAt).toEqual(at(10 * MINUTE));
    expect(again.session.createdAt).toEqual(session.createdAt);
    expect(await there.sessions.find(secret, at(10 * MINUTE))).toBeUndefined();
    expect(await there.sessions.find(again.secret, at(10 * MINUTE))).toBeDefined();
  });

  it("S2, A7: another person ends it, with what it had granted, and gets one of their own", async () => {
    const alice = await signIn(here);
    const client = await addClient(here);
    const granted = await redeemCode(here, alice, client);
    const bruno = await addAccount(here);

    const begun = await here.sessions.begin(
      { account: bruno, ...proof, previousSecret: alice.secret },
      at(1),
      cause,
    );
    expect(begun.session.id).not.toBe(alice.session.id);
    expect(begun.session.accountId).toBe(bruno.id);
    expect(await there.sessions.find(alice.secret, at(2))).toBeUndefined();
    expect(await there.grants.findLive(granted.grantId, at(2))).toBeUndefined();
    const [event] = await here.audit.list({ limit: 1, kind: "session.ended" });
    expect(event).toMatchObject({
      sessionId: alice.session.id,
      accountId: alice.account.id,
      details: { because: "another-person-signed-in" },
    });
  });

  it("S2: a planted cookie is not taken over", async () => {
    const { account } = await signIn(here);
    const planted = newCredential("session");
    const begun = await here.sessions.begin(
      { account, ...proof, previousSecret: planted },
      at(1),
      cause,
    );
    expect(begun.secret).not.toBe(planted);
    expect(await here.sessions.find(planted, at(1))).toBeUndefined();
  });

  it("after the session has run out begins a new one", async () => {
    const { account, session, secret } = await signIn(here);
    const later = at(31 * MINUTE);
    const begun = await here.sessions.begin(
      { account, ...proof, previousSecret: secret },
      later,
      cause,
    );
    expect(begun.session.id).not.toBe(session.id);
  });

  it("S2: 20 at once with the same old cookie leave that cookie dead", async () => {
    const { account, secret } = await signIn(here);
    const begun = await times(20, (index) =>
      (index % 2 ? here : there).sessions.begin(
        { account, ...proof, previousSecret: secret },
        at(1),
        cause,
      ),
    );
    expect(await here.sessions.find(secret, at(1))).toBeUndefined();
    const found = await times(20, (index) =>
      there.sessions.find(begun[index]?.secret ?? "", at(1)),
    );
    expect(found.every((one) => one?.account.id === account.id)).toBe(true);
  });

  it("is refused to an account disabled meanwhile, and leaves none signed in", async () => {
    const { account } = await signIn(here);
    const scope = { kind: "account", accountId: account.id } as const;
    const outcomes = await times(20, async (index) => {
      if (index === 8) return there.endAccess(scope, "account-disabled", at(1), cause);
      const begun = (index % 2 ? here : there).sessions.begin({ account, ...proof }, at(1), cause);
      return begun.catch((error: unknown) => error);
    });
    const refused = outcomes.filter((outcome) => outcome instanceof Error);
    expect(refused.every((error) => error instanceof AccountNotEnabled)).toBe(true);
    const live = { accountId: account.id, endedAt: null };
    expect(await here.database.orm.session.count({ where: live })).toBe(0);
    await expect(here.sessions.begin({ account, ...proof }, at(2), cause)).rejects.toThrow(
      AccountNotEnabled,
    );
  });
});

it("signing in, stopped half-way while the account is disabled, leaves nobody signed in", async () => {
  const alice = await signIn(here);
  const bruno = await addAccount(here);
  const { id } = alice.session;
  await endWhile(
    there,
    (orm) => orm.session.update({ where: { id }, data: { userAgent: "held" } }),
    () =>
      here.sessions
        .begin({ account: bruno, ...proof, previousSecret: alice.secret }, at(1), cause)
        .catch((error: unknown) => error),
    { kind: "account", accountId: bruno.id },
  );
  expect(await here.sessions.list(bruno.id, at(2))).toEqual([]);
});

it("lists an account's live sessions, the last used first", async () => {
  const { account, session } = await signIn(here);
  const phone = await signIn(here, at(60), account);
  const gone = await signIn(here, at(61), account);
  const scope = { kind: "session", sessionId: gone.session.id } as const;
  await here.endAccess(scope, "signed-out", at(62), cause);
  const listed = await here.sessions.list(account.id, at(63));
  expect(listed.map((one) => one.id)).toEqual([phone.session.id, session.id]);
  expect(await here.sessions.list(account.id, at(30 * MINUTE))).toEqual([phone.session]);
});
