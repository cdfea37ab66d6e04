import { beforeAll, describe, expect, it } from "vitest";
import {
  type KeyProbeStore,
  keyProbeStore,
} from "../../../../idp/records/key-probes/key-probe-store.ts";
import { openTestDatabase } from "../../../support/databases.ts";
import { addClient, at, cause, type Stores, storesOver, times } from "../a-world.ts";

const keyEventsUri = "https://bank.example/key-events";

let stores: Stores;
let probes: KeyProbeStore;
beforeAll(async () => {
  const database = await openTestDatabase();
  stores = storesOver(database);
  probes = keyProbeStore(database);
});

const verified = (clientId: string, kid: string) =>
  ({ clientId, kid, outcome: "verified" }) as const;

describe("whom a drill asks", () => {
  it("is every enabled client that hears of key events, by name", async () => {
    await addClient(stores, { id: "deaf", name: "A" });
    await addClient(stores, { id: "zulu", name: "Zulu", keyEventsUri });
    await addClient(stores, {
      id: "alpha",
      name: "Alpha",
      keyEventsUri,
      idTokenSignedResponseAlg: "ES256",
    });
    await addClient(stores, { id: "gone", name: "Gone", keyEventsUri });
    const gone = { kind: "client", clientId: "gone" } as const;
    await stores.endAccess(gone, "client-disabled", at(0), cause);
    expect(await probes.sites()).toEqual([
      { clientId: "alpha", name: "Alpha", uri: keyEventsUri, idTokenSignedResponseAlg: "ES256" },
      { clientId: "zulu", name: "Zulu", uri: keyEventsUri, idTokenSignedResponseAlg: "RS256" },
    ]);
  });
});

describe("what a drill leaves behind", () => {
  it("is the newest result of each site and key", async () => {
    const [bank, plan] = await times(2, () => addClient(stores));
    if (!bank || !plan) throw new Error("no clients");
    const refused = { outcome: "refused", problem: "does not know the key" } as const;
    await probes.record(
      {
        results: [verified(bank.id, "next"), { clientId: plan.id, kid: "next", ...refused }],
        cause,
      },
      at(0),
    );
    await probes.record({ results: [verified(plan.id, "next")], cause }, at(10));
    const latest = await probes.latest(["next", "unheard-of"]);
    expect(new Set(latest)).toEqual(
      new Set([
        { ...verified(bank.id, "next"), at: at(0) },
        { ...verified(plan.id, "next"), at: at(10) },
      ]),
    );
    expect(await probes.latest(["other"])).toEqual([]);
  });

  it("G2: is one row in the audit, with who asked for it and which sites failed", async () => {
    const { id } = await addClient(stores);
    const unreachable = { outcome: "unreachable", problem: "connection refused" } as const;
    const results = [{ clientId: id, kid: "k1", ...unreachable }];
    await probes.record({ results, cause: { ...cause, reason: "before the rotation" } }, at(20));
    const [event] = await stores.audit.list({ limit: 1, kind: "keys.drilled" });
    expect(event).toMatchObject({
      at: at(20),
      kind: "keys.drilled",
      outcome: "success",
      ...cause,
      reason: "before the rotation",
      details: {
        kids: ["k1"],
        verified: 0,
        failed: 1,
        sites: [{ clientId: id, kid: "k1", outcome: "unreachable" }],
      },
    });
  });

  it("is nothing of a client that was removed meanwhile, and all of the others", async () => {
    const { id } = await addClient(stores);
    const results = [verified("never-was", "k2"), verified(id, "k2")];
    await probes.record({ results, cause }, at(30));
    expect(await probes.latest(["k2"])).toMatchObject([{ clientId: id }]);
  });

  it("several at once come to an end, and one result each", async () => {
    const results: ReturnType<typeof verified>[] = [];
    for (let index = 0; index < 10; index += 1)
      results.push(verified((await addClient(stores)).id, "k3"));
    await times(8, (index) =>
      probes.record({ results: index % 2 ? results : results.toReversed(), cause }, at(index)),
    );
    expect(await probes.latest(["k3"])).toHaveLength(10);
  });
});
