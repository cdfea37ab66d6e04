import { beforeAll, describe, expect, it } from "vitest";
import { openTestDatabase } from "../../../support/databases.ts";
import {
  addClient,
  at,
  cause,
  issueCode,
  redeemCode,
  refresh,
  type Stores,
  signIn,
  statementsOf,
  storesOver,
} from "../a-world.ts";

let stores: Stores;
beforeAll(async () => {
  stores = storesOver(await openTestDatabase());
});

describe("the sites that sessions have reached", () => {
  it("says when each was last given tokens, after the session has ended too", async () => {
    const signedIn = await signIn(stores);
    const { id: sessionId } = signedIn.session;
    const bank = await addClient(stores);
    const portal = await addClient(stores);
    const never = await addClient(stores);
    const { refreshToken } = await redeemCode(stores, signedIn, bank, at(0));
    await redeemCode(stores, signedIn, portal, at(5));
    await issueCode(stores, signedIn, never, at(6));
    await refresh(stores, { token: refreshToken, clientId: bank.id }, at(60));
    await stores.endAccess({ kind: "session", sessionId }, "signed-out", at(70), cause);

    const sid = expect.stringMatching(/^[\w-]{16,}$/);
    const { result, statements } = await statementsOf(stores, () =>
      stores.reachedSites.of([sessionId]),
    );
    expect(statements).toBe(1);
    expect(result).toEqual([
      { sessionId, clientId: bank.id, sid, lastIssuedAt: at(60) },
      { sessionId, clientId: portal.id, sid, lastIssuedAt: at(5) },
      { sessionId, clientId: never.id, sid },
    ]);
  });

  it("knows several sessions apart, and nothing of any other", async () => {
    const bank = await addClient(stores);
    const [laptop, phone, stranger] = [
      await signIn(stores),
      await signIn(stores),
      await signIn(stores),
    ];
    for (const one of [laptop, phone, stranger]) await redeemCode(stores, one, bank, at(0));
    const ids = [laptop.session.id, phone.session.id];
    const reached = await stores.reachedSites.of(ids);
    expect(reached.map(({ sessionId }) => sessionId).sort()).toEqual(ids.sort());
    expect(new Set(reached.map(({ sid }) => sid)).size).toBe(2);
    expect(await stores.reachedSites.of([])).toEqual([]);
  });
});
