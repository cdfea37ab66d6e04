// What the provider tells the sites of its keys, and what they tell back: drills, sightings and the
// notice of a stolen key, between the real provider and the real kit.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { aHouse, type House, until } from "../support/a-house.ts";

const cause = { actor: "operator-token", reason: "an exercise" };

let house: House;
beforeAll(async () => {
  house = await aHouse();
});
afterAll(() => house?.close());

const known = () => house.idp().known;
const pendingKid = async () =>
  (await known().keys.list()).find(({ state }) => state === "pending")?.kid ?? "";
const sites = () => known().sightings.sites(house.clock.now(), house.clock.now());

describe("sites and keys", () => {
  it("each site reports the keys it holds, by itself", async () => {
    const kids = [known().ring.activeKid, await pendingKid()];
    await until(async () => {
      const reported = await sites();
      return reported.every(({ instances }) =>
        instances.some((instance) => kids.every((kid) => instance.kids.includes(kid))),
      );
    });
  });

  it("each site verifies a probe by the key that is to sign next", async () => {
    const results = await known().drill(cause, house.clock.now());
    expect(results.map(({ clientName, outcome }) => [clientName, outcome])).toEqual([
      ["Evergreen Retirement", "verified"],
      ["Harbour Bank", "verified"],
    ]);
  });

  it("K4: each site refuses a stolen key when it is told, and says so", async () => {
    const kid = known().ring.activeKid;
    const sitesThere = (await sites()).map(({ clientId }) => clientId);
    const revoked = await known().keys.revoke({
      kid,
      cause,
      alongside: (orm, at) =>
        known().deliveries.put(
          orm,
          sitesThere.map((clientId) => ({
            kind: "key-notice",
            clientId,
            payload: { revoked: [kid] },
          })),
          at,
        ),
    });
    expect(revoked).toMatchObject({ kind: "revoked" });
    known().sender.wake();
    await until(async () => {
      const notices = await known().deliveries.noticesOf(kid);
      return notices.length === 2 && notices.every(({ deliveredAt }) => deliveredAt !== undefined);
    });
    await until(async () => (await known().sightings.refusals(kid)).length === 2);
    await until(async () =>
      (await sites()).every(({ instances }) => instances.every(({ kids }) => !kids.includes(kid))),
    );
  });

  it("and the next drill finds them ready for the key after that", async () => {
    const results = await known().drill(cause, house.clock.now());
    expect(results.map(({ outcome }) => outcome)).toEqual(["verified", "verified"]);
  });
});
