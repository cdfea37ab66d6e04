import { beforeAll, describe, expect, it } from "vitest";
import { openTwoHandles } from "../../../support/databases.ts";
import {
  addClient,
  at,
  cause,
  DAY,
  type Stores,
  statementsOf,
  storesOver,
  times,
} from "../a-world.ts";

let here: Stores;
let there: Stores;
beforeAll(async () => {
  const [one, other] = await openTwoHandles();
  here = storesOver(one);
  there = storesOver(other);
});

const machine = { grantTypes: ["client_credentials"] };

describe("the standing grant of a client that acts for itself (RFC 6749 §4.4)", () => {
  it("takes no statement once warm", async () => {
    const { id: clientId } = await addClient(here, machine);
    const key = { clientId, resource: "https://bank.example/api", scopes: ["accounts:read"] };
    const grant = await here.standingGrants.require(key, at(0));
    const { result, statements } = await statementsOf(here, () =>
      here.standingGrants.require(key, at(1)),
    );
    expect(result).toEqual(grant);
    expect(statements).toBe(0);
    expect(await here.grants.findLive(grant?.id ?? "", at(1))).toEqual({
      grant: expect.objectContaining({
        kind: "client",
        clientId,
        scopes: ["accounts:read"],
        resources: ["https://bank.example/api"],
      }),
    });
  });

  it("is one per client, resource and set of scopes, on all replicas", async () => {
    const { id: clientId } = await addClient(here, machine);
    const scopes = ["a", "b"];
    const ids = await times(50, (index) =>
      idOf(
        storesOver((index % 2 ? here : there).database).standingGrants.require(
          { clientId, scopes: index % 3 ? scopes : [...scopes].reverse() },
          at(0),
        ),
      ),
    );
    expect(new Set(ids).size).toBe(1);
    const other = await idOf(here.standingGrants.require({ clientId, scopes: ["a"] }, at(0)));
    const named = await idOf(
      here.standingGrants.require({ clientId, scopes, resource: "urn:r" }, at(0)),
    );
    expect(new Set([ids[0], other, named]).size).toBe(3);
  });

  it("once revoked is made anew: here at once, elsewhere within seconds", async () => {
    const { id: clientId } = await addClient(here, machine);
    const key = { clientId, scopes: ["a"] };
    const grantId = (await idOf(here.standingGrants.require(key, at(0)))) ?? "";
    await there.standingGrants.require(key, at(0));

    await here.endAccess({ kind: "grant", grantId }, "token-revoked", at(1), cause);
    here.standingGrants.forget();
    const next = await idOf(here.standingGrants.require(key, at(1)));
    expect(next).not.toBe(grantId);
    expect(await idOf(there.standingGrants.require(key, at(15)))).toBe(next);
    expect(await here.grants.findLive(grantId, at(2))).toBeUndefined();
  });

  it("is refused to a disabled client, and given again once it is enabled", async () => {
    const { id: clientId } = await addClient(here, machine);
    const key = { clientId, scopes: ["a"] };
    await here.endAccess({ kind: "client", clientId }, "client-disabled", at(1), cause);
    expect(await here.standingGrants.require(key, at(2))).toBeUndefined();
    await here.clients.enable(clientId, at(3), cause);
    expect(await here.standingGrants.require(key, at(4))).toBeDefined();
  });

  it("lives on while it is used", async () => {
    const { id: clientId } = await addClient(here, machine);
    const key = { clientId, scopes: ["a"] };
    const grantId = (await idOf(here.standingGrants.require(key, at(0)))) ?? "";
    expect(await idOf(here.standingGrants.require(key, at(60 * DAY)))).toBe(grantId);
    expect(await here.grants.findLive(grantId, at(120 * DAY))).toBeDefined();
  });
});

const idOf = async (grant: Promise<{ id: string } | undefined>) => (await grant)?.id;
