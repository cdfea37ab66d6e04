import { mkdir, readFile, writeFile } from "node:fs/promises";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { UnknownKey } from "../../../apps/relying-party/key-cache.ts";
import { aKeyCache, type KeyCacheWorld } from "./support/a-key-cache.ts";
import { aSigningKey, type SigningKey } from "./support/an-issuer.ts";

describe("keys that a site refuses, whoever publishes them", () => {
  let world: KeyCacheWorld;
  let old: SigningKey;
  let next: SigningKey;
  beforeEach(async () => {
    world = await aKeyCache();
    old = world.issuer.key;
    next = await aSigningKey();
    world.issuer.otherKeys = [next];
    world.clock.advance(31);
    await world.keys.refresh();
  });
  afterEach(() => world.close());

  const refused = () =>
    world.keys.distrusted().map(({ kid, at, confirmed }) => ({ kid, at, confirmed }));
  const kept = async () => JSON.parse(await readFile(world.file, "utf8"));

  it("K4: a distrusted key is refused at once, published or not, and by the next process too", async () => {
    const at = world.clock.now();
    await world.keys.distrust([old.kid]);
    await expect(world.resolve(old.kid)).rejects.toThrow(UnknownKey);
    expect(world.keys.holds(old.kid)).toBe(false);
    expect(world.keys.kids()).toEqual([next.kid]);
    world.clock.advance(31);
    await world.keys.refresh();
    await expect(world.resolve(old.kid)).rejects.toThrow(UnknownKey);
    await world.restart();
    await expect(world.resolve(old.kid)).rejects.toThrow(UnknownKey);
    await expect(world.resolve(next.kid)).resolves.toBeDefined();
    expect(refused()).toEqual([{ kid: old.kid, at, confirmed: true }]);
  });

  it("what cannot be kept counts all the same, until the process ends", async () => {
    await mkdir(`${world.file}.new`);
    await Promise.all([world.keys.distrust([old.kid]), world.keys.suspect(["another"])]);
    expect(world.keys.isDistrusted(old.kid)).toBe(true);
    expect(world.keys.isDistrusted("another")).toBe(true);
  });

  it("the first time counts, however often it is said", async () => {
    const at = world.clock.now();
    await world.keys.suspect([old.kid]);
    world.clock.advance(60);
    await world.keys.suspect([old.kid]);
    await world.keys.distrust([old.kid]);
    await world.keys.suspect([old.kid]);
    expect(refused()).toEqual([{ kid: old.kid, at, confirmed: true }]);
  });

  it("reads the file of an earlier version, which says not since when, and writes what that one reads", async () => {
    await world.keys.stop();
    const { kids: _, distrust: __, ...before } = await kept();
    await writeFile(world.file, JSON.stringify({ ...before, distrusted: [old.kid] }));
    await world.restart();
    expect(refused()).toEqual([{ kid: old.kid, at: world.clock.now(), confirmed: true }]);
    expect(world.keys.kids()).toEqual([next.kid]);
    await expect(world.resolve(next.kid)).resolves.toBeDefined();
    await world.keys.distrust([next.kid]);
    expect((await kept()).distrusted).toEqual([old.kid, next.kid]);
  });

  it("names every key that is published, those of no use to it included", async () => {
    const curve = { kty: "EC", crv: "P-256", x: "AA", y: "AA" };
    world.issuer.otherKeys = [
      next,
      { ...next, jwk: { ...next.jwk, kid: "another-algorithm", alg: "PS256" } },
      { ...next, jwk: { ...curve, kid: "curve" } },
      { ...next, jwk: curve },
    ];
    world.clock.advance(31);
    await world.keys.refresh();
    const all = [old.kid, next.kid, "another-algorithm", "curve"].sort();
    expect(world.keys.kids()).toEqual(all);
    await world.restart();
    expect(world.keys.kids()).toEqual(all);
    expect(world.keys.holds("curve")).toBe(false);
  });

  it("names none when the set is too old to be believed", async () => {
    await world.issuer.stop();
    world.clock.advance(24 * 3600 + 1);
    expect(world.keys.kids()).toEqual([]);
  });

  it("is not usable when it trusts none of its keys", async () => {
    await world.keys.distrust([old.kid]);
    expect(world.keys.isUsable()).toBe(true);
    await world.keys.distrust([next.kid]);
    expect(world.keys.isUsable()).toBe(false);
  });

  it("tells of a change: another set, a refused key, one trusted again; not of the same again", async () => {
    const changes = async (work: () => Promise<void>) => {
      const before = world.changes();
      await work();
      return world.changes() - before;
    };
    const refresh = () => {
      world.clock.advance(31);
      return world.keys.refresh();
    };
    expect(await changes(refresh)).toBe(0);
    world.issuer.otherKeys = [];
    expect(await changes(refresh)).toBe(1);
    expect(await changes(() => world.keys.suspect([old.kid]))).toBe(1);
    expect(await changes(() => world.keys.suspect([old.kid]))).toBe(0);
    expect(await changes(() => world.keys.settle({ revoked: [], asked: [old.kid] }))).toBe(1);
    expect(await changes(() => world.keys.settle({ revoked: [], asked: [old.kid] }))).toBe(0);
  });

  describe("named by a notice alone, until the provider itself has spoken", () => {
    it("refused for good when the provider confirms it", async () => {
      await world.keys.suspect([old.kid]);
      await world.keys.settle({ revoked: [old.kid], asked: [old.kid] });
      await world.keys.settle({ revoked: [], asked: [old.kid] });
      expect(world.keys.isDistrusted(old.kid)).toBe(true);
    });

    it("trusted again when it does not: a thief's notice cannot keep the new key out", async () => {
      await world.keys.suspect([next.kid]);
      await expect(world.resolve(next.kid)).rejects.toThrow(UnknownKey);
      await world.restart();
      expect(world.keys.isDistrusted(next.kid)).toBe(true);
      await world.keys.settle({ revoked: [], asked: [next.kid] });
      await expect(world.resolve(next.kid)).resolves.toBeDefined();
      await world.restart();
      await expect(world.resolve(next.kid)).resolves.toBeDefined();
    });

    it("not judged by an answer to an older question", async () => {
      await world.keys.suspect([old.kid]);
      await world.keys.settle({ revoked: [], asked: [] });
      expect(world.keys.isDistrusted(old.kid)).toBe(true);
    });

    it("what the provider revoked, or the site was told to distrust, is never trusted again", async () => {
      await world.keys.distrust([old.kid]);
      await world.keys.settle({ revoked: [next.kid], asked: [] });
      await world.keys.settle({ revoked: [], asked: [old.kid, next.kid] });
      expect(world.keys.distrusted().map(({ kid }) => kid)).toEqual([old.kid, next.kid]);
    });
  });

  describe("a fetch out of turn, for a notice", () => {
    const fetches = () => world.issuer.requestsTo("/jwks");

    it("does not wait for the usual pause, yet happens at most once in 5 seconds", async () => {
      const before = fetches();
      for (let round = 0; round < 100; round += 1) await world.keys.refetch();
      expect(fetches()).toBe(before + 1);
      world.clock.advance(4);
      await world.keys.refetch();
      expect(fetches()).toBe(before + 1);
      world.clock.advance(1);
      await world.keys.refetch();
      expect(fetches()).toBe(before + 2);
    });

    it("follows one that is under way, which may have been asked for before there was news", async () => {
      const before = fetches();
      world.clock.advance(31);
      await Promise.all([world.keys.refresh(), world.keys.refetch()]);
      expect(fetches()).toBe(before + 2);
    });

    it("never throws, and gives the unknown names of strangers no fetch more", async () => {
      await world.issuer.stop();
      await expect(world.keys.refetch()).resolves.toBeUndefined();
      const before = world.asked();
      for (let round = 0; round < 20; round += 1) {
        await world.resolve(`random-${round}`).catch(() => undefined);
      }
      expect(world.asked()).toBe(before);
    });
  });
});
