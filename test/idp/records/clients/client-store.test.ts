import { beforeAll, describe, expect, it } from "vitest";
import { hashOf } from "../../../../idp/protocol/credential.ts";
import { ClientExists, isPublicClient } from "../../../../idp/records/clients/client.ts";
import { openTwoHandles } from "../../../support/databases.ts";
import { aClient, addClient, at, cause, type Stores, storesOver, times } from "../a-world.ts";

let here: Stores;
let there: Stores;
beforeAll(async () => {
  const [one, other] = await openTwoHandles();
  here = storesOver(one);
  there = storesOver(other);
});

describe("a client", () => {
  it("is found as it was added, on any replica", async () => {
    const client = aClient({ defaultMaxAgeSeconds: 300, metadata: { client_uri: "https://a" } });
    const added = await here.clients.add(client, "sgx_secret", at(1), cause);
    const expected = {
      ...client,
      idTokenSignedResponseAlg: "RS256",
      backchannelLogoutSessionRequired: false,
      frontchannelLogoutSessionRequired: false,
      requirePushedAuthorizationRequests: false,
      idTokenOnRefresh: false,
      createdAt: at(1),
      secrets: [{ id: expect.any(String), hash: hashOf("sgx_secret"), createdAt: at(1) }],
    };
    expect(added).toEqual(expected);
    expect(await there.clients.find(client.id)).toEqual(expected);
    expect(await there.clients.find("nobody")).toBeUndefined();
  });

  it("may be public and have no secret", async () => {
    const app = await addClient(here, { tokenEndpointAuthMethod: "none" });
    expect(app.secrets).toEqual([]);
    expect(isPublicClient(app)).toBe(true);
  });

  it("is added under a free id only", async () => {
    const { id } = await addClient(here);
    await expect(addClient(there, { id })).rejects.toThrow(ClientExists);
  });

  it("is changed in the members named, listed, and removed with all it had", async () => {
    const { id } = await addClient(here);
    expect(
      await here.clients.update(id, { name: "New name", scopes: ["openid"] }, at(2), cause),
    ).toBe(true);
    expect(await there.clients.find(id)).toMatchObject({ name: "New name", scopes: ["openid"] });
    const ids = (await there.clients.list({ limit: 1000 })).map((client) => client.id);
    expect(ids).toContain(id);
    const rest = await there.clients.list({ limit: 1000, after: id });
    expect(rest.map((client) => client.id)).toEqual(ids.slice(ids.indexOf(id) + 1));

    expect(await here.clients.remove(id, at(3), cause)).toBe(true);
    expect(await there.clients.find(id)).toBeUndefined();
    expect(await here.clients.remove(id, at(3), cause)).toBe(false);
    expect(await here.clients.update(id, { name: "x" }, at(3), cause)).toBe(false);
    const kinds = (await here.audit.list({ limit: 1000 }))
      .filter((event) => event.clientId === id)
      .map((event) => event.kind);
    expect(kinds).toEqual(["client.removed", "client.changed", "client.added"]);
  });
});

describe("the company's own sites", () => {
  it("are the first-party clients that are open, by name, however many others have registered", async () => {
    const own = await addClient(here, { name: "Zebra", firstParty: true });
    const other = await addClient(here, { name: "Aardvark", firstParty: true });
    await addClient(here, { name: "Somebody else's", firstParty: false });
    const listed = (await there.clients.listFirstParty()).map(({ id }) => id);
    expect(listed.filter((id) => [own.id, other.id].includes(id))).toEqual([other.id, own.id]);
    expect((await there.clients.listFirstParty()).every(({ firstParty }) => firstParty)).toBe(true);
  });
});

describe("what ID tokens are signed with", () => {
  it("is RS256 unless said otherwise, and found where it is none of those asked for", async () => {
    await addClient(here);
    const elliptic = await addClient(here, { name: "B", idTokenSignedResponseAlg: "ES256" });
    const edwards = await addClient(here, { name: "A", idTokenSignedResponseAlg: "EdDSA" });
    const otherThan = async (algs: string[], limit = 10) =>
      (await there.clients.listSignedOtherwise(algs, { limit })).map(({ id }) => id);
    expect(await otherThan(["RS256"])).toEqual([edwards.id, elliptic.id]);
    expect(await otherThan(["RS256"], 1)).toEqual([edwards.id]);
    expect(await otherThan(["RS256", "EdDSA"])).toEqual([elliptic.id]);
    expect(await otherThan(["RS256", "EdDSA", "ES256"])).toEqual([]);
  });
});

describe("client secrets", () => {
  it("C1: two overlap while a client moves from one to the other; the third ends the first", async () => {
    const { id } = await here.clients.add(aClient(), "sgx_first", at(0), cause);
    const second = (await here.clients.addSecret(id, at(1), cause)) ?? "";
    const hashes = async () => (await there.clients.find(id))?.secrets.map((one) => one.hash);
    expect(second).toMatch(/^sgx_[\w-]{43}$/);
    expect(await hashes()).toEqual([hashOf(second), hashOf("sgx_first")]);

    const third = (await here.clients.addSecret(id, at(2), cause)) ?? "";
    expect(await hashes()).toEqual([hashOf(third), hashOf(second)]);
    const [newest] = (await there.clients.find(id))?.secrets ?? [];
    expect(await here.clients.removeSecret(id, newest?.id ?? "", at(3), cause)).toBe(true);
    expect(await hashes()).toEqual([hashOf(second)]);
    expect(await here.clients.addSecret("nobody", at(3), cause)).toBeUndefined();
  });

  it("are never more than two, of however many added at once", async () => {
    const { id } = await addClient(here);
    await times(20, (index) => (index % 2 ? here : there).clients.addSecret(id, at(index), cause));
    expect((await here.clients.find(id))?.secrets).toHaveLength(2);
  });

  it("R1: are kept as hashes", async () => {
    const { id } = await addClient(here);
    const secret = (await here.clients.addSecret(id, at(1), cause)) ?? "";
    const dump = JSON.stringify([
      await here.database.orm.clientSecret.findMany(),
      await here.database.orm.auditEvent.findMany(),
    ]);
    expect(dump).not.toContain(secret);
  });
});

describe("resources (RFC 8707)", () => {
  it("are added and said anew", async () => {
    const resource = {
      identifier: "https://bank.example/api",
      name: "Harbour Bank",
      scopes: { "accounts:read": "See your accounts" },
      public: true,
    };
    await here.clients.putResource(resource, at(1), cause);
    await there.clients.putResource({ ...resource, name: "The bank" }, at(2), cause);
    expect(await here.clients.listResources()).toEqual([{ ...resource, name: "The bank" }]);
  });
});

it("the directory's version rises by one with each change, whoever makes it", async () => {
  const before = await here.clients.directoryVersion();
  await times(20, (index) => addClient(index % 2 ? here : there));
  expect(await here.clients.directoryVersion()).toBe(before + 20);
});
