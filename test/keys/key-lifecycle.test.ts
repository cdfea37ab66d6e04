import { decodeProtectedHeader, jwtVerify } from "jose";
import { beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { KeyLifecycle, RotateResult } from "../../keys/key-lifecycle.ts";
import type { Database } from "../../prisma/database.ts";
import { openTwoHandles } from "../support/databases.ts";
import { type MovableClock, movableClock } from "../support/movable-clock.ts";
import {
  aKeyLifecycle,
  JWKS_MAX_AGE_SECONDS,
  LEAD_SECONDS,
  LEAVES_AFTER_SECONDS,
  operator,
  publishedKids,
  removeAllKeys,
  requireRotated,
  SKEW_SECONDS,
  silentSite,
} from "./a-key-lifecycle.ts";

let first: Database;
let second: Database;
let clock: MovableClock;
let keys: KeyLifecycle;

beforeAll(async () => {
  [first, second] = await openTwoHandles();
});

beforeEach(async () => {
  await removeAllKeys(first);
  clock = movableClock();
  keys = aKeyLifecycle(first, clock);
  await keys.start();
});

const states = async () => (await keys.list()).map(({ state }) => state).sort();

const sign = ({ ring }: KeyLifecycle) =>
  ring.sign({ typ: "JWT" }, { sub: "alice", exp: clock.now().getTime() / 1000 + 300 });

const kidOf = (token: string) => decodeProtectedHeader(token).kid ?? "";

describe("the first start", () => {
  it("makes RSA keys for RS256, the default", async () => {
    await removeAllKeys(first);
    const rsa = aKeyLifecycle(first, clock, { signingAlgs: ["RS256"] });
    await rsa.start();
    const published = JSON.parse(rsa.ring.publication().body.toString()).keys;
    for (const jwk of published) expect(jwk).toMatchObject({ kty: "RSA", alg: "RS256" });
    expect(published).toHaveLength(2);
    expect(decodeProtectedHeader(await sign(rsa))).toEqual({
      alg: "RS256",
      typ: "JWT",
      kid: rsa.ring.activeKid,
    });
  });

  it("makes an active and a pending key, and says so in the audit", async () => {
    expect(await states()).toEqual(["active", "pending"]);
    expect(publishedKids(keys)).toHaveLength(2);
    expect(publishedKids(keys)[0]).toBe(keys.ring.activeKid);
    const [event, ...others] = await first.orm.auditEvent.findMany();
    expect(others).toEqual([]);
    expect(event).toMatchObject({ kind: "keys.created", actor: "system", outcome: "success" });
  });

  it("K6: of three replicas at once yields one key set", async () => {
    await removeAllKeys(first);
    const replicas = [first, second, first].map((database) => aKeyLifecycle(database, clock));
    await Promise.all(replicas.map((replica) => replica.start()));
    expect(await states()).toEqual(["active", "pending"]);
    const [one, ...others] = replicas.map(publishedKids);
    for (const other of others) expect(other).toEqual(one);
    expect(await first.orm.auditEvent.count()).toBe(1);
  });

  it("makes nothing where there are keys already", async () => {
    const before = await keys.list();
    await aKeyLifecycle(second, clock).start();
    expect(await keys.list()).toEqual(before);
  });

  it("makes the pending key again when it was lost", async () => {
    await first.orm.signingKey.deleteMany({ where: { state: "pending" } });
    const restarted = aKeyLifecycle(second, clock);
    await restarted.start();
    expect(await states()).toEqual(["active", "pending"]);
    expect(restarted.ring.activeKid).toBe(keys.ring.activeKid);
  });
});

describe("rotation", () => {
  it("K2: is too early until the pending key was published for the lead", async () => {
    const safeFrom = new Date(clock.now().getTime() + LEAD_SECONDS * 1000);
    const signer = keys.ring.activeKid;
    clock.advance(LEAD_SECONDS - 1);
    expect(await keys.rotate(operator)).toEqual({
      kind: "too-early",
      safeFrom,
      reason: expect.stringContaining(safeFrom.toISOString()),
      unready: [{ clientId: "ledgerline", name: "Ledgerline", why: "silent", instances: [] }],
    });
    expect(kidOf(await sign(keys))).toBe(signer);
    expect(await states()).toEqual(["active", "pending"]);
    expect(await first.orm.auditEvent.count({ where: { kind: "keys.rotated" } })).toBe(0);
    clock.advance(1);
    expect((await keys.rotate(operator)).kind).toBe("rotated");
  });

  it("promotes the key that everybody has seen, and publishes the next", async () => {
    const seen = publishedKids(keys);
    clock.advance(LEAD_SECONDS);
    const rotated = await requireRotated(keys);
    expect(rotated.retiring).toBe(seen[0]);
    expect(rotated.activated).toBe(seen[1]);
    expect(seen).not.toContain(rotated.published);
    expect(publishedKids(keys)).toEqual([rotated.activated, rotated.published, rotated.retiring]);
    expect(kidOf(await sign(keys))).toBe(rotated.activated);
  });

  it("writes its audit row with who asked and why", async () => {
    clock.advance(LEAD_SECONDS);
    const { kind, ...details } = await requireRotated(keys);
    expect(kind).toBe("rotated");
    const event = await first.orm.auditEvent.findFirst({ where: { kind: "keys.rotated" } });
    expect(event).toMatchObject({ ...operator, outcome: "success", at: clock.now(), details });
  });

  it.each([20, 50])("K5: of %i in parallel over two replicas exactly one wins", async (count) => {
    const other = aKeyLifecycle(second, clock);
    await other.start();
    clock.advance(LEAD_SECONDS);
    const results: RotateResult[] = await Promise.all(
      Array.from({ length: count }, (_, index) =>
        (index % 2 === 0 ? keys : other).rotate(operator),
      ),
    );
    const kinds = results.map(({ kind }) => kind);
    expect(kinds.filter((kind) => kind === "rotated")).toHaveLength(1);
    // Who came after the winner had finished finds the next key too young; both are a 409.
    expect(kinds.filter((kind) => kind !== "rotated" && kind !== "lost-race")).toEqual(
      kinds.filter((kind) => kind === "too-early"),
    );
    expect(await states()).toEqual(["active", "pending", "retiring"]);
    expect(await first.orm.auditEvent.count({ where: { kind: "keys.rotated" } })).toBe(1);
    await Promise.all([keys.poll(), other.poll()]);
    expect(publishedKids(other)).toEqual(publishedKids(keys));
  });

  it("K5: is not refused because a replica retires a key in the same moment", async () => {
    clock.advance(LEAD_SECONDS);
    await requireRotated(keys);
    const other = aKeyLifecycle(second, clock);
    await other.start();
    let looked = 0;
    const disturbed = aKeyLifecycle(first, clock, {
      async recentSites(since, now) {
        looked += 1;
        // Between what this rotation has read and what it writes.
        if (looked === 1) await other.poll();
        return silentSite(since, now);
      },
    });
    await disturbed.start();
    clock.advance(LEAD_SECONDS);
    expect(await disturbed.rotate(operator)).toMatchObject({ kind: "rotated" });
    expect(looked).toBe(2);
    expect(await states()).toEqual(["active", "pending", "retired", "retiring"]);
  });

  it("K1: leaves one active and one pending key, however often it happens", async () => {
    for (let round = 0; round < 4; round += 1) {
      clock.advance(LEAD_SECONDS);
      await requireRotated(keys);
      const current = await states();
      expect(current.filter((state) => state === "active")).toHaveLength(1);
      expect(current.filter((state) => state === "pending")).toHaveLength(1);
    }
  });

  it("K2: fails no verification, neither with a warm cache nor with a cold one", async () => {
    const warm = new Map(publishedKids(keys).map((kid) => [kid, keys.ring.verificationKey(kid)]));
    const before = await sign(keys);
    clock.advance(LEAD_SECONDS);
    await requireRotated(keys);
    for (const token of [before, await sign(keys)]) {
      for (const key of [warm.get(kidOf(token)), keys.ring.verificationKey(kidOf(token))]) {
        if (key === undefined) throw new Error(`no key ${kidOf(token)}`);
        await jwtVerify(token, key.key, { currentDate: new Date(0) });
      }
    }
  });
});

describe("a retiring key", () => {
  it("K3: verifies the last token it signed until that expires, then leaves the JWKS", async () => {
    clock.advance(LEAD_SECONDS);
    const { retiring } = await requireRotated(keys);
    clock.advance(LEAVES_AFTER_SECONDS - 1);
    await keys.poll();
    expect(publishedKids(keys)).toContain(retiring);
    expect(keys.ring.verificationKey(retiring)).toBeDefined();

    clock.advance(1);
    await keys.poll();
    expect(publishedKids(keys)).not.toContain(retiring);
    expect(keys.ring.verificationKey(retiring)).toBeUndefined();
    const view = (await keys.list()).find(({ kid }) => kid === retiring);
    expect(view).toMatchObject({ state: "retired", retiredAt: clock.now() });
  });

  it("keeps its public half for id_token_hint, which no revoked key does", async () => {
    clock.advance(LEAD_SECONDS);
    const { retiring } = await requireRotated(keys);
    clock.advance(LEAVES_AFTER_SECONDS);
    await keys.poll();
    expect(keys.ring.hintKey(retiring)).toBeDefined();

    await first.orm.signingKey.update({ where: { kid: retiring }, data: { state: "revoked" } });
    const restarted = aKeyLifecycle(second, clock);
    await restarted.start();
    expect(restarted.ring.hintKey(retiring)).toBeUndefined();
    expect(restarted.ring.verificationKey(retiring)).toBeUndefined();
  });

  it("is retired once, whichever replicas notice", async () => {
    const other = aKeyLifecycle(second, clock);
    await other.start();
    clock.advance(LEAD_SECONDS);
    await requireRotated(keys);
    clock.advance(LEAVES_AFTER_SECONDS);
    await Promise.all([keys.poll(), other.poll(), keys.poll(), other.poll()]);
    await Promise.all([keys.poll(), other.poll()]);
    expect(publishedKids(keys)).toHaveLength(2);
    expect(publishedKids(other)).toEqual(publishedKids(keys));
  });
});

describe("the list for operators", () => {
  it("tells each key's states, and when it may sign or will leave", async () => {
    const start = clock.now();
    clock.advance(LEAD_SECONDS);
    const rotatedAt = clock.now();
    const { activated, published, retiring } = await requireRotated(keys);
    const views = new Map((await keys.list()).map((view) => [view.kid, view]));
    const later = (seconds: number) => new Date(rotatedAt.getTime() + seconds * 1000);
    expect(views.get(retiring)).toEqual({
      kid: retiring,
      alg: "ES256",
      state: "retiring",
      publishedAt: start,
      activatedAt: start,
      retiringAt: rotatedAt,
      leavesAt: later(LEAVES_AFTER_SECONDS),
    });
    expect(views.get(activated)).toEqual({
      kid: activated,
      alg: "ES256",
      state: "active",
      publishedAt: start,
      activatedAt: rotatedAt,
    });
    expect(views.get(published)).toEqual({
      kid: published,
      alg: "ES256",
      state: "pending",
      publishedAt: rotatedAt,
      safeFrom: later(LEAD_SECONDS),
      spreadBy: later(JWKS_MAX_AGE_SECONDS),
    });
  });
});

describe("replicas", () => {
  it("follow a rotation by polling, and verify its tokens before that", async () => {
    const other = aKeyLifecycle(second, clock);
    await other.start();
    clock.advance(LEAD_SECONDS);
    await requireRotated(keys);
    expect(other.ring.verificationKey(kidOf(await sign(keys)))).toBeDefined();
    await other.poll();
    expect(publishedKids(other)).toEqual(publishedKids(keys));
    expect(other.ring.publication().etag).toBe(keys.ring.publication().etag);
  });

  it("K3: do not sign with a set they have not confirmed for longer than the skew", async () => {
    const late = aKeyLifecycle(second, clock);
    await late.start();
    clock.advance(LEAD_SECONDS);
    const { activated } = await requireRotated(keys);
    // Nobody polled: signing asks by itself.
    clock.advance(SKEW_SECONDS + 1);
    expect(kidOf(await sign(late))).toBe(activated);
  });

  it("never go back to an older set than they have shown", async () => {
    const older = await first.orm.signingKey.findMany();
    clock.advance(LEAD_SECONDS);
    await requireRotated(keys);
    const shown = publishedKids(keys);
    // As after a restore of the database under running replicas.
    await first.orm.signingKey.deleteMany();
    for (const { publicJwk, ...key } of older) {
      await first.orm.signingKey.create({ data: { ...key, publicJwk: publicJwk ?? {} } });
    }
    await first.orm.keySet.update({ where: { id: 1 }, data: { version: 1 } });
    await keys.poll();
    expect(publishedKids(keys)).toEqual(shown);
  });
});
