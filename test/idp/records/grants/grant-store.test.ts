import { beforeAll, describe, expect, it } from "vitest";
import { openTestDatabase } from "../../../support/databases.ts";
import {
  addClient,
  at,
  cause,
  issueCode,
  MINUTE,
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

describe("finding a live grant", () => {
  it("takes one statement and brings the account", async () => {
    const signedIn = await signIn(stores);
    const { grantId } = await redeemCode(stores, signedIn, await addClient(stores));
    const { result, statements } = await statementsOf(stores, () =>
      stores.grants.findLive(grantId, at(1)),
    );
    expect(statements).toBe(1);
    expect(result?.grant).toMatchObject({ id: grantId, kind: "session" });
    expect(result?.account).toMatchObject({
      id: signedIn.account.id,
      email: signedIn.account.email,
    });
    expect(await stores.grants.findLive("no-such-grant", at(1))).toBeUndefined();
  });

  it("asks about many at once in one statement, and answers for each by itself", async () => {
    const client = await addClient(stores);
    const people = [await signIn(stores), await signIn(stores), await signIn(stores)];
    const [live, other, ended] = await Promise.all(
      people.map(async (person) => (await redeemCode(stores, person, client)).grantId),
    );
    if (!live || !other || !ended) throw new Error("three grants");
    await stores.endAccess({ kind: "grant", grantId: ended }, "code-replayed", at(1), cause);
    const ids = [live, ended, "no-such-grant", other, live];
    const { result, statements } = await statementsOf(stores, () =>
      Promise.all(ids.map((id) => stores.grants.isLive(id, at(2)))),
    );
    expect(result).toEqual([true, false, false, true, true]);
    expect(statements).toBe(1);
    const found = await Promise.all(ids.map((id) => stores.grants.findPerson(id, at(2))));
    const [alice, bob] = people.map(({ account }) => account.id);
    expect(found.map((one) => one?.account.id)).toEqual([alice, undefined, undefined, bob, alice]);
  });

  it("S3: finds none past its session's idle time, and a used one beyond that", async () => {
    const client = await addClient(stores);
    const { grantId, refreshToken } = await redeemCode(stores, await signIn(stores), client);
    expect(await stores.grants.findLive(grantId, at(30 * MINUTE))).toBeUndefined();
    await refresh(stores, { token: refreshToken, clientId: client.id }, at(29 * MINUTE));
    expect(await stores.grants.findLive(grantId, at(30 * MINUTE))).toBeDefined();
  });

  it("lists what of an account still counts, the last used first", async () => {
    const signedIn = await signIn(stores);
    const client = await addClient(stores);
    const first = await issueCode(stores, signedIn, client, at(0));
    const second = await issueCode(stores, signedIn, client, at(5));
    const ended = await issueCode(stores, signedIn, client, at(6));
    await stores.endAccess(
      { kind: "grant", grantId: ended.grantId },
      "token-revoked",
      at(7),
      cause,
    );
    const listed = await stores.grants.listForAccount(signedIn.account.id, at(8));
    expect(listed.map((grant) => grant.id)).toEqual([second.grantId, first.grantId]);
  });
});
