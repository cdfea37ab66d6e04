import { createLocalJWKSet, decodeProtectedHeader, jwtVerify } from "jose";
import { beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { KeyLifecycle } from "../../keys/key-lifecycle.ts";
import { KeysUnavailable } from "../../keys/key-ring.ts";
import type { Database } from "../../prisma/database.ts";
import { openTwoHandles } from "../support/databases.ts";
import { type MovableClock, movableClock } from "../support/movable-clock.ts";
import {
  aKeyLifecycle,
  LEAD_SECONDS,
  LEAVES_AFTER_SECONDS,
  removeAllKeys,
} from "./a-key-lifecycle.ts";

const cause = { actor: "account:ines" };
const ALGS = ["RS256", "PS256", "ES256", "EdDSA"];

let first: Database;
let second: Database;
let clock: MovableClock;

beforeAll(async () => {
  [first, second] = await openTwoHandles();
});

beforeEach(async () => {
  await removeAllKeys(first);
  clock = movableClock();
});

async function replica(signingAlgs: string[], database = first): Promise<KeyLifecycle> {
  const keys = aKeyLifecycle(database, clock, { signingAlgs });
  await keys.start();
  return keys;
}

const jwksOf = ({ ring }: KeyLifecycle): Parameters<typeof createLocalJWKSet>[0] =>
  JSON.parse(ring.publication().body.toString());
const sign = ({ ring }: KeyLifecycle, alg?: string) =>
  ring.sign({ typ: "JWT", ...(alg && { alg }) }, { sub: "alice" });
const states = async (keys: KeyLifecycle, alg: string) =>
  (await keys.list()).filter((key) => key.alg === alg).map(({ state }) => state);

/** What any verifier does with the JWKS, told one algorithm. */
const verify = (token: string, keys: KeyLifecycle, alg: string) =>
  jwtVerify(token, createLocalJWKSet(jwksOf(keys)), { algorithms: [alg] });

describe("every algorithm", () => {
  it.each(ALGS)(
    "%s: signs what jose verifies with the JWKS, before and after a rotation",
    async (alg) => {
      const algs = [...new Set(["ES256", alg])];
      const keys = await replica(algs);
      const before = await sign(keys, alg);
      clock.advance(LEAD_SECONDS);
      expect((await keys.rotate(cause)).kind).toBe("rotated");
      const after = await sign(keys, alg);
      for (const token of [before, after]) {
        const { payload, protectedHeader } = await verify(token, keys, alg);
        expect(payload.sub).toBe("alice");
        expect(protectedHeader).toEqual({ alg, typ: "JWT", kid: expect.any(String) });
      }
      expect(decodeProtectedHeader(after).kid).not.toBe(decodeProtectedHeader(before).kid);
    },
  );

  it("has two keys of its own, all rotate together, and the first one is the usual one", async () => {
    const keys = await replica(["ES256", "EdDSA", "PS256"]);
    expect(decodeProtectedHeader(await sign(keys)).alg).toBe("ES256");
    expect(keys.ring.signingAlgs).toEqual(["ES256", "EdDSA", "PS256"]);
    clock.advance(LEAD_SECONDS);
    expect((await keys.rotate(cause)).kind).toBe("rotated");
    for (const alg of ["ES256", "EdDSA", "PS256"])
      expect((await states(keys, alg)).sort()).toEqual(["active", "pending", "retiring"]);
    expect(await first.orm.auditEvent.count({ where: { kind: "keys.rotated" } })).toBe(1);
  });

  it("signs nothing that is not enabled", async () => {
    const keys = await replica(["ES256"]);
    await expect(sign(keys, "EdDSA")).rejects.toThrow(KeysUnavailable);
    await expect(sign(keys, "none")).rejects.toThrow(KeysUnavailable);
  });
});

describe("an algorithm that is enabled later (K2)", () => {
  it("begins with a key that only waits, and signs once everybody has had the time to meet it", async () => {
    const before = await replica(["ES256"]);
    const seenBefore = jwksOf(before);
    const keys = await replica(["ES256", "EdDSA"], second);
    expect(await states(keys, "EdDSA")).toEqual(["pending"]);
    expect(keys.ring.signingAlgs).toEqual(["ES256"]);
    await expect(sign(keys, "EdDSA")).rejects.toThrow(KeysUnavailable);
    await verify(await sign(keys), keys, "ES256");
    expect(seenBefore.keys).toHaveLength(2);

    clock.advance(LEAD_SECONDS - 1);
    const seen = createLocalJWKSet(jwksOf(keys));
    await keys.poll();
    expect(await states(keys, "EdDSA")).toEqual(["pending"]);
    clock.advance(1);
    await keys.poll();
    expect((await states(keys, "EdDSA")).sort()).toEqual(["active", "pending"]);
    expect(keys.ring.signingAlgs).toEqual(["ES256", "EdDSA"]);
    // Whoever has the set of a moment ago verifies its first signature.
    await jwtVerify(await sign(keys, "EdDSA"), seen, { algorithms: ["EdDSA"] });
    const began = await first.orm.auditEvent.findMany({ where: { kind: "keys.began" } });
    expect(began).toMatchObject([{ actor: "system", outcome: "success" }]);
  });

  it("leaves the others as they are, and rotates with them when its time has come", async () => {
    const old = await replica(["ES256"]);
    clock.advance(LEAD_SECONDS - 1);
    const keys = await replica(["ES256", "EdDSA"], second);
    expect(keys.ring.activeKid).toBe(old.ring.activeKid);
    clock.advance(1);
    expect((await keys.rotate(cause)).kind).toBe("too-early");
    clock.advance(LEAD_SECONDS - 1);
    expect((await keys.rotate(cause)).kind).toBe("rotated");
    expect((await states(keys, "EdDSA")).sort()).toEqual(["active", "pending"]);
    expect((await states(keys, "ES256")).sort()).toEqual(["active", "pending", "retiring"]);
  });

  it("is met by replicas that do not know of it yet: they publish its key, and sign as before", async () => {
    const old = await replica(["ES256"]);
    await replica(["ES256", "EdDSA"], second);
    await old.poll();
    expect(jwksOf(old).keys).toHaveLength(3);
    expect(old.isReady()).toBe(true);
    await verify(await sign(old), old, "ES256");
  });
});

describe("an algorithm that is enabled no longer", () => {
  it("signs no more at once; its keys verify until the next rotation, and a while after", async () => {
    const both = await replica(["ES256", "EdDSA"]);
    const token = await sign(both, "EdDSA");
    const keys = await replica(["ES256"], second);
    await expect(sign(keys, "EdDSA")).rejects.toThrow(KeysUnavailable);
    expect((await states(keys, "EdDSA")).sort()).toEqual(["active", "pending"]);
    await verify(token, keys, "EdDSA");

    clock.advance(LEAD_SECONDS);
    expect((await keys.rotate(cause)).kind).toBe("rotated");
    expect(await states(keys, "EdDSA")).toEqual(["retiring", "retiring"]);
    const rows = await first.orm.signingKey.findMany({ where: { alg: "EdDSA" } });
    expect(rows.map(({ sealedPrivate }) => sealedPrivate)).toEqual(["", ""]);
    await verify(token, keys, "EdDSA");

    clock.advance(LEAVES_AFTER_SECONDS);
    await keys.poll();
    expect(await states(keys, "EdDSA")).toEqual(["retired", "retired"]);
    await expect(verify(token, keys, "EdDSA")).rejects.toThrow();
    // A hint may be older than the settings.
    expect(keys.ring.hintKey(decodeProtectedHeader(token).kid ?? "")).toBeDefined();
    expect(keys.ring.hintAlgs).toContain("EdDSA");
    expect(keys.ring.signingAlgs).toEqual(["ES256"]);
  });

  it("gets its keys again from a replica that still has it, while settings differ", async () => {
    const both = await replica(["ES256", "EdDSA"]);
    const one = await replica(["ES256"], second);
    clock.advance(LEAD_SECONDS);
    expect((await one.rotate(cause)).kind).toBe("rotated");
    await both.poll();
    await both.poll();
    expect((await states(both, "EdDSA")).sort()).toEqual(["pending", "retiring", "retiring"]);
    clock.advance(LEAD_SECONDS);
    await both.poll();
    await verify(await sign(both, "EdDSA"), both, "EdDSA");
  });
});

describe("a probe", () => {
  it.each(ALGS)("is signed by the pending %s key, which signs nothing else", async (alg) => {
    const keys = await replica([...new Set(["ES256", alg])]);
    const { token, kid } = await keys.ring.signProbe({ typ: "key-probe+jwt", alg }, { iss: "us" });
    const pending = (await keys.list()).find((key) => key.alg === alg && key.state === "pending");
    expect(kid).toBe(pending?.kid);
    expect(decodeProtectedHeader(token)).toEqual({ alg, typ: "key-probe+jwt", kid });
    const { payload } = await verify(token, keys, alg);
    expect(payload).toEqual({ iss: "us" });
    expect(decodeProtectedHeader(await sign(keys, alg)).kid).not.toBe(kid);
  });

  it("cannot be had where no key waits", async () => {
    const keys = await replica(["ES256"]);
    const probe = (alg: string) => keys.ring.signProbe({ typ: "key-probe+jwt", alg }, {});
    await expect(probe("EdDSA")).rejects.toThrow(KeysUnavailable);
    const unstarted = aKeyLifecycle(first, clock);
    await expect(
      unstarted.ring.signProbe({ typ: "key-probe+jwt", alg: "ES256" }, {}),
    ).rejects.toThrow(KeysUnavailable);
  });

  it("is signed by the new pending key after a rotation elsewhere", async () => {
    const keys = await replica(["ES256"]);
    const other = await replica(["ES256"], second);
    clock.advance(LEAD_SECONDS);
    expect((await other.rotate(cause)).kind).toBe("rotated");
    await keys.poll();
    const header = { typ: "key-probe+jwt", alg: "ES256" } as const;
    const [here, there] = [keys, other].map(({ ring }) => ring.signProbe(header, {}));
    expect((await here)?.kid).toBe((await there)?.kid);
  });
});
