import { afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { hashOf, newCredential } from "../../../idp/protocol/credential.ts";
import type { Orm } from "../../../prisma/database.ts";
import { removeAllKeys } from "../../keys/a-key-lifecycle.ts";
import { openTwoHandles } from "../../support/databases.ts";
import {
  addClient,
  at,
  issueCode,
  redeemCode,
  refresh,
  type Stores,
  signIn,
  storesOver,
  times,
} from "../records/a-world.ts";
import { whileHeld } from "../records/end-while.ts";
import { aKeyReplica, clock, type KeyReplica } from "./a-key-revocation.ts";

let here: Stores;
let there: Stores;
beforeAll(async () => {
  const [one, other] = await openTwoHandles();
  here = storesOver(one);
  there = storesOver(other);
});

let replica: KeyReplica;
let other: KeyReplica;
beforeEach(async () => {
  clock.set(at(1));
  replica = await aKeyReplica(here.database);
  other = await aKeyReplica(there.database);
});
afterEach(async () => {
  await replica.keys.stop();
  await other.keys.stop();
  await here.database.orm.delivery.deleteMany();
  await here.database.orm.keyRevocationRequest.deleteMany();
  await here.database.orm.grantCutOff.deleteMany();
  await removeAllKeys(here.database);
});

const ines = { actor: "account:ines", requestId: "r-1", reason: "its backup was stolen" };
const carla = { actor: "account:carla", requestId: "r-2" };

const throwOut = async (by: KeyReplica, refreshTokens: "keep" | "end" = "keep") => {
  const kid = await by.kidIn("active");
  return { kid, result: await by.revoke({ kid, refreshTokens, cause: ines }) };
};
const auditOf = async (kind: string) =>
  (await here.audit.list({ limit: 500 })).filter((event) => event.kind === kind);

/** A person with an online and an offline family, and a client that acts for itself. */
async function families() {
  const client = await addClient(here);
  const signedIn = await signIn(here);
  const online = await redeemCode(here, signedIn, client);
  const offline = await redeemCode(here, signedIn, client, at(0), { kind: "offline" });
  const standing = await here.standingGrants.require({ clientId: client.id, scopes: [] }, at(0));
  return { client, signedIn, online, offline, standing: standing?.id ?? "" };
}
const isLive = async (grantId: string) =>
  (await there.grants.findLive(grantId, at(2))) !== undefined;

describe("throwing a signing key out (K4)", () => {
  it("makes the pending key sign at once, and publishes a fresh one", async () => {
    const pending = await replica.kidIn("pending");
    const { kid, result } = await throwOut(replica);
    expect(result).toMatchObject({ kind: "revoked", activated: pending, revokedAt: at(1) });
    expect(replica.keys.ring.activeKid).toBe(pending);
    for (const one of [replica, other]) {
      await one.keys.poll();
      expect(one.keys.ring.verificationKey(kid)).toBeUndefined();
      expect(one.keys.ring.hintKey(kid)).toBeUndefined();
      expect(one.keys.ring.publication().body.toString()).not.toContain(kid);
    }
    expect(await auditOf("keys.revoked")).toMatchObject([
      { actor: "account:ines", reason: "its backup was stolen", details: { kid, was: "active" } },
    ]);
  });

  it("tells every enabled client that can be told, and sends at once", async () => {
    const keyEventsUri = "https://site.example/key-events";
    const told = await addClient(here, { keyEventsUri });
    await addClient(here);
    const disabled = await addClient(here, { keyEventsUri });
    const scope = { kind: "client", clientId: disabled.id } as const;
    await here.endAccess(scope, "client-disabled", at(0), ines);
    const { kid } = await throwOut(replica);
    expect(await other.outbox.noticesOf(kid)).toMatchObject([{ clientId: told.id, attempts: 0 }]);
    expect(replica.woken.times).toBe(1);
    await here.clients.remove(told.id, at(2), ines);
  });

  it("keeps the refresh tokens, or ends them all, as is said", async () => {
    const before = await families();
    await throwOut(replica, "keep");
    expect(await isLive(before.online.grantId)).toBe(true);
    expect(await auditOf("grant.revoked")).toEqual([]);

    const { kid } = await throwOut(replica, "end");
    expect(await isLive(before.online.grantId)).toBe(false);
    expect(await isLive(before.offline.grantId)).toBe(false);
    // Whoever is signed in to Signet is still, and gets new tokens by the new key.
    expect(await there.sessions.find(before.signedIn.secret, at(2))).toBeDefined();
    expect(await isLive(before.standing)).toBe(true);
    const [event] = await auditOf("grant.revoked");
    expect(event).toMatchObject({ actor: "account:ines", reason: "its backup was stolen" });
    const until = at(1).toISOString();
    expect(event?.details).toEqual({ because: "key-revoked", kid, until });
  });

  it("ends what there was and nothing of what begins afterwards", async () => {
    await throwOut(replica, "end");
    const client = await addClient(here);
    const signedIn = await signIn(here);
    const before = await redeemCode(here, signedIn, client, at(2));
    expect(await isLive(before.grantId)).toBe(true);
    await throwOut(replica, "keep");
    expect(await isLive(before.grantId)).toBe(true);
    clock.set(at(3));
    await throwOut(replica, "end");
    expect(await isLive(before.grantId)).toBe(false);
  });

  it("takes no more statements for many grants than for none", async () => {
    const statements = async () => {
      const before = there.database.statements.count;
      await throwOut(other, "end");
      return there.database.statements.count - before;
    };
    clock.set(at(-1));
    const forNone = await statements();
    clock.set(at(1));
    for (let person = 0; person < 3; person += 1) await families();
    expect(await statements()).toBe(forNone);
  });

  it("is one thing: key, notices and refresh tokens, or nothing of them", async () => {
    const { online } = await families();
    const failing = await aKeyReplica(here.database, {
      deliveries: { put: () => Promise.reject(new Error("no outbox")) },
    });
    const kid = await failing.kidIn("active");
    const revoking = failing.revoke({ kid, refreshTokens: "end", cause: ines });
    await expect(revoking).rejects.toThrow("no outbox");
    expect(await other.kidIn("active")).toBe(kid);
    expect(await isLive(online.grantId)).toBe(true);
    expect(await auditOf("keys.revoked")).toEqual([]);
    expect(failing.woken.times).toBe(0);
    await failing.keys.stop();
  });

  it("is refused for an unknown key, for one that is out already, and past the day's limit (D1)", async () => {
    const revoke = (kid: string) => replica.revoke({ kid, refreshTokens: "keep", cause: ines });
    expect((await revoke("unknown")).kind).toBe("unknown-key");
    const { kid } = await throwOut(replica);
    expect((await revoke(kid)).kind).toBe("already-revoked");
    const limited = await aKeyReplica(here.database, { mostChanges: 1 });
    expect((await throwOut(limited)).result).toEqual({ kind: "limit-reached", most: 1 });
    await limited.keys.stop();
  });

  it("of 10 at once on two replicas is done once", async () => {
    const kid = await replica.kidIn("active");
    const cause = ines;
    const results = await times(10, (index) =>
      (index % 2 ? replica : other).revoke({ kid, refreshTokens: "keep", cause }),
    );
    const kinds = results.map((result) => result.kind);
    expect(kinds.filter((kind) => kind === "revoked")).toHaveLength(1);
    expect(new Set(kinds)).toEqual(new Set(["revoked", "already-revoked"]));
    expect(await auditOf("keys.revoked")).toHaveLength(1);
  });
});

describe("refresh tokens that end while they are in use (K4)", () => {
  const endAll = () => throwOut(other, "end");

  it("a refresh under way waits, or is waited for, and its successor is of no use", async () => {
    const { client, online } = await families();
    const tokenHash = hashOf(online.refreshToken);
    const presented = { token: online.refreshToken, clientId: client.id };
    const { issued } = await whileHeld(
      there,
      (orm: Orm) => orm.refreshToken.update({ where: { tokenHash }, data: { generation: 0 } }),
      () => refresh(here, presented, at(1)),
      endAll,
    );
    expect(await isLive(online.grantId)).toBe(false);
    const { successor = online.refreshToken } = issued;
    const next = await refresh(here, { ...presented, token: successor }, at(2));
    expect(next).toEqual({ how: "ended" });
  });

  it("a code redeemed meanwhile gets no family that lives on", async () => {
    const client = await addClient(here);
    const signedIn = await signIn(here);
    const { binding, grantId } = await issueCode(here, signedIn, client);
    const codeHash = hashOf(binding.code);
    const { redirectUri } = binding;
    await whileHeld(
      there,
      (orm: Orm) => orm.authorizationCode.update({ where: { codeHash }, data: { redirectUri } }),
      () => here.codes.redeem({ ...binding, refreshToken: newCredential("refresh") }, at(1)),
      endAll,
    );
    expect(await isLive(grantId)).toBe(false);
  });

  it("a code that waits to be redeemed is of no use either", async () => {
    const client = await addClient(here);
    const { binding } = await issueCode(here, await signIn(here), client);
    await endAll();
    const redemption = { ...binding, refreshToken: newCredential("refresh") };
    expect(await here.codes.redeem(redemption, at(2))).toBeUndefined();
  });
});

describe("throwing a signing key out by two people (D1, ASVS 2.3.5)", () => {
  let byTwo: KeyReplica;
  let byTwoThere: KeyReplica;
  beforeEach(async () => {
    byTwo = await aKeyReplica(here.database, { byTwo: true });
    byTwoThere = await aKeyReplica(there.database, { byTwo: true });
  });
  afterEach(async () => {
    await byTwo.keys.stop();
    await byTwoThere.keys.stop();
  });

  const ask = async () => {
    const { kid, result } = await throwOut(byTwo, "end");
    if (result.kind !== "requested") throw new Error(result.kind);
    return { kid, id: result.request.id };
  };

  it("changes nothing until another one confirms, and then does what was asked", async () => {
    const { online } = await families();
    const { kid, id } = await ask();
    expect(await byTwo.kidIn("active")).toBe(kid);
    expect(await isLive(online.grantId)).toBe(true);
    expect(await byTwoThere.open()).toMatchObject([{ id, kid, requestedBy: "account:ines" }]);

    expect(await byTwoThere.confirm(id, carla)).toMatchObject({ kind: "revoked", kid });
    expect(await byTwo.kidIn("revoked")).toBe(kid);
    expect(await isLive(online.grantId)).toBe(false);
    expect(await byTwo.open()).toEqual([]);
    // For the reason that was given by whoever asked.
    expect(await auditOf("keys.revoked")).toMatchObject([
      { actor: "account:carla", reason: "its backup was stolen" },
    ]);
    expect(await auditOf("keys.revocation-requested")).toMatchObject([
      { actor: "account:ines", details: { request: id, kid, refreshTokens: "end" } },
    ]);
  });

  it("takes no yes from whoever asked, and remembers that it was tried", async () => {
    const { kid, id } = await ask();
    expect(await byTwoThere.confirm(id, ines)).toEqual({ kind: "same-person" });
    expect(await byTwo.kidIn("active")).toBe(kid);
    expect(await byTwo.open()).toHaveLength(1);
    expect(await auditOf("keys.revocation-refused")).toMatchObject([
      { actor: "account:ines", reason: "the same person" },
    ]);
  });

  it("takes no yes after a quarter of an hour, nor of a request that there is not", async () => {
    const { id } = await ask();
    clock.advance(900);
    expect(await byTwo.confirm(id, carla)).toEqual({ kind: "expired" });
    expect(await byTwo.refuse(id, carla)).toEqual({ kind: "expired" });
    expect(await byTwo.confirm("unknown", carla)).toEqual({ kind: "unknown-request" });
    expect(await auditOf("keys.revoked")).toEqual([]);
  });

  it("takes no yes after a no", async () => {
    const { id } = await ask();
    expect((await byTwo.refuse(id, carla)).kind).toBe("refused");
    expect(await byTwoThere.confirm(id, carla)).toEqual({ kind: "decided" });
    expect(await auditOf("keys.revoked")).toEqual([]);
  });

  it("of many yes and no at once on two replicas takes one", async () => {
    const { id } = await ask();
    const kinds = await times(10, async (index): Promise<string> => {
      const one = index % 2 ? byTwo : byTwoThere;
      const by = { actor: `account:${index}` };
      return (await (index % 3 ? one.confirm(id, by) : one.refuse(id, by))).kind;
    });
    const decisions = kinds.filter((kind) => kind === "revoked" || kind === "refused");
    expect(decisions).toHaveLength(1);
    expect(new Set(kinds)).toEqual(new Set([...decisions, "decided"]));
    const revoked = await auditOf("keys.revoked");
    expect(revoked).toHaveLength(decisions[0] === "revoked" ? 1 : 0);
  });

  it("asks once for one key, and for none that is out", async () => {
    const { kid, id } = await ask();
    const again = await byTwoThere.revoke({ kid, refreshTokens: "keep", cause: ines });
    expect(again).toMatchObject({ kind: "already-requested", request: { id } });
    await byTwo.confirm(id, carla);
    const cause = ines;
    const revoke = (one: string) => byTwo.revoke({ kid: one, refreshTokens: "keep", cause });
    expect((await revoke(kid)).kind).toBe("already-revoked");
    expect((await revoke("unknown")).kind).toBe("unknown-key");
  });

  it("leaves the request open when the day's limit is reached", async () => {
    const { id } = await ask();
    const limited = await aKeyReplica(here.database, { byTwo: true, mostChanges: 0 });
    expect(await limited.confirm(id, carla)).toMatchObject({ kind: "limit-reached" });
    expect(await byTwo.open()).toHaveLength(1);
    await limited.keys.stop();
  });
});
