import { beforeAll, describe, expect, it } from "vitest";
import { hashOf } from "../../../idp/protocol/credential.ts";
import { AccountNotEnabled } from "../../../idp/records/accounts/account.ts";
import { passwordLinkStore } from "../../../idp/records/accounts/password-link-store.ts";
import { openTwoHandles } from "../../support/databases.ts";
import {
  addAccount,
  addClient,
  at,
  cause,
  redeemCode,
  type SignedIn,
  type Stores,
  signIn,
  storesOver,
  times,
} from "../records/a-world.ts";
import { whileHeld } from "../records/end-while.ts";

let here: Stores;
let there: Stores;
beforeAll(async () => {
  const [one, other] = await openTwoHandles();
  here = storesOver(one);
  there = storesOver(other);
});

const proof = { acr: "pwd", amr: ["pwd"], userAgent: "A browser" };

/** Somebody with a password, signed in twice, with a grant of each kind from each. */
async function aPerson() {
  const account = await addAccount(here);
  await here.accounts.setPassword(account.id, "old", at(0), cause);
  const known = (await here.accounts.find(account.id)) ?? account;
  const client = await addClient(here);
  const device = async () => {
    const signedIn = await signIn(here, at(0), known);
    const online = await redeemCode(here, signedIn, client);
    const offline = await redeemCode(here, signedIn, client, at(0), { kind: "offline" });
    return { ...signedIn, online: online.grantId, offline: offline.grantId };
  };
  return { account: known, laptop: await device(), phone: await device() };
}

const change = (stores: Stores, { account, session, secret }: SignedIn, hash: string, by = cause) =>
  stores.changePassword.inSession(
    { account, session: { id: session.id, secret } },
    hash,
    at(1),
    by,
  );

const hashNow = async ({ id }: { id: string }) => (await here.accounts.find(id))?.passwordHash;
const isLive = async (grantId: string) =>
  (await there.grants.findLive(grantId, at(2))) !== undefined;
const isSignedIn = async (secret: string) =>
  (await there.sessions.find(secret, at(2))) !== undefined;

async function unchanged({ account, laptop, phone }: Awaited<ReturnType<typeof aPerson>>) {
  expect(await hashNow(account)).toBe("old");
  for (const { secret, online, offline } of [laptop, phone]) {
    expect([await isSignedIn(secret), await isLive(online), await isLive(offline)]).toEqual([
      true,
      true,
      true,
    ]);
  }
}

describe("a new password in a session", () => {
  it("S2, L3: ends everything else, and the session goes on under another cookie", async () => {
    const { account, laptop, phone } = await aPerson();
    const secret = (await change(here, laptop, "new")) ?? "";
    expect(await hashNow(account)).toBe("new");
    expect((await there.sessions.find(secret, at(2)))?.session.id).toBe(laptop.session.id);
    expect(await isSignedIn(laptop.secret)).toBe(false);
    expect(await isSignedIn(phone.secret)).toBe(false);
    expect([await isLive(laptop.online), await isLive(laptop.offline)]).toEqual([true, false]);
    expect([await isLive(phone.online), await isLive(phone.offline)]).toEqual([false, false]);
    const events = (await here.audit.list({ limit: 500 })).filter(
      (event) => event.accountId === account.id && event.at.getTime() === at(1).getTime(),
    );
    expect(events.map(({ kind }) => kind).sort()).toEqual([
      "account.password-set",
      "grant.revoked",
      "session.ended",
    ]);
    const row = await here.database.orm.session.findUnique({ where: { id: laptop.session.id } });
    expect(row?.secretHash).toBe(hashOf(secret));
  });

  it("D3: is all or nothing", async () => {
    const person = await aPerson();
    await expect(
      change(here, person.laptop, "new", { ...cause, actor: "nul\0byte" }),
    ).rejects.toThrow();
    await unchanged(person);
  });

  it("S2: is refused with another password than the one that was looked at", async () => {
    const person = await aPerson();
    const { passwordHash: _, ...without } = person.account;
    for (const account of [{ ...person.account, passwordHash: "older" }, without]) {
      expect(await change(here, { ...person.laptop, account }, "new")).toBeUndefined();
    }
    await unchanged(person);
  });

  it("S2: is refused with a cookie that is the session's no more, or another session's", async () => {
    const person = await aPerson();
    const { laptop, phone } = person;
    expect(await change(here, { ...laptop, secret: phone.secret }, "new")).toBeUndefined();
    const other = await signIn(here);
    expect(await change(here, { ...other, account: person.account }, "new")).toBeUndefined();
    await unchanged(person);
  });

  it("is refused once the session has ended, or the account is disabled", async () => {
    const { account, laptop, phone } = await aPerson();
    const session = { kind: "session", sessionId: laptop.session.id } as const;
    await here.endAccess(session, "signed-out", at(1), cause);
    expect(await change(here, laptop, "new")).toBeUndefined();
    await here.endAccess(
      { kind: "account", accountId: account.id },
      "account-disabled",
      at(1),
      cause,
    );
    expect(await change(here, phone, "new")).toBeUndefined();
    expect(await hashNow(account)).toBe("old");
  });

  it("of 20 at once in two sessions on two replicas, one counts, and one session is left", async () => {
    const { account, laptop, phone } = await aPerson();
    const secrets = await times(20, (index) =>
      change(index % 2 ? here : there, index % 4 < 2 ? laptop : phone, `new-${index}`),
    );
    const won = secrets.flatMap((secret, index) => (secret ? [index] : []));
    expect(won).toHaveLength(1);
    expect(await hashNow(account)).toBe(`new-${won[0]}`);
    expect(await isSignedIn(secrets[won[0] ?? 0] ?? "")).toBe(true);
    const live = { accountId: account.id, endedAt: null };
    expect(await here.database.orm.session.count({ where: live })).toBe(1);
  });

  it("S2: of 20 sign-ins with the old password meanwhile, none is left", async () => {
    const { account, laptop } = await aPerson();
    const outcomes = await times(20, async (index) => {
      if (index === 7) return change(there, laptop, "new");
      const begun = (index % 2 ? here : there).sessions.begin({ account, ...proof }, at(1), cause);
      return begun.catch((error: unknown) => error);
    });
    const refused = outcomes.filter((outcome) => outcome instanceof Error);
    expect(refused.every((error) => error instanceof AccountNotEnabled)).toBe(true);
    const live = { accountId: account.id, endedAt: null };
    const left = await here.database.orm.session.findMany({ where: live, select: { id: true } });
    expect(left).toEqual([{ id: laptop.session.id }]);
    await expect(here.sessions.begin({ account, ...proof }, at(2), cause)).rejects.toThrow(
      AccountNotEnabled,
    );
  });

  it("S2: a sign-in stopped half-way is refused by the change that came before it", async () => {
    const { account, laptop } = await aPerson();
    const { issued } = await whileHeld(
      there,
      (orm) => orm.account.update({ where: { id: account.id }, data: { passwordHash: "new" } }),
      () =>
        here.sessions.begin({ account, ...proof }, at(1), cause).catch((error: unknown) => error),
      async () => {},
    );
    expect(issued).toBeInstanceOf(AccountNotEnabled);
    expect(await isSignedIn(laptop.secret)).toBe(true);
  });

  it("L3: grants issued to other sessions meanwhile are ended with them", async () => {
    const { account, laptop, phone } = await aPerson();
    const client = await addClient(here);
    await times(20, async (index): Promise<unknown> => {
      if (index === 5) return change(there, laptop, "new");
      return redeemCode(index % 2 ? here : there, phone, client, at(1)).catch(() => undefined);
    });
    const live = { accountId: account.id, revokedAt: null, sessionId: phone.session.id };
    expect(await here.database.orm.grant.count({ where: live })).toBe(0);
  });
});

describe("a new password through a link (P8)", () => {
  const by = { actor: "operator-token" };

  async function aLink() {
    const person = await aPerson();
    const link = await passwordLinkStore(here.database).create(person.account.id, at(0), 600, by);
    return { ...person, link: { link, accountId: person.account.id } };
  }

  it("P8: ends every session and every grant with it", async () => {
    const { account, laptop, phone, link } = await aLink();
    expect(await here.changePassword.byLink(link, "new", at(1), cause)).toBe(true);
    expect(await hashNow(account)).toBe("new");
    for (const { secret, online, offline } of [laptop, phone]) {
      expect([await isSignedIn(secret), await isLive(online), await isLive(offline)]).toEqual([
        false,
        false,
        false,
      ]);
    }
  });

  it("D3: is all or nothing: what fails leaves the link good", async () => {
    const person = await aLink();
    const impossible = { actor: "nul\0byte" };
    await expect(
      here.changePassword.byLink(person.link, "new", at(1), impossible),
    ).rejects.toThrow();
    await unchanged(person);
    expect(await here.changePassword.byLink(person.link, "new", at(1), cause)).toBe(true);
  });

  it("is nothing for somebody else's account", async () => {
    const [alice, bruno] = [await aLink(), await aLink()];
    const crossed = { link: alice.link.link, accountId: bruno.account.id };
    expect(await here.changePassword.byLink(crossed, "new", at(1), cause)).toBe(false);
    await unchanged(alice);
    await unchanged(bruno);
  });

  it("of two links of one account, each used by ten at once, one counts", async () => {
    const { account, link } = await aLink();
    const other = await passwordLinkStore(here.database).create(account.id, at(0), 600, by);
    const used = await times(20, (index) =>
      (index % 2 ? here : there).changePassword.byLink(
        index % 4 < 2 ? link : { ...link, link: other },
        `new-${index}`,
        at(1),
        cause,
      ),
    );
    expect(used.filter(Boolean)).toHaveLength(1);
    expect(await hashNow(account)).toBe(`new-${used.indexOf(true)}`);
  });

  it("and one in a session, at once: one counts, and no other session is left", async () => {
    const { account, laptop, link } = await aLink();
    const [byLink, inSession] = await Promise.all([
      here.changePassword.byLink(link, "by link", at(1), cause),
      change(there, laptop, "in session"),
    ]);
    // Whichever is first takes the other's ground away: the password it was about, or the link.
    expect([byLink, inSession !== undefined].filter(Boolean)).toHaveLength(1);
    const live = { accountId: account.id, endedAt: null };
    expect(await here.database.orm.session.count({ where: live })).toBe(byLink ? 0 : 1);
  });
});
