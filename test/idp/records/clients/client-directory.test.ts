import { beforeAll, describe, expect, it } from "vitest";
import { clientDirectory } from "../../../../idp/records/clients/client-directory.ts";
import { openTwoHandles } from "../../../support/databases.ts";
import { addClient, at, cause, type Stores, statementsOf, storesOver } from "../a-world.ts";

let here: Stores;
let there: Stores;
beforeAll(async () => {
  const [one, other] = await openTwoHandles();
  here = storesOver(one);
  there = storesOver(other);
});

const resource = { identifier: "urn:bank", name: "Bank", scopes: { read: "Read" }, public: true };

describe("the directory of clients", () => {
  it("asks the database once for each client, known or not, and once for the resources", async () => {
    const { id } = await addClient(here);
    await here.clients.putResource(resource, at(0), cause);
    const directory = clientDirectory(here);
    const ask = async () => [
      (await directory.find(id))?.id,
      await directory.find("nobody"),
      (await directory.resource("urn:bank"))?.name,
      await directory.resource("urn:nothing"),
      (await directory.resources()).length,
    ];
    expect(await ask()).toEqual([id, undefined, "Bank", undefined, 1]);
    const { result, statements } = await statementsOf(here, ask);
    expect(result).toEqual([id, undefined, "Bank", undefined, 1]);
    expect(statements).toBe(0);
  });

  it("learns from another replica's changes at its next look", async () => {
    const { id } = await addClient(here);
    const directory = clientDirectory(here);
    await directory.refresh();
    expect((await directory.find(id))?.name).toBe("Harbour Bank");
    expect(await directory.find("late")).toBeUndefined();

    await there.clients.update(id, { name: "New name" }, at(1), cause);
    await addClient(there, { id: "late" });
    await there.clients.putResource({ ...resource, name: "New" }, at(1), cause);
    await directory.refresh();
    expect((await directory.find(id))?.name).toBe("New name");
    expect(await directory.find("late")).toBeDefined();
    expect((await directory.resource("urn:bank"))?.name).toBe("New");

    await there.endAccess({ kind: "client", clientId: id }, "client-disabled", at(2), cause);
    await directory.refresh();
    expect((await directory.find(id))?.disabledAt).toEqual(at(2));
  });

  it("keeps what it knows while nothing has changed", async () => {
    const { id } = await addClient(here);
    const directory = clientDirectory(here);
    await directory.refresh();
    await directory.find(id);
    await directory.refresh();
    const { statements } = await statementsOf(here, () => directory.find(id));
    expect(statements).toBe(0);
  });

  it("sees its own changes at once", async () => {
    const { id } = await addClient(here);
    const directory = clientDirectory(here);
    await directory.find(id);
    await here.clients.update(id, { name: "New name" }, at(1), cause);
    directory.forget();
    expect((await directory.find(id))?.name).toBe("New name");
  });

  it("does not remember an answer that was under way when it had to forget", async () => {
    const { id } = await addClient(here);
    const directory = clientDirectory(here);
    const underWay = directory.find(id);
    directory.forget();
    await underWay;
    const { statements } = await statementsOf(here, () => directory.find(id));
    expect(statements).toBeGreaterThan(0);
  });
});
