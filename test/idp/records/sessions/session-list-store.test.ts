import { beforeAll, describe, expect, it } from "vitest";
import { newCredential } from "../../../../idp/protocol/credential.ts";
import {
  type SessionListStore,
  sessionListStore,
} from "../../../../idp/records/sessions/session-list-store.ts";
import { openTwoHandles } from "../../../support/databases.ts";
import {
  addAccount,
  addClient,
  at,
  cause,
  HOUR,
  issueCode,
  lifetimes,
  MINUTE,
  type SignedIn,
  type Stores,
  signIn,
  statementsOf,
  storesOver,
} from "../a-world.ts";

let here: Stores;
let list: SessionListStore;
beforeAll(async () => {
  const [one, other] = await openTwoHandles();
  here = storesOver(one);
  list = sessionListStore(other, lifetimes);
});

/** The same browser each time, which is therefore no news. */
async function signInAgain(
  { account, device }: Pick<SignedIn, "account"> & { device: string },
  now: Date,
) {
  const authentication = { account, acr: "pwd", amr: ["pwd"], userAgent: "A browser", device };
  return { account, ...(await here.sessions.begin(authentication, now, cause)) };
}

const ask = (account: { id: string }, current: string, now: Date, most = 10) =>
  list.list({ accountId: account.id, current, most }, now);

describe("a person's own sign-ins", () => {
  it("come in one statement: this one, then new ones, then the last used", async () => {
    const account = await addAccount(here);
    const known = { account, device: newCredential("device") };
    const first = await signInAgain(known, at(0));
    const second = await signInAgain(known, at(10));
    const strange = await signIn(here, at(5), account);
    const current = await signInAgain(known, at(1));
    const { result, statements } = await statementsOf(here, () =>
      ask(account, current.session.id, at(20)),
    );
    expect(result.sessions.map(({ id, isNewDevice }) => [id, isNewDevice])).toEqual([
      [current.session.id, false],
      [strange.session.id, true],
      [second.session.id, false],
      [first.session.id, false],
    ]);
    expect(result.total).toBe(4);
    if (here.database.kind === "pglite") expect(statements).toBe(1);
  });

  it("say where each has been, in the order in which it came there", async () => {
    const session = await signIn(here);
    const [bank, plan] = [await addClient(here), await addClient(here)];
    for (const [index, client] of [plan, bank, plan].entries()) {
      await issueCode(here, session, client, at(index));
    }
    const { sessions } = await ask(session.account, session.session.id, at(9));
    expect(sessions).toMatchObject([{ clientIds: [plan.id, bank.id] }]);
  });

  it("S3: are those that count, to the second", async () => {
    const { account, session } = await signIn(here);
    const ended = await signIn(here, at(1), account);
    const scope = { kind: "session", sessionId: ended.session.id } as const;
    await here.endAccess(scope, "signed-out", at(2), cause);
    const idle = at(30 * MINUTE - 1);
    expect((await ask(account, session.id, idle)).total).toBe(1);
    expect(await ask(account, session.id, at(30 * MINUTE))).toEqual({ sessions: [], total: 0 });
  });

  it("D2: are nobody else's", async () => {
    const [alice, bruno] = [await signIn(here), await signIn(here)];
    const { sessions } = await ask(alice.account, bruno.session.id, at(1));
    expect(sessions.map(({ id }) => id)).toEqual([alice.session.id]);
    expect(await list.findOwn(alice.account.id, bruno.session.id)).toBeUndefined();
    expect(await list.findOwn(alice.account.id, alice.session.id)).toMatchObject({
      id: alice.session.id,
    });
  });

  it("are bounded, this one and the new ones first, and counted", async () => {
    const account = await addAccount(here);
    const known = { account, device: newCredential("device") };
    const current = await signInAgain(known, at(0));
    const strange = await signIn(here, at(1), account);
    for (let index = 2; index < 9; index += 1) await signInAgain(known, at(index));
    const { sessions, total } = await ask(account, current.session.id, at(20), 3);
    expect(sessions.map(({ id }) => id).slice(0, 2)).toEqual([
      current.session.id,
      strange.session.id,
    ]);
    expect([sessions.length, total]).toEqual([3, 9]);
  });

  it("are no longer new after half a day", async () => {
    const account = await addAccount(here);
    await signIn(here, at(0), account);
    const strange = await signIn(here, at(0), account);
    const stay = { lastUsedAt: at(12 * HOUR), expiresAt: at(24 * HOUR) };
    await here.database.orm.session.update({ where: { id: strange.session.id }, data: stay });
    const { sessions } = await ask(account, "none", at(12 * HOUR));
    expect(sessions).toMatchObject([{ isNewDevice: false }]);
  });
});
