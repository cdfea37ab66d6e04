import { beforeAll, describe, expect, it } from "vitest";
import {
  decideRequest,
  type KeyRevocationRequestStore,
  keyRevocationRequestStore,
} from "../../../../idp/records/key-revocations/key-revocation-request-store.ts";
import { openTwoHandles } from "../../../support/databases.ts";
import { at, type Stores, storesOver, times } from "../a-world.ts";

let here: Stores;
let there: Stores;
let requests: KeyRevocationRequestStore;
let requestsThere: KeyRevocationRequestStore;
beforeAll(async () => {
  const [one, other] = await openTwoHandles();
  here = storesOver(one);
  there = storesOver(other);
  requests = keyRevocationRequestStore(one);
  requestsThere = keyRevocationRequestStore(other);
});

const ines = { actor: "account:ines", requestId: "r-1", reason: "leaked" };
const carla = { actor: "account:carla", requestId: "r-2", reason: "not so" };

let kids = 0;
const ask = async (now = at(0)) => {
  const asked = { kid: `key-${kids++}`, reason: "leaked", refreshTokens: "end" } as const;
  return requests.open(asked, now, ines);
};
const auditOf = async (id: string) =>
  (await here.audit.list({ limit: 500 }))
    .filter(({ details }) => details?.request === id)
    .map(({ kind, outcome, actor, reason }) => [kind, outcome, actor, reason]);

describe("a request to throw a key out (D1)", () => {
  it("waits a quarter of an hour for a second person, and is audited", async () => {
    const { request, isNew } = await ask();
    expect(isNew).toBe(true);
    expect(request).toMatchObject({ requestedBy: "account:ines", expiresAt: at(900) });
    expect(await requestsThere.find(request.id)).toEqual(request);
    expect(await requestsThere.listOpen(at(899))).toContainEqual(request);
    expect(await requestsThere.listOpen(at(900))).not.toContainEqual(request);
    expect(await auditOf(request.id)).toEqual([
      ["keys.revocation-requested", "success", "account:ines", "leaked"],
    ]);
  });

  it("is one for a key at a time", async () => {
    const { request } = await ask();
    const { kid } = request;
    const asked = { kid, reason: "me too", refreshTokens: "keep" } as const;
    expect(await requestsThere.open(asked, at(1), carla)).toEqual({ request, isNew: false });
    expect(await auditOf(request.id)).toHaveLength(1);
    const afterwards = await requestsThere.open(asked, at(900), carla);
    expect(afterwards.isNew).toBe(true);
  });

  it("can be refused, once and in time", async () => {
    const { request } = await ask();
    expect(await requestsThere.refuse(request, at(1), carla)).toBe(true);
    expect(await requests.refuse(request, at(2), ines)).toBe(false);
    expect(await requests.find(request.id)).toMatchObject({ decidedBy: "account:carla" });
    expect(await auditOf(request.id)).toContainEqual([
      "keys.revocation-refused",
      "refused",
      "account:carla",
      "not so",
    ]);
    const { request: late } = await ask();
    expect(await requests.refuse(late, at(900), carla)).toBe(false);
  });

  it("of many decisions at once on two replicas takes one", async () => {
    const { request } = await ask();
    const decisions = await times(20, (index) => {
      const { database } = index % 2 ? here : there;
      return index % 3
        ? (index % 2 ? requests : requestsThere).refuse(request, at(1), carla)
        : database.transaction((orm) => decideRequest(orm, request.id, "account:max", at(1)));
    });
    expect(decisions.filter(Boolean)).toHaveLength(1);
    const refusals = await auditOf(request.id);
    const isRefused = (await requests.find(request.id))?.decidedBy === "account:carla";
    expect(refusals).toHaveLength(isRefused ? 2 : 1);
  });

  it("stays open when the same person tries to be the second one, which is known", async () => {
    const { request } = await ask();
    await requests.recordSamePerson(request, at(1), ines);
    expect(await requests.listOpen(at(2))).toContainEqual(request);
    expect(await auditOf(request.id)).toContainEqual([
      "keys.revocation-refused",
      "refused",
      "account:ines",
      "the same person",
    ]);
  });
});
