import { beforeAll, describe, expect, it } from "vitest";
import { hashOf, newCredential } from "../../../../idp/protocol/credential.ts";
import { cleanUpStore } from "../../../../idp/records/clean-up/clean-up-store.ts";
import { openTwoHandles } from "../../../support/databases.ts";
import { addAccount, at, cause, DAY, type Stores, storesOver, times } from "../a-world.ts";

let here: Stores;
let there: Stores;
beforeAll(async () => {
  const [one, other] = await openTwoHandles();
  here = storesOver(one);
  there = storesOver(other);
});

type Account = Awaited<ReturnType<typeof addAccount>>;
const userAgent = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0";

const signInFrom = (account: Account, device: string | undefined, now = at(0), stores = here) =>
  stores.sessions.begin({ account, acr: "pwd", amr: ["pwd"], userAgent, device }, now, cause);

const newsOf = async ({ id }: Account) =>
  (await here.audit.list({ limit: 500, kind: "sign-in.new-device" })).filter(
    (event) => event.accountId === id,
  );

const devicesOf = ({ id }: Account) =>
  here.database.orm.knownDevice.findMany({ where: { accountId: id } });

describe("a browser that an account has not signed in from before", () => {
  it("is told of with the sign-in, in words; the account's very first is not", async () => {
    const account = await addAccount(here);
    await signInFrom(account, newCredential("device"));
    expect(await newsOf(account)).toEqual([]);
    const { session } = await signInFrom(account, newCredential("device"), at(60));
    expect(await newsOf(account)).toEqual([
      {
        id: expect.any(String),
        at: at(60),
        kind: "sign-in.new-device",
        actor: "system",
        outcome: "success",
        accountId: account.id,
        sessionId: session.id,
        requestId: "request-1",
        details: { device: "Firefox on Linux" },
      },
    ]);
  });

  it("is known from then on, on every replica", async () => {
    const account = await addAccount(here);
    const [laptop, phone] = [newCredential("device"), newCredential("device")];
    await signInFrom(account, laptop);
    await signInFrom(account, phone, at(1), there);
    await signInFrom(account, phone, at(2), here);
    await signInFrom(account, laptop, at(3), there);
    expect(await newsOf(account)).toHaveLength(1);
  });

  it("is one for each person who uses it", async () => {
    const device = newCredential("device");
    const [alice, bruno] = [await addAccount(here), await addAccount(here)];
    for (const account of [alice, bruno]) {
      await signInFrom(account, newCredential("device"));
      await signInFrom(account, device, at(1));
      await signInFrom(account, device, at(2));
      expect(await newsOf(account)).toHaveLength(1);
    }
    const rows = { where: { deviceHash: hashOf(device) } };
    expect(await here.database.orm.knownDevice.count(rows)).toBe(2);
  });

  it("without a cookie, or with something that is none, is new each time", async () => {
    const account = await addAccount(here);
    await signInFrom(account, newCredential("device"));
    const odd = [undefined, "", "garbage", newCredential("session"), newCredential("browser")];
    for (const device of odd) await signInFrom(account, device, at(1));
    expect(await newsOf(account)).toHaveLength(odd.length);
    expect(await devicesOf(account)).toHaveLength(1);
  });

  it("R1: is kept as the hash of its cookie alone", async () => {
    const account = await addAccount(here);
    const device = newCredential("device");
    await signInFrom(account, device);
    await signInFrom(account, newCredential("device"), at(1));
    const kept = JSON.stringify([await devicesOf(account), await newsOf(account)]);
    expect(kept).toContain(hashOf(device));
    expect(kept).not.toContain(device);
    expect(kept).not.toContain("Mozilla");
  });

  it("R2: is forgotten 400 days after it was last seen, and its row leaves", async () => {
    const account = await addAccount(here);
    const [laptop, phone] = [newCredential("device"), newCredential("device")];
    await signInFrom(account, laptop);
    await signInFrom(account, phone);
    await signInFrom(account, laptop, at(300 * DAY));
    await signInFrom(account, laptop, at(400 * DAY));
    expect(await newsOf(account)).toHaveLength(1);
    await signInFrom(account, phone, at(400 * DAY));
    expect(await newsOf(account)).toHaveLength(2);

    const others = { where: { accountId: { not: account.id } } };
    await here.database.orm.knownDevice.deleteMany(others);
    const store = cleanUpStore(here.database);
    await store.removeExpired(at(800 * DAY - 1), 1000);
    expect(await devicesOf(account)).toHaveLength(2);
    await store.removeExpired(at(800 * DAY), 1000);
    expect(await devicesOf(account)).toEqual([]);
  });

  it("is one of 50 that are kept: the one unseen for longest makes room", async () => {
    const account = await addAccount(here);
    const first = newCredential("device");
    await signInFrom(account, first);
    for (let index = 1; index <= 60; index += 1) {
      await signInFrom(account, newCredential("device"), at(index));
    }
    const kept = await devicesOf(account);
    expect(kept).toHaveLength(50);
    expect(Math.min(...kept.map(({ lastSeenAt }) => lastSeenAt.getTime()))).toBe(at(11).getTime());
    expect(kept.map(({ deviceHash }) => deviceHash)).not.toContain(hashOf(first));
  });

  it("of 20 sign-ins at once on two replicas is told of once", async () => {
    const account = await addAccount(here);
    await signInFrom(account, newCredential("device"));
    const device = newCredential("device");
    await times(20, (index) => signInFrom(account, device, at(1), index % 2 ? here : there));
    expect(await newsOf(account)).toHaveLength(1);
    expect(await devicesOf(account)).toHaveLength(2);
  });

  it("is forgotten with all others once a person did not recognize a sign-in", async () => {
    const account = await addAccount(here);
    const device = newCredential("device");
    await signInFrom(account, device);
    const scope = { kind: "sessions-of", accountId: account.id } as const;
    await here.endAccess(scope, "signed-out-everywhere", at(1), cause);
    expect(await devicesOf(account)).toHaveLength(1);
    await here.endAccess(scope, "not-me", at(2), cause);
    expect(await devicesOf(account)).toEqual([]);
    await signInFrom(account, device, at(3));
    expect(await newsOf(account)).toHaveLength(1);
  });

  it("D3: is kept with the sign-in it came with, or not at all", async () => {
    const account = await addAccount(here);
    await signInFrom(account, newCredential("device"));
    const impossible = { actor: "nul\0byte" };
    const device = newCredential("device");
    const proof = { account, acr: "pwd", amr: ["pwd"], userAgent, device };
    await expect(here.sessions.begin(proof, at(1), impossible)).rejects.toThrow();
    expect(await devicesOf(account)).toHaveLength(1);
    expect(await newsOf(account)).toEqual([]);
  });
});
