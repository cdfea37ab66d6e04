import { beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { NewClient } from "../../../../idp/records/clients/client.ts";
import { deliveryStore } from "../../../../idp/records/outbox/delivery-store.ts";
import { openTwoHandles } from "../../../support/databases.ts";
import { addClient, at, HOUR, type Stores, storesOver, times } from "../a-world.ts";

const URI = "https://bank.example/key-events";
/** How long a claimed delivery is held. */
const HELD = 10;

let here: Stores;
let there: Stores;
beforeAll(async () => {
  const [one, other] = await openTwoHandles();
  here = storesOver(one);
  there = storesOver(other);
});
beforeEach(async () => {
  await here.database.orm.delivery.deleteMany();
});

const storeOver = ({ database }: Stores) => deliveryStore(database, { lifetimeSeconds: 24 * HOUR });
const aListener = (client: Partial<NewClient> = {}) =>
  addClient(here, { keyEventsUri: URI, ...client });

const notice = (clientId: string, ...revoked: string[]) =>
  ({ kind: "key-notice", clientId, payload: { revoked } }) as const;

const put = (clientIds: readonly string[], now = at(0), kid = "old-key") =>
  here.database.transaction((orm) =>
    storeOver(here).put(
      orm,
      clientIds.map((clientId) => notice(clientId, kid)),
      now,
    ),
  );

describe("the outbox", () => {
  it("hands out what was put into it: where, what, and which attempt it is", async () => {
    const { id: clientId } = await aListener();
    await put([clientId]);
    expect(await storeOver(here).claim({ most: 8 }, at(0))).toEqual([
      {
        id: expect.any(String),
        kind: "key-notice",
        clientId,
        uri: URI,
        payload: { revoked: ["old-key"] },
        attempt: 1,
        heldUntil: at(HELD),
      },
    ]);
  });

  it("holds nothing of a change that did not happen", async () => {
    const { id } = await aListener();
    const failing = here.database.transaction(async (orm) => {
      await storeOver(here).put(orm, [notice(id, "old-key")], at(0));
      throw new Error("the rest of the change failed");
    });
    await expect(failing).rejects.toThrow("the rest of the change failed");
    expect(await storeOver(here).claim({ most: 8 }, at(1))).toEqual([]);
  });

  it("hands out no more than asked for, the longest due first", async () => {
    const clients = await times(3, () => aListener());
    for (const [index, { id }] of clients.entries()) await put([id], at(index));
    const [first] = await storeOver(here).claim({ most: 1 }, at(5));
    expect(first?.clientId).toBe(clients[0]?.id);
    expect(await storeOver(here).claim({ most: 8 }, at(5))).toHaveLength(2);
  });

  it("hands out nothing to clients that are disabled or hear nothing", async () => {
    const deaf = await addClient(here);
    const gone = await aListener();
    await here.endAccess({ kind: "client", clientId: gone.id }, "client-disabled", at(0), {
      actor: "test",
    });
    await put([deaf.id, gone.id]);
    expect(await storeOver(here).claim({ most: 8 }, at(1))).toEqual([]);
    await here.clients.enable(gone.id, at(2), { actor: "test" });
    expect(await storeOver(here).claim({ most: 8 }, at(2))).toMatchObject([{ clientId: gone.id }]);
  });

  it("forgets those of a client that is removed", async () => {
    const { id } = await aListener();
    await put([id]);
    await here.clients.remove(id, at(1), { actor: "test" });
    expect(await storeOver(here).claim({ most: 8 }, at(1))).toEqual([]);
  });
});

describe("several replicas at one outbox", () => {
  it("share the work: each delivery is handed to one of them, and all are handed out", async () => {
    const { id } = await aListener();
    await put(Array.from({ length: 40 }, () => id));
    const claims = await times(20, (index) =>
      storeOver(index % 2 ? here : there).claim({ most: 4 }, at(1)),
    );
    const ids = claims.flat().map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
    // Whoever met only rows that others were taking went without: they are still due.
    const takeMore = () => storeOver(here).claim({ most: 8 }, at(1));
    for (let more = await takeMore(); more.length > 0; more = await takeMore())
      ids.push(...more.map(({ id }) => id));
    expect([ids.length, new Set(ids).size]).toEqual([40, 40]);
  });

  it("one that dies with a delivery in its hands is succeeded by another, not before its time", async () => {
    const { id } = await aListener();
    await put([id]);
    expect(await storeOver(here).claim({ most: 8 }, at(0))).toHaveLength(1);
    expect(await storeOver(there).claim({ most: 8 }, at(HELD - 1))).toEqual([]);
    expect(await storeOver(there).claim({ most: 8 }, at(HELD))).toMatchObject([
      { clientId: id, attempt: 2, heldUntil: at(2 * HELD) },
    ]);
  });

  it("one that comes back too late does not speak for its successor's attempt", async () => {
    const { id } = await aListener();
    await put([id]);
    const [slow] = await storeOver(here).claim({ most: 8 }, at(0));
    const [successor] = await storeOver(there).claim({ most: 8 }, at(HELD));
    if (!slow || !successor) throw new Error("nothing was due");
    await storeOver(here).failed(slow, { problem: "too late", nextAttemptAt: at(HELD + 1) });
    expect(await storeOver(here).claim({ most: 8 }, at(HELD + 1))).toEqual([]);
    // What has arrived has arrived, whoever brought it.
    await storeOver(here).delivered(slow, at(HELD + 2));
    await storeOver(there).failed(successor, { problem: "refused", nextAttemptAt: at(HELD + 3) });
    expect(await storeOver(here).noticesOf("old-key")).toMatchObject([
      { clientId: id, deliveredAt: at(HELD + 2) },
    ]);
    expect(await storeOver(here).claim({ most: 8 }, at(HOUR))).toEqual([]);
  });
});

describe("what has not arrived", () => {
  it("is due again when whoever failed said so", async () => {
    const { id } = await aListener();
    await put([id]);
    const [claimed] = await storeOver(here).claim({ most: 8 }, at(0));
    if (!claimed) throw new Error("nothing was due");
    await storeOver(here).failed(claimed, { problem: "answers 500", nextAttemptAt: at(2) });
    expect(await storeOver(here).claim({ most: 8 }, at(1))).toEqual([]);
    expect(await storeOver(here).claim({ most: 8 }, at(2))).toMatchObject([{ attempt: 2 }]);
  });

  it("is given up when it no longer matters", async () => {
    const { id } = await aListener();
    await put([id]);
    expect(await storeOver(here).claim({ most: 8 }, at(24 * HOUR))).toEqual([]);
  });
});

describe("how far a notice has come", () => {
  it("is told client by client, of the key that was asked for alone", async () => {
    const [bank, plan] = await Promise.all([
      aListener({ id: "a-bank" }),
      aListener({ id: "b-plan" }),
    ]);
    await put([bank.id, plan.id], at(0), "stolen-key");
    await put([bank.id], at(0), "other-key");
    const claimed = await storeOver(here).claim({ most: 8 }, at(1));
    for (const delivery of claimed) {
      if (delivery.clientId === bank.id) await storeOver(here).delivered(delivery, at(2));
      else
        await storeOver(here).failed(delivery, {
          problem: "connection refused",
          nextAttemptAt: at(3),
        });
    }
    const expiresAt = at(24 * HOUR);
    expect(await storeOver(here).noticesOf("stolen-key")).toEqual([
      { clientId: "a-bank", attempts: 1, expiresAt, deliveredAt: at(2) },
      { clientId: "b-plan", attempts: 1, expiresAt, problem: "connection refused" },
    ]);
    expect(await storeOver(here).noticesOf("unheard-of")).toEqual([]);
  });
});
