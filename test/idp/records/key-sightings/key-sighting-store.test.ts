import { beforeAll, beforeEach, describe, expect, it } from "vitest";
import { newIdentifier } from "../../../../idp/records/identifier.ts";
import {
  type KeySightingStore,
  keySightingStore,
} from "../../../../idp/records/key-sightings/key-sighting-store.ts";
import { openTwoHandles } from "../../../support/databases.ts";
import {
  addClient,
  at,
  cause,
  DAY,
  redeemCode,
  type Stores,
  signIn,
  storesOver,
  times,
} from "../a-world.ts";

const LIFETIME = 180;

let stores: Stores;
let here: KeySightingStore;
let there: KeySightingStore;
beforeAll(async () => {
  const [one, other] = await openTwoHandles();
  stores = storesOver(one);
  const options = { lifetimeSeconds: LIFETIME, usualAlg: "RS256" };
  here = keySightingStore(one, options);
  there = keySightingStore(other, options);
});
beforeEach(async () => {
  await stores.database.orm.client.deleteMany();
  await stores.database.orm.signingKey.deleteMany();
});

const sighting = (clientId: string, instance: string, kids: string[] = ["k1"]) => ({
  clientId,
  instance,
  kids,
  refused: [],
});

const site = async (clientId: string, now: Date) =>
  (await here.sites(at(-DAY), now)).find((one) => one.clientId === clientId);

const addKey = (kid: string, state: string, revokedAt: Date | null = null) =>
  stores.database.orm.signingKey.create({
    data: {
      kid,
      alg: "RS256",
      state,
      publicJwk: {},
      sealedPrivate: "",
      kekId: "k",
      publishedAt: at(0),
      createdAt: at(0),
      revokedAt,
    },
  });

describe("what instances say that they hold", () => {
  it("is what each of them said last, until it falls silent", async () => {
    const { id } = await addClient(stores, { name: "Bank" });
    await here.report(sighting(id, "b"), at(0));
    await here.report(sighting(id, "a", ["k1", "k2"]), at(10));
    await here.report(sighting(id, "b", ["k2"]), at(20));
    expect((await site(id, at(30)))?.instances).toEqual([
      { instance: "a", kids: ["k1", "k2"], seenAt: at(10) },
      { instance: "b", kids: ["k2"], seenAt: at(20) },
    ]);
    expect((await site(id, at(10 + LIFETIME)))?.instances).toMatchObject([{ instance: "b" }]);
    expect((await site(id, at(20 + LIFETIME)))?.instances).toEqual([]);
  });

  it("is one row an instance, however many replicas hear it at once", async () => {
    const { id } = await addClient(stores);
    await times(20, (index) => (index % 2 ? here : there).report(sighting(id, "a"), at(index)));
    expect((await site(id, at(20)))?.instances).toHaveLength(1);
  });

  it("goes with its client", async () => {
    const { id } = await addClient(stores);
    await here.report(sighting(id, "a"), at(0));
    await stores.clients.remove(id, at(1), cause);
    expect(await stores.database.orm.keySighting.count({ where: { clientId: id } })).toBe(0);
  });
});

describe("the sites, as the console lists them", () => {
  it("are the enabled clients, by name, with what their tokens are signed with", async () => {
    const keyEventsUri = "https://plan.example/key-events";
    const plan = await addClient(stores, {
      name: "Plan",
      keyEventsUri,
      idTokenSignedResponseAlg: "ES256",
    });
    const bank = await addClient(stores, { name: "Bank" });
    const gone = await addClient(stores, { name: "Gone" });
    const scope = { kind: "client", clientId: gone.id } as const;
    await stores.endAccess(scope, "client-disabled", at(0), cause);
    const common = { instances: [], counts: false };
    expect(await here.sites(at(0), at(1))).toEqual([
      { clientId: bank.id, name: "Bank", algs: ["RS256"], hearsEvents: false, ...common },
      { clientId: plan.id, name: "Plan", algs: ["RS256", "ES256"], hearsEvents: true, ...common },
    ]);
  });

  it("count when they have obtained a token since then", async () => {
    const used = await addClient(stores, { name: "Used" });
    await addClient(stores, { name: "Unused" });
    await redeemCode(stores, await signIn(stores), used, at(100));
    const names = async (since: Date) =>
      (await here.recentSites(since, at(200))).map(({ name }) => name);
    expect(await names(at(99))).toEqual(["Used"]);
    expect(await names(at(100))).toEqual([]);
  });
});

describe("who refuses a revoked key", () => {
  it("is kept in the order in which they began to, the first word of each", async () => {
    const { id } = await addClient(stores);
    const kid = newIdentifier();
    await addKey(kid, "revoked", at(0));
    const refuses = (instance: string, since: Date) =>
      here.report({ ...sighting(id, instance), refused: [{ kid, at: since }] }, at(10));
    await refuses("late", at(5));
    await refuses("early", at(2));
    await refuses("late", at(1));
    expect(
      (await here.refusals(kid)).map(({ instance, refusedAt }) => [instance, refusedAt]),
    ).toEqual([
      ["early", at(2)],
      ["late", at(5)],
    ]);
  });

  it("is not kept of a key that is not revoked", async () => {
    const { id } = await addClient(stores);
    await addKey("active-key", "active");
    const refused = [
      { kid: "active-key", at: at(1) },
      { kid: "unheard-of", at: at(1) },
    ];
    await here.report({ ...sighting(id, "a"), refused }, at(1));
    expect(await stores.database.orm.keyRefusal.count()).toBe(0);
  });
});

describe("what was revoked lately", () => {
  it("is told in the order in which it was, and only so long", async () => {
    await addKey("second", "revoked", at(20));
    await addKey("first", "revoked", at(10));
    await addKey("retired", "retired");
    expect(await here.revokedSince(at(0))).toEqual(["first", "second"]);
    expect(await here.revokedSince(at(10))).toEqual(["second"]);
  });
});
