import { decodeProtectedHeader } from "jose";
import { beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { KeyLifecycle } from "../../keys/key-lifecycle.ts";
import { KeySealUnavailable, type SealingKey } from "../../keys/key-seal.ts";
import type { Database } from "../../prisma/database.ts";
import { openTwoHandles } from "../support/databases.ts";
import { type MovableClock, movableClock } from "../support/movable-clock.ts";
import {
  aKek,
  aKeyLifecycle,
  LEAD_SECONDS,
  removeAllKeys,
  SKEW_SECONDS,
} from "./a-key-lifecycle.ts";

const cause = { actor: "account:ines", reason: "a laptop was stolen" };

/** A key-encryption key somewhere else, which may not answer. */
function aKekElsewhere(): SealingKey & { answers(yes: boolean): void } {
  const { id, seal, open } = aKek();
  let isThere = true;
  const whenThere = async <T>(work: () => Promise<T>): Promise<T> => {
    if (!isThere) throw new KeySealUnavailable("the seal command (hsm unwrap) does not answer");
    return work();
  };
  return {
    id,
    seal: (key, context) => whenThere(() => seal(key, context)),
    open: (sealed, context) => whenThere(() => open(sealed, context)),
    answers: (yes) => {
      isThere = yes;
    },
  };
}

let first: Database;
let second: Database;
let clock: MovableClock;
let keys: KeyLifecycle;
/** Another replica, whose way to the key-encryption key can be cut. */
let cutOff: KeyLifecycle;
let kek: ReturnType<typeof aKekElsewhere>;

beforeAll(async () => {
  [first, second] = await openTwoHandles();
});

beforeEach(async () => {
  await removeAllKeys(first);
  clock = movableClock();
  kek = aKekElsewhere();
  keys = aKeyLifecycle(first, clock);
  cutOff = aKeyLifecycle(second, clock, { keks: [kek] });
  await keys.start();
  await cutOff.start();
});

const published = ({ ring }: KeyLifecycle): string[] =>
  JSON.parse(ring.publication().body.toString()).keys.map(({ kid }: { kid: string }) => kid);
const signer = async ({ ring }: KeyLifecycle) =>
  decodeProtectedHeader(await ring.sign({ typ: "JWT" }, {})).kid;
const revoke = (lifecycle: KeyLifecycle, kid: string) =>
  lifecycle.revoke({ kid, cause, alongside: async () => {} });

describe("a replica that cannot reach the key-encryption key (K7)", () => {
  it("does not start, and makes no key", async () => {
    kek.answers(false);
    const before = await first.orm.signingKey.findMany();
    const restarted = aKeyLifecycle(second, clock, { keks: [kek] });
    await expect(restarted.start()).rejects.toThrow(KeySealUnavailable);
    await removeAllKeys(first);
    await expect(restarted.start()).rejects.toThrow(KeySealUnavailable);
    expect(before).toHaveLength(2);
    expect(await first.orm.signingKey.count()).toBe(0);
  });

  it("goes on as long as nothing changes: it holds what it needs", async () => {
    kek.answers(false);
    clock.advance(SKEW_SECONDS + 1);
    await cutOff.poll();
    expect(cutOff.isReady()).toBe(true);
    expect(await signer(cutOff)).toBe(keys.ring.activeKid);
  });

  it("changes no key, and says why", async () => {
    kek.answers(false);
    clock.advance(LEAD_SECONDS);
    const before = await keys.list();
    await expect(cutOff.rotate(cause)).rejects.toThrow(KeySealUnavailable);
    await expect(revoke(cutOff, keys.ring.activeKid)).rejects.toThrow(KeySealUnavailable);
    expect(await keys.list()).toEqual(before);
  });

  it("follows a rotation with the key it holds already, not ready until it can open the next", async () => {
    kek.answers(false);
    clock.advance(LEAD_SECONDS);
    const rotated = await keys.rotate(cause);
    if (rotated.kind !== "rotated") throw new Error("not rotated");
    await cutOff.poll();
    expect(cutOff.isReady()).toBe(false);
    expect(published(cutOff)).toEqual(published(keys));
    expect(await signer(cutOff)).toBe(rotated.activated);
    clock.advance(SKEW_SECONDS + 1);
    expect(await signer(cutOff)).toBe(rotated.activated);
    const probe = cutOff.ring.signProbe({ typ: "key-probe+jwt", alg: "ES256" }, {});
    await expect(probe).rejects.toThrow("no pending key");

    kek.answers(true);
    await cutOff.poll();
    expect(cutOff.isReady()).toBe(true);
    const header = { typ: "key-probe+jwt", alg: "ES256" } as const;
    expect((await cutOff.ring.signProbe(header, {})).kid).toBe(rotated.published);
  });

  it("K4: refuses a key that is revoked elsewhere at once, and never serves it again", async () => {
    const stolen = keys.ring.activeKid;
    kek.answers(false);
    expect((await revoke(keys, stolen)).kind).toBe("revoked");
    await cutOff.poll();
    expect(published(cutOff)).toEqual(published(keys));
    expect(cutOff.ring.verificationKey(stolen)).toBeUndefined();
    expect(cutOff.ring.hintKey(stolen)).toBeUndefined();
    expect(await signer(cutOff)).toBe(keys.ring.activeKid);
  });

  it("has no key to sign with after two changes that it missed: 503, and what it serves is current", async () => {
    kek.answers(false);
    await revoke(keys, keys.ring.activeKid);
    await revoke(keys, keys.ring.activeKid);
    await cutOff.poll();
    expect(published(cutOff)).toEqual(published(keys));
    expect(cutOff.isReady()).toBe(false);
    await expect(signer(cutOff)).rejects.toThrow("no active key");
    kek.answers(true);
    await cutOff.poll();
    expect(await signer(cutOff)).toBe(keys.ring.activeKid);
  });

  it("tells of its own change that was made, though it cannot open the new key any more", async () => {
    clock.advance(LEAD_SECONDS);
    const sealsOnly: SealingKey = { ...kek, open: aKek().open };
    let opens = 0;
    const wears = aKeyLifecycle(second, clock, {
      keks: [
        {
          ...sealsOnly,
          open: async (sealed, context) => {
            opens += 1;
            if (opens > 2) throw new KeySealUnavailable("the seal command (hsm unwrap) is tired");
            return sealsOnly.open(sealed, context);
          },
        },
      ],
    });
    await wears.start();
    const rotated = await wears.rotate(cause);
    expect(rotated.kind).toBe("rotated");
    expect(wears.isReady()).toBe(false);
    expect(await signer(wears)).toBe(rotated.kind === "rotated" && rotated.activated);
  });
});

describe("a replica with the wrong key-encryption key", () => {
  it("K4, K7: also follows what is published, and signs only with what it has opened before", async () => {
    const stolen = keys.ring.activeKid;
    const both = aKeyLifecycle(first, clock, { keks: [aKek("kek-2", 9), aKek()] });
    await both.start();
    // Its fresh key is sealed under one that the other replica was never given.
    expect((await revoke(both, stolen)).kind).toBe("revoked");
    await keys.poll();
    expect(keys.isReady()).toBe(false);
    expect(published(keys)).toEqual(published(both));
    expect(keys.ring.verificationKey(stolen)).toBeUndefined();
    expect(await signer(keys)).toBe(both.ring.activeKid);
    await expect(keys.rotate(cause)).rejects.toThrow(/KEY_ENCRYPTION_KEYS does not hold/);
  });
});
