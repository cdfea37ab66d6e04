import { beforeAll, describe, expect, it } from "vitest";
import { openTwoHandles } from "../../support/databases.ts";
import {
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

let here: Stores;
let there: Stores;
beforeAll(async () => {
  const [one, other] = await openTwoHandles();
  here = storesOver(one);
  there = storesOver(other);
});

const operator = { actor: "operator-token", requestId: "r-7", reason: "The person asked" };

/** A person signed in twice, with a session and an offline grant at one client from each. */
async function aPerson() {
  const client = await addClient(here);
  const laptop = await signIn(here);
  const phone = await signIn(here, at(0), laptop.account);
  const grantsOf = async (signedIn: SignedIn) => ({
    online: (await redeemCode(here, signedIn, client)).grantId,
    offline: (await redeemCode(here, signedIn, client, at(0), { kind: "offline" })).grantId,
  });
  return {
    client,
    account: laptop.account,
    laptop: { ...laptop, ...(await grantsOf(laptop)) },
    phone: { ...phone, ...(await grantsOf(phone)) },
  };
}

const isLive = async (grantId: string, now = at(2)) =>
  (await there.grants.findLive(grantId, now)) !== undefined;
const isSignedIn = async (signedIn: SignedIn) =>
  (await there.sessions.find(signedIn.secret, at(2))) !== undefined;

async function stateOf({ laptop, phone }: Awaited<ReturnType<typeof aPerson>>) {
  const device = async (one: typeof laptop) => ({
    session: await isSignedIn(one),
    online: await isLive(one.online),
    offline: await isLive(one.offline),
  });
  return { laptop: await device(laptop), phone: await device(phone) };
}

const alive = { session: true, online: true, offline: true };
const onlyOffline = { session: false, online: false, offline: true };
const dead = { session: false, online: false, offline: false };

const eventsOf = async (accountId: string) =>
  (await here.audit.list({ limit: 1000 })).filter(
    (event) => event.accountId === accountId && event.at.getTime() === at(1).getTime(),
  );

describe("ending access", () => {
  it("of a session ends what hangs on it; offline grants survive (OIDC Core §11)", async () => {
    const person = await aPerson();
    const { id: sessionId } = person.laptop.session;
    const ended = await here.endAccess({ kind: "session", sessionId }, "signed-out", at(1), cause);
    expect(ended).toEqual({ sessionIds: [expect.any(String)], grants: 1 });
    expect(await stateOf(person)).toEqual({ laptop: onlyOffline, phone: alive });
    expect(await eventsOf(person.account.id)).toMatchObject([
      {
        kind: "session.ended",
        outcome: "success",
        sessionId,
        requestId: "request-1",
        details: { because: "signed-out", grants: 1 },
      },
    ]);
  });

  it("everywhere, or everywhere else", async () => {
    const person = await aPerson();
    const { id: accountId } = person.account;
    const scope = { kind: "sessions-of", accountId, except: person.phone.session.id } as const;
    await here.endAccess(scope, "signed-out-everywhere", at(1), cause);
    expect(await stateOf(person)).toEqual({ laptop: onlyOffline, phone: alive });

    const all = { kind: "sessions-of", accountId } as const;
    await here.endAccess(all, "signed-out-everywhere", at(1), cause);
    expect(await stateOf(person)).toEqual({ laptop: onlyOffline, phone: onlyOffline });
    const events = await eventsOf(accountId);
    expect(events.map((event) => event.kind)).toEqual(["session.ended", "session.ended"]);
  });

  it("because of a new password, or of somebody else's sign-in, ends offline grants as well", async () => {
    for (const reason of ["password-changed", "not-me"] as const) {
      const person = await aPerson();
      const { id: accountId } = person.account;
      await here.endAccess({ kind: "sessions-of", accountId }, reason, at(1), cause);
      expect(await stateOf(person)).toEqual({ laptop: dead, phone: dead });
    }
  });

  it("of a grant ends that alone", async () => {
    const person = await aPerson();
    const scope = { kind: "grant", grantId: person.laptop.offline } as const;
    const ended = await here.endAccess(scope, "token-revoked", at(1), cause);
    expect(ended).toEqual({ sessionIds: [], grants: 1 });
    expect(await stateOf(person)).toEqual({ laptop: { ...alive, offline: false }, phone: alive });
    expect(await eventsOf(person.account.id)).toMatchObject([
      { kind: "grant.revoked", grantId: person.laptop.offline, clientId: person.client.id },
    ]);
  });

  it("A10: of a consent ends all that client was allowed, and asks again", async () => {
    const person = await aPerson();
    const { id: accountId } = person.account;
    const { id: clientId } = person.client;
    await here.consents.record(accountId, clientId, ["openid"], [], at(0), cause);
    const elsewhere = await redeemCode(here, person.laptop, await addClient(here));

    const scope = { kind: "consent", accountId, clientId } as const;
    await here.endAccess(scope, "consent-withdrawn", at(1), cause);
    const onlySession = { session: true, online: false, offline: false };
    expect(await stateOf(person)).toEqual({ laptop: onlySession, phone: onlySession });
    expect(await isLive(elsewhere.grantId)).toBe(true);
    expect(await there.consents.find(accountId, clientId)).toBeUndefined();
    expect(await eventsOf(accountId)).toMatchObject([{ kind: "consent.withdrawn", clientId }]);
  });

  it("of an account disables it and ends everything", async () => {
    const person = await aPerson();
    const { id: accountId } = person.account;
    const scope = { kind: "account", accountId } as const;
    const ended = await here.endAccess(scope, "account-disabled", at(1), operator);
    expect(ended).toEqual({ sessionIds: [expect.any(String), expect.any(String)], grants: 4 });
    expect(await stateOf(person)).toEqual({ laptop: dead, phone: dead });
    expect((await there.accounts.find(accountId))?.disabledAt).toEqual(at(1));
    expect(
      (await eventsOf(accountId)).find((event) => event.kind === "account.disabled"),
    ).toMatchObject({
      actor: "operator-token",
      requestId: "r-7",
      reason: "The person asked",
      details: { because: "account-disabled", sessions: 2, grants: 4 },
    });

    // Enabled again, the person starts anew: nothing old comes back.
    await here.accounts.enable(accountId, at(2), operator);
    expect(await stateOf(person)).toEqual({ laptop: dead, phone: dead });
  });

  it("of a client disables it and ends everything it had", async () => {
    const person = await aPerson();
    const { id: clientId } = person.client;
    const before = await here.clients.directoryVersion();
    await here.endAccess({ kind: "client", clientId }, "client-disabled", at(1), operator);
    const onlySession = { session: true, online: false, offline: false };
    expect(await stateOf(person)).toEqual({ laptop: onlySession, phone: onlySession });
    expect((await there.clients.find(clientId))?.disabledAt).toEqual(at(1));
    expect(await here.clients.directoryVersion()).toBeGreaterThan(before);

    await here.clients.enable(clientId, at(2), operator);
    expect(await stateOf(person)).toEqual({ laptop: onlySession, phone: onlySession });
  });

  it("that has ended before changes nothing and writes no row", async () => {
    const person = await aPerson();
    const scope = { kind: "account", accountId: person.account.id } as const;
    await here.endAccess(scope, "account-disabled", at(0), cause);
    const again = await here.endAccess(scope, "account-disabled", at(1), cause);
    expect(again).toEqual({ sessionIds: [], grants: 0 });
    expect(await eventsOf(person.account.id)).toEqual([]);
  });

  it("many times at once on two replicas is done once, and one row says so", async () => {
    const person = await aPerson();
    const { id: sessionId } = person.laptop.session;
    const grant = { kind: "grant", grantId: person.phone.offline } as const;
    const revoked = await times(50, (index) =>
      (index % 2 ? here : there).endAccess(grant, "refresh-token-reused", at(1), cause),
    );
    const ended = await times(10, (index) =>
      (index % 2 ? here : there).endAccess(
        { kind: "session", sessionId },
        "signed-out",
        at(1),
        cause,
      ),
    );
    expect(revoked.filter((one) => one.grants === 1)).toHaveLength(1);
    expect(ended.filter((one) => one.sessionIds.length === 1)).toHaveLength(1);
    const kinds = (await eventsOf(person.account.id)).map((event) => event.kind);
    expect(kinds.sort()).toEqual(["refresh.reused", "session.ended"]);
  });

  it("writes change and audit row together, or neither", async () => {
    const person = await aPerson();
    const { id: sessionId } = person.laptop.session;
    // An actor the database cannot store: the audit row fails after the changes were made.
    const impossible = { actor: "nul\0byte" };
    const scope = { kind: "session", sessionId } as const;
    await expect(here.endAccess(scope, "signed-out", at(1), impossible)).rejects.toThrow();
    expect(await stateOf(person)).toEqual({ laptop: alive, phone: alive });
    expect(await eventsOf(person.account.id)).toEqual([]);
  });
});
