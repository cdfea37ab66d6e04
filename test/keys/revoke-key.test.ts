import { decodeProtectedHeader, jwtVerify } from "jose";
import { beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { KeyLifecycle, RevokeResult } from "../../keys/key-lifecycle.ts";
import type { KeyState } from "../../keys/signing-key.ts";
import type { Database } from "../../prisma/database.ts";
import { openTwoHandles } from "../support/databases.ts";
import { type MovableClock, movableClock } from "../support/movable-clock.ts";
import {
  aKeyLifecycle,
  LEAD_SECONDS,
  LEAVES_AFTER_SECONDS,
  removeAllKeys,
} from "./a-key-lifecycle.ts";

const cause = { actor: "account:ines", requestId: "request-1", reason: "a laptop was stolen" };
const nothingElse = async () => {};

let first: Database;
let second: Database;
let clock: MovableClock;
let keys: KeyLifecycle;
let other: KeyLifecycle;

beforeAll(async () => {
  [first, second] = await openTwoHandles();
});

beforeEach(async () => {
  await removeAllKeys(first);
  clock = movableClock();
  [keys, other] = [aKeyLifecycle(first, clock), aKeyLifecycle(second, clock)];
  await keys.start();
  await other.start();
});

const revoke = (kid: string, lifecycle = keys) =>
  lifecycle.revoke({ kid, cause, alongside: nothingElse });

const published = ({ ring }: KeyLifecycle): string[] =>
  JSON.parse(ring.publication().body.toString()).keys.map(({ kid }: { kid: string }) => kid);

const sign = ({ ring }: KeyLifecycle) => ring.sign({ typ: "JWT" }, { sub: "alice" });
const signer = async (lifecycle: KeyLifecycle) =>
  decodeProtectedHeader(await sign(lifecycle)).kid ?? "";

async function kidIn(state: KeyState): Promise<string> {
  const found = (await keys.list()).find((key) => key.state === state);
  if (found === undefined) throw new Error(`no ${state} key`);
  return found.kid;
}
const states = async () => (await keys.list()).map(({ state }) => state).sort();

async function rotate(): Promise<void> {
  clock.advance(LEAD_SECONDS);
  expect((await keys.rotate(cause)).kind).toBe("rotated");
}

/** Accepted nowhere: not published, no key to verify or to read hints with, on either replica. */
async function expectGone(kid: string): Promise<void> {
  await other.poll();
  for (const lifecycle of [keys, other]) {
    expect(published(lifecycle)).not.toContain(kid);
    expect(lifecycle.ring.verificationKey(kid)).toBeUndefined();
    expect(lifecycle.ring.hintKey(kid)).toBeUndefined();
  }
}

describe("a key that is revoked (K4)", () => {
  it("while it signs: the pending one signs from now on, however young, and a fresh one waits", async () => {
    const [active, pending] = [await kidIn("active"), await kidIn("pending")];
    const result = await revoke(active);
    const fresh = await kidIn("pending");
    expect(result).toEqual({
      kind: "revoked",
      activated: pending,
      published: fresh,
      revokedAt: clock.now(),
    });
    expect([active, pending]).not.toContain(fresh);
    expect(await states()).toEqual(["active", "pending", "revoked"]);
    await expectGone(active);
    expect(await signer(keys)).toBe(pending);
    expect(await signer(other)).toBe(pending);
    const key = keys.ring.verificationKey(pending)?.key;
    if (key === undefined) throw new Error("the key that signs is not published");
    await jwtVerify(await sign(keys), key);
  });

  it("while it waits: a fresh one waits in its place, for a lead of its own", async () => {
    const [active, pending] = [await kidIn("active"), await kidIn("pending")];
    clock.advance(LEAD_SECONDS - 1);
    const result = await revoke(pending);
    const fresh = await kidIn("pending");
    expect(result).toEqual({ kind: "revoked", published: fresh, revokedAt: clock.now() });
    await expectGone(pending);
    expect(await signer(keys)).toBe(active);
    clock.advance(LEAD_SECONDS - 1);
    expect((await keys.rotate(cause)).kind).toBe("too-early");
    clock.advance(1);
    expect(await keys.rotate(cause)).toMatchObject({ kind: "rotated", activated: fresh });
  });

  it("while it retires, and once it has retired: nothing takes its place", async () => {
    await rotate();
    const retiring = await kidIn("retiring");
    expect(await revoke(retiring)).toEqual({ kind: "revoked", revokedAt: clock.now() });
    await expectGone(retiring);
    expect(await states()).toEqual(["active", "pending", "revoked"]);

    await rotate();
    clock.advance(LEAVES_AFTER_SECONDS);
    await keys.poll();
    const retired = await kidIn("retired");
    expect(keys.ring.hintKey(retired)).toBeDefined();
    expect(await revoke(retired)).toEqual({ kind: "revoked", revokedAt: clock.now() });
    await expectGone(retired);
    expect(await states()).toEqual(["active", "pending", "revoked", "revoked"]);
  });

  it("loses its private half for good", async () => {
    const active = await kidIn("active");
    await revoke(active);
    const row = await first.orm.signingKey.findUnique({ where: { kid: active } });
    expect(row).toMatchObject({ state: "revoked", sealedPrivate: "", revokedAt: clock.now() });
  });

  it("of an algorithm that is enabled no longer has no successor", async () => {
    await removeAllKeys(first);
    const both = aKeyLifecycle(first, clock, { signingAlgs: ["ES256", "EdDSA"] });
    await both.start();
    await keys.poll();
    const [edDsa] = (await keys.list()).filter(
      ({ alg, state }) => alg === "EdDSA" && state === "active",
    );
    expect(await revoke(edDsa?.kid ?? "")).toEqual({ kind: "revoked", revokedAt: clock.now() });
    await expectGone(edDsa?.kid ?? "");
    await both.stop();
  });

  it("is no key, or was revoked before: nothing happens", async () => {
    expect(await revoke("no-such-key")).toEqual({ kind: "unknown-key" });
    const active = await kidIn("active");
    await revoke(active);
    const before = await keys.list();
    expect(await revoke(active, other)).toEqual({ kind: "already-revoked" });
    expect(await keys.list()).toEqual(before);
    expect(await first.orm.auditEvent.count({ where: { kind: "keys.revoked" } })).toBe(1);
  });
});

describe("a revocation", () => {
  it("G2: is in the audit with who asked, why, and what came of it", async () => {
    const active = await kidIn("active");
    const result = await revoke(active);
    if (result.kind !== "revoked") throw new Error("not revoked");
    const { activated, published: fresh } = result;
    const event = await first.orm.auditEvent.findFirst({ where: { kind: "keys.revoked" } });
    expect(event).toMatchObject({
      ...cause,
      at: clock.now(),
      outcome: "success",
      details: { kid: active, was: "active", activated, published: fresh },
    });
  });

  it("takes what belongs to it along in one transaction, at its own time", async () => {
    const times: Date[] = [];
    const kid = await kidIn("active");
    const result = await keys.revoke({
      kid,
      cause,
      alongside: async (orm, at) => {
        times.push(at);
        expect(await orm.signingKey.count({ where: { kid, state: "revoked" } })).toBe(1);
      },
    });
    expect(result).toMatchObject({ kind: "revoked", revokedAt: times[0] });
    expect(times).toHaveLength(1);
  });

  it("does not happen when what belongs to it fails", async () => {
    const [kid, before] = [await kidIn("active"), await keys.list()];
    const failing = async () => {
      throw new Error("the outbox is full");
    };
    await expect(keys.revoke({ kid, cause, alongside: failing })).rejects.toThrow("outbox");
    expect(await keys.list()).toEqual(before);
    expect(await first.orm.auditEvent.count({ where: { kind: "keys.revoked" } })).toBe(0);
    expect(await signer(keys)).toBe(kid);
  });

  it("K5: of one key happens once, however many ask on two replicas", async () => {
    const kid = await kidIn("active");
    const results: RevokeResult[] = await Promise.all(
      Array.from({ length: 20 }, (_, index) => revoke(kid, index % 2 === 0 ? keys : other)),
    );
    expect(results.filter(({ kind }) => kind === "revoked")).toHaveLength(1);
    expect(results.filter(({ kind }) => kind === "already-revoked")).toHaveLength(19);
    expect(await states()).toEqual(["active", "pending", "revoked"]);
  });

  it("K5: goes through while others rotate: it tries again from what they made", async () => {
    clock.advance(LEAD_SECONDS);
    const kid = await kidIn("active");
    const [rotated, revoked] = await Promise.all([other.rotate(cause), revoke(kid)]);
    expect(revoked.kind).toBe("revoked");
    expect(["rotated", "lost-race", "too-early"]).toContain(rotated.kind);
    await expectGone(kid);
    const now = await states();
    expect(now.filter((state) => state === "active")).toHaveLength(1);
    expect(now.filter((state) => state === "pending")).toHaveLength(1);
  });
});
