import { beforeAll, describe, expect, it } from "vitest";
import { openTwoHandles } from "../../../support/databases.ts";
import { addAccount, addClient, at, cause, type Stores, storesOver, times } from "../a-world.ts";

let here: Stores;
let there: Stores;
beforeAll(async () => {
  const [one, other] = await openTwoHandles();
  here = storesOver(one);
  there = storesOver(other);
});

describe("a consent (OIDC Core §3.1.2.4)", () => {
  it("A10: is bound to person and client, and grows by what is allowed later", async () => {
    const { id: accountId } = await addAccount(here);
    const { id: clientId } = await addClient(here);
    const { id: otherClientId } = await addClient(here);
    expect(await here.consents.find(accountId, clientId)).toBeUndefined();

    await here.consents.record(accountId, clientId, ["openid"], ["urn:a"], at(0), cause);
    const grown = await there.consents.record(
      accountId,
      clientId,
      ["openid", "email"],
      ["urn:b"],
      at(5),
      cause,
    );
    const expected = {
      accountId,
      clientId,
      scopes: ["email", "openid"],
      resources: ["urn:a", "urn:b"],
      grantedAt: at(0),
      updatedAt: at(5),
    };
    expect(grown).toEqual(expected);
    expect(await here.consents.find(accountId, clientId)).toEqual(expected);
    expect(await here.consents.list(accountId)).toEqual([expected]);
    expect(await here.consents.find(accountId, otherClientId)).toBeUndefined();
  });

  it("loses no answer of 50 given at once on two replicas", async () => {
    const { id: accountId } = await addAccount(here);
    const { id: clientId } = await addClient(here);
    const scopes = Array.from({ length: 50 }, (_, index) => `scope-${index}`);
    await times(50, (index) =>
      (index % 2 ? here : there).consents.record(
        accountId,
        clientId,
        [scopes[index] ?? ""],
        [],
        at(1),
        cause,
      ),
    );
    expect((await here.consents.find(accountId, clientId))?.scopes).toEqual([...scopes].sort());
  });

  it("is in the audit with what was allowed, or not at all", async () => {
    const { id: accountId } = await addAccount(here);
    const { id: clientId } = await addClient(here);
    await here.consents.record(accountId, clientId, ["openid"], [], at(9), cause);
    const [event] = await here.audit.list({ limit: 1, kind: "consent.given" });
    expect(event).toMatchObject({
      at: at(9),
      accountId,
      clientId,
      details: { scopes: ["openid"] },
    });

    // A client that does not exist: neither row.
    const failing = here.consents.record(accountId, "nobody", ["openid"], [], at(10), cause);
    await expect(failing).rejects.toThrow();
    const [latest] = await here.audit.list({ limit: 1, kind: "consent.given" });
    expect(latest).toEqual(event);
  });
});
