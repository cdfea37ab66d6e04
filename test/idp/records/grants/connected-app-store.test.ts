import { beforeAll, describe, expect, it } from "vitest";
import {
  type ConnectedAppStore,
  connectedAppStore,
} from "../../../../idp/records/grants/connected-app-store.ts";
import { openTwoHandles } from "../../../support/databases.ts";
import {
  addAccount,
  addClient,
  at,
  cause,
  DAY,
  HOUR,
  lifetimes,
  redeemCode,
  type Stores,
  signIn,
  storesOver,
} from "../a-world.ts";

let here: Stores;
let apps: ConnectedAppStore;
beforeAll(async () => {
  const [one, other] = await openTwoHandles();
  here = storesOver(one);
  apps = connectedAppStore(other, lifetimes);
});

const list = (account: { id: string }, now: Date, page = { limit: 10, offset: 0 }) =>
  apps.list(account.id, page, now);

const allow = (account: { id: string }, client: { id: string }, scopes: string[], now = at(0)) =>
  here.consents.record(account.id, client.id, scopes, ["https://bank.example/api"], now, cause);

describe("a person's connected apps", () => {
  it("A10: join what was allowed with what is held", async () => {
    const person = await signIn(here);
    const stranger = await addClient(here, { name: "Ledgerline", firstParty: false });
    await allow(person.account, stranger, ["openid", "email"]);
    await redeemCode(here, person, stranger, at(5), { kind: "offline", scopes: ["openid"] });
    await redeemCode(here, person, stranger, at(9), { scopes: ["openid", "email"] });
    expect(await list(person.account, at(10))).toEqual([
      {
        clientId: stranger.id,
        scopes: ["email", "openid"],
        resources: ["https://bank.example/api"],
        since: at(0),
        lastUsedAt: at(9),
        isLive: true,
        offlineUntil: at(90 * DAY + 5),
      },
    ]);
  });

  it("are also those of our own that hold something without asking, as long as they do", async () => {
    const person = await signIn(here);
    const bank = await addClient(here, { name: "Harbour Bank" });
    await redeemCode(here, person, bank, at(3));
    expect(await list(person.account, at(4))).toMatchObject([
      { clientId: bank.id, since: at(3), isLive: true, scopes: ["accounts:read", "openid"] },
    ]);
    const scope = { kind: "session", sessionId: person.session.id } as const;
    await here.endAccess(scope, "signed-out", at(5), cause);
    expect(await list(person.account, at(6))).toEqual([]);
  });

  it("stay when nothing is held, since they would be given it again without asking", async () => {
    const account = await addAccount(here);
    const stranger = await addClient(here, { firstParty: false });
    await allow(account, stranger, ["openid"]);
    expect(await list(account, at(12 * HOUR))).toEqual([
      {
        clientId: stranger.id,
        scopes: ["openid"],
        resources: ["https://bank.example/api"],
        since: at(0),
        isLive: false,
      },
    ]);
  });

  it("D2: are nobody else's", async () => {
    const [alice, bruno] = [await signIn(here), await signIn(here)];
    const bank = await addClient(here);
    await redeemCode(here, bruno, bank);
    expect(await list(alice.account, at(1))).toEqual([]);
    expect(await apps.isConnected(alice.account.id, bank.id)).toBe(false);
    expect(await apps.isConnected(bruno.account.id, bank.id)).toBe(true);
    expect(await apps.isConnected(bruno.account.id, "no such client")).toBe(false);
  });

  it("come page by page, in the order of their names", async () => {
    const account = await addAccount(here);
    for (const name of ["C", "A", "B"]) {
      const client = await addClient(here, { id: `named-${name}`, name, firstParty: false });
      await allow(account, client, ["openid"]);
    }
    const ids = async (offset: number) =>
      (await list(account, at(1), { limit: 2, offset })).map(({ clientId }) => clientId);
    expect([await ids(0), await ids(2)]).toEqual([["named-A", "named-B"], ["named-C"]]);
  });
});
