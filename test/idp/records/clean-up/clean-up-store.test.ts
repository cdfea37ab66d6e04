import { beforeAll, describe, expect, it } from "vitest";
import { newCredential } from "../../../../idp/protocol/credential.ts";
import { signInThrottleStore } from "../../../../idp/records/accounts/sign-in-throttle-store.ts";
import { cleanUpStore } from "../../../../idp/records/clean-up/clean-up-store.ts";
import { initialAccessTokenStore } from "../../../../idp/records/clients/initial-access-token-store.ts";
import { usedJtiStore } from "../../../../idp/records/clients/used-jti-store.ts";
import { newIdentifier } from "../../../../idp/records/identifier.ts";
import { AuthorizationRequest } from "../../../../idp/records/interactions/interaction-request.ts";
import { interactionStore } from "../../../../idp/records/interactions/interaction-store.ts";
import { pushedRequestStore } from "../../../../idp/records/interactions/pushed-request-store.ts";
import { openTwoHandles } from "../../../support/databases.ts";
import {
  addClient,
  at,
  DAY,
  HOUR,
  issueCode,
  lifetimes,
  MINUTE,
  redeemCode,
  refresh,
  type Stores,
  signIn,
  storesOver,
} from "../a-world.ts";

let here: Stores;
let there: Stores;
beforeAll(async () => {
  const [one, other] = await openTwoHandles();
  here = storesOver(one);
  there = storesOver(other);
});

const manyInteractions = (count: number, expiresAt = at(0)) =>
  here.database.orm.interaction.createMany({
    data: Array.from({ length: count }, (_, index) => ({
      id: `i-${expiresAt.getTime()}-${index}`,
      browserHash: "b",
      kind: "own-page",
      request: {},
      createdAt: at(-60),
      expiresAt,
    })),
  });

describe("removing what has expired", () => {
  it("R2: goes in batches, until nothing is left", async () => {
    await manyInteractions(250);
    const store = cleanUpStore(here.database);
    expect(await store.removeExpired(at(1), 100)).toBe(100);
    expect(await here.database.orm.interaction.count()).toBe(150);
    expect(await store.removeExpired(at(1), 100)).toBe(100);
    expect(await store.removeExpired(at(1), 100)).toBe(50);
    expect(await store.removeExpired(at(1), 100)).toBe(0);
  });

  it("R2: is one replica's work at a time, and removes nothing twice", async () => {
    await manyInteractions(300);
    const batches = await Promise.all(
      Array.from({ length: 20 }, (_, index) =>
        cleanUpStore((index % 2 ? here : there).database).removeExpired(at(1), 20),
      ),
    );
    const removed = batches.reduce((sum, batch) => sum + batch, 0);
    expect(removed).toBe(300 - (await here.database.orm.interaction.count()));
    await here.database.orm.interaction.deleteMany();
  });

  it("keeps what has not, to the second", async () => {
    const interactions = interactionStore(here.database, lifetimes);
    const browser = newCredential("browser");
    const { id } = await interactions.open({ browser, kind: "own-page", request: {} }, at(0));
    await signInThrottleStore(here.database).reserve({ emailKey: "a", address: "::1" }, at(0));
    await signIn(here);
    const store = cleanUpStore(here.database);
    expect(await store.removeExpired(at(30 * MINUTE - 1), 100)).toBe(0);
    expect(await interactions.find(id, browser, at(1))).toBeDefined();
    expect(await store.removeExpired(at(30 * MINUTE), 100)).toBe(1);
    // The place, the session; then the person and the person at the place.
    expect(await store.removeExpired(at(DAY), 100)).toBe(2);
    expect(await store.removeExpired(at(30 * DAY), 100)).toBe(2);
  });

  it("R2: lets go of what sites said of keys, of notices that no longer matter, of requests nobody confirmed", async () => {
    const { id: clientId } = await addClient(here);
    const { orm } = here.database;
    const times = { createdAt: at(0), nextAttemptAt: at(0) };
    const delivery = { kind: "key-notice", clientId, payload: {}, ...times };
    await orm.keySighting.createMany({
      data: ["a", "b"].map((instance, index) => ({
        clientId,
        instance,
        kids: ["k1"],
        seenAt: at(0),
        expiresAt: at(180 + index),
      })),
    });
    await orm.keyRevocationRequest.create({
      data: {
        id: newIdentifier(),
        kid: "k1",
        reason: "stolen",
        refreshTokens: "keep",
        requestedBy: "operator-token",
        requestedAt: at(0),
        expiresAt: at(15 * MINUTE),
      },
    });
    await orm.delivery.createMany({
      data: [
        { ...delivery, id: newIdentifier(), expiresAt: at(DAY) },
        { ...delivery, id: newIdentifier(), expiresAt: at(DAY), deliveredAt: at(1) },
      ],
    });
    const store = cleanUpStore(here.database);
    expect(await store.removeExpired(at(179), 100)).toBe(0);
    expect(await store.removeExpired(at(180), 100)).toBe(1);
    expect(await orm.keySighting.findMany()).toMatchObject([{ instance: "b" }]);
    expect(await store.removeExpired(at(15 * MINUTE), 100)).toBe(2);
    expect(await orm.delivery.count()).toBe(2);
    expect(await store.removeExpired(at(DAY), 100)).toBe(2);
    await here.clients.remove(clientId, at(DAY), { actor: "test" });
  });

  it("R2: lets go of assertions that could not come again, of pushed requests and spent permits to register", async () => {
    const client = await addClient(here);
    const usedJtis = usedJtiStore(here.database);
    const pushed = pushedRequestStore(here.database, lifetimes);
    await usedJtis.spend(client.id, "one", at(120));
    const request = AuthorizationRequest.parse({
      clientId: client.id,
      redirectUri: client.redirectUris[0],
      responseMode: "query",
      scopes: ["openid"],
      resources: [],
      prompt: [],
      acrValues: [],
      uiLocales: [],
    });
    const { expiresInSeconds } = await pushed.push(request, at(0));
    const permits = initialAccessTokenStore(here.database);
    await permits.add({ name: "team", expiresAt: at(HOUR) }, at(0), { actor: "test" });
    const store = cleanUpStore(here.database);
    const removedAt = async (time: Date) => [
      await store.removeExpired(new Date(time.getTime() - 1000), 100),
      await store.removeExpired(time, 100),
    ];
    expect(await removedAt(at(expiresInSeconds))).toEqual([0, 1]);
    expect(await usedJtis.spend(client.id, "one", at(120))).toBe(false);
    expect(await removedAt(at(120))).toEqual([0, 1]);
    expect(await usedJtis.spend(client.id, "one", at(240))).toBe(true);
    expect(await removedAt(at(240))).toEqual([0, 1]);
    expect(await removedAt(at(HOUR))).toEqual([0, 1]);
    await here.clients.remove(client.id, at(DAY), { actor: "test" });
  });

  it("R2: keeps codes and refresh tokens as long as their grant, so that theft is still seen", async () => {
    const client = await addClient(here);
    const store = cleanUpStore(here.database);
    const session = await signIn(here);
    const online = await redeemCode(here, session, client);
    const offline = await redeemCode(here, session, client, at(0), { kind: "offline" });
    await issueCode(here, session, client);

    const first = { token: offline.refreshToken, clientId: client.id };
    const { successor = "" } = await refresh(here, first, at(10));
    await refresh(here, { token: successor, clientId: client.id }, at(20));

    // The session, its two grants and what hangs on them; the offline grant stays whole.
    expect(await store.removeExpired(at(12 * HOUR), 100)).toBe(3);
    expect(await here.codes.explain(online.binding, at(12 * HOUR))).toEqual({ kind: "unknown" });
    expect(await here.codes.explain(offline.binding, at(12 * HOUR))).toMatchObject({
      kind: "replayed",
    });
    await store.removeExpired(at(45 * DAY), 100);
    expect(await refresh(here, first, at(45 * DAY))).toEqual({ how: "reused" });

    expect(await store.removeExpired(at(90 * DAY), 100)).toBe(1);
    expect(await here.database.orm.refreshToken.count()).toBe(0);
    expect(await here.database.orm.authorizationCode.count()).toBe(0);
  });
});
