import { beforeAll, describe, expect, it } from "vitest";
import { AccountExists } from "../../../../idp/records/accounts/account.ts";
import {
  type PasswordLinkStore,
  passwordLinkStore,
} from "../../../../idp/records/accounts/password-link-store.ts";
import { openTwoHandles } from "../../../support/databases.ts";
import { addAccount, at, cause, MINUTE, type Stores, storesOver, times } from "../a-world.ts";

let here: Stores;
let there: Stores;
let links: PasswordLinkStore;
let linksThere: PasswordLinkStore;
beforeAll(async () => {
  const [one, other] = await openTwoHandles();
  here = storesOver(one);
  there = storesOver(other);
  links = passwordLinkStore(one);
  linksThere = passwordLinkStore(other);
});

const somebody = {
  email: "Zoë@Example.test",
  emailVerified: true,
  name: "Zoë",
  claims: { given_name: "Zoë", address: { country: "NL" } },
  passwordHash: "$argon2id$…",
  isAdmin: false,
  isKeyAdmin: true,
  isDemo: true,
};

describe("an account", () => {
  it("is found as it was added, by id and by any spelling of its address", async () => {
    const added = await here.accounts.add(somebody, at(1), cause);
    expect(added).toEqual({
      ...somebody,
      id: expect.any(String),
      createdAt: at(1),
      updatedAt: at(1),
    });
    expect(await there.accounts.find(added.id)).toEqual(added);
    expect(await there.accounts.findByEmail("  zoë@EXAMPLE.test ")).toEqual(added);
    expect(await there.accounts.findByEmail("zoe@example.test")).toBeUndefined();
    const again = { ...somebody, email: "ZOË@example.test" };
    await expect(there.accounts.add(again, at(2), cause)).rejects.toThrow(AccountExists);
  });

  it("T6: added again under the same address after its deletion, is another subject", async () => {
    const first = await addAccount(here, "again@example.test");
    await here.database.orm.account.delete({ where: { id: first.id } });
    const second = await addAccount(here, "again@example.test");
    expect(second.id).not.toBe(first.id);
    // 128 random bits, not a counter or anything made from the address.
    expect(second.id).toMatch(/^[\w-]{22}$/);
    expect(await here.accounts.find(first.id)).toBeUndefined();
  });

  it("of 20 added at once under one address, is one", async () => {
    const outcomes = await times(20, (index) =>
      addAccount(index % 2 ? here : there, "Race@example.test").catch((error: unknown) => error),
    );
    const refused = outcomes.filter((outcome) => outcome instanceof AccountExists);
    expect(refused).toHaveLength(19);
  });

  it("is listed page by page, in the order of addresses", async () => {
    for (const name of ["b", "a", "c"]) await addAccount(here, `list-${name}@example.test`);
    const [first] = (await here.accounts.list({ limit: 1000 })).filter((one) =>
      one.email.startsWith("list-"),
    );
    const next = await here.accounts.list({ limit: 2, after: first?.id ?? "" });
    expect(first?.email).toBe("list-a@example.test");
    expect(next.map((one) => one.email)).toEqual(["list-b@example.test", "list-c@example.test"]);
  });

  it("P1: keeps a stronger hash only for the password it was made of", async () => {
    const { id } = await addAccount(here);
    await here.accounts.setPassword(id, "old", at(1), cause);
    await here.accounts.rehash(id, "old", "stronger");
    expect((await here.accounts.find(id))?.passwordHash).toBe("stronger");
    await here.accounts.setPassword(id, "new password", at(2), cause);
    await there.accounts.rehash(id, "stronger", "strongest");
    expect((await here.accounts.find(id))?.passwordHash).toBe("new password");
    expect(await here.accounts.setPassword("nobody", "x", at(3), cause)).toBe(false);
  });

  it("is enabled again once, with its row in the audit", async () => {
    const { id } = await addAccount(here);
    await here.endAccess({ kind: "account", accountId: id }, "account-disabled", at(1), cause);
    expect(await here.accounts.enable(id, at(2), cause)).toBe(true);
    expect(await here.accounts.enable(id, at(3), cause)).toBe(false);
    expect(await here.accounts.find(id)).not.toHaveProperty("disabledAt");
    const kinds = (await here.audit.list({ limit: 1000 }))
      .filter((event) => event.accountId === id)
      .map((event) => event.kind);
    expect(kinds).toEqual(["account.enabled", "account.disabled", "account.added"]);
  });

  it("knows whether only the demo has made any", async () => {
    expect(await here.accounts.holdsOnlyDemo()).toBe(true);
    const real = { ...somebody, email: "real@example.test", isDemo: false };
    const { id } = await here.accounts.add(real, at(1), cause);
    expect(await there.accounts.holdsOnlyDemo()).toBe(false);
    await here.database.orm.account.delete({ where: { id } });
  });
});

describe("a link to set a password (security P9)", () => {
  const minutes = 10 * MINUTE;
  const use = (stores: Stores, link: string, accountId: string, hash: string, now: Date) =>
    stores.changePassword.byLink({ link, accountId }, hash, now, cause);

  it("sets it once, within its ten minutes, and ends the account's other links", async () => {
    const { id } = await addAccount(here);
    const link = await links.create(id, at(0), minutes, cause);
    const other = await links.create(id, at(1), minutes, cause);
    expect((await linksThere.find(link, at(599)))?.id).toBe(id);
    expect(await use(here, link, id, "hash", at(599))).toBe(true);

    expect((await here.accounts.find(id))?.passwordHash).toBe("hash");
    for (const gone of [link, other]) {
      expect(await links.find(gone, at(599))).toBeUndefined();
      expect(await use(here, gone, id, "second", at(599))).toBe(false);
    }
    expect((await here.accounts.find(id))?.passwordHash).toBe("hash");
  });

  it("is nothing after ten minutes, or for a disabled account", async () => {
    const { id } = await addAccount(here);
    const late = await links.create(id, at(0), minutes, cause);
    expect(await links.find(late, at(600))).toBeUndefined();
    expect(await use(here, late, id, "hash", at(600))).toBe(false);

    const link = await links.create(id, at(0), minutes, cause);
    await here.endAccess({ kind: "account", accountId: id }, "account-disabled", at(1), cause);
    expect(await links.find(link, at(2))).toBeUndefined();
    expect(await use(here, link, id, "hash", at(2))).toBe(false);
  });

  it("of 20 uses at once on two replicas, one sets the password", async () => {
    const { id } = await addAccount(here);
    const link = await links.create(id, at(0), minutes, cause);
    const used = await times(20, (index) =>
      use(index % 2 ? here : there, link, id, `hash-${index}`, at(1)),
    );
    expect(used.filter(Boolean)).toHaveLength(1);
    expect((await here.accounts.find(id))?.passwordHash).toBe(`hash-${used.indexOf(true)}`);
  });

  it("T9, R1: is no other kind of secret, and kept as a hash", async () => {
    const { id } = await addAccount(here);
    const link = await links.create(id, at(0), minutes, cause);
    expect(await links.find(`sgs_${link.slice(4)}`, at(1))).toBeUndefined();
    expect(await use(here, `sgc_${link.slice(4)}`, id, "hash", at(1))).toBe(false);
    const rows = [
      await here.database.orm.passwordLink.findMany(),
      await here.database.orm.auditEvent.findMany(),
    ];
    expect(JSON.stringify(rows)).not.toContain(link);
  });
});
