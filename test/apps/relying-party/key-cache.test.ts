import { readFile, writeFile } from "node:fs/promises";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { KeysUnavailable, UnknownKey } from "../../../apps/relying-party/key-cache.ts";
import type { MovableClock } from "../../support/movable-clock.ts";
import { aKeyCache, type KeyCacheWorld } from "./support/a-key-cache.ts";
import { aSigningKey, type TestIssuer } from "./support/an-issuer.ts";
import { HOSTILE_ANSWERS, sendJson } from "./support/hostile-answers.ts";

const HOUR = 3600;

describe("a site's copy of the issuer's keys (RFC 7517 §5)", () => {
  let world: KeyCacheWorld;
  let clock: MovableClock;
  let issuer: TestIssuer;
  beforeEach(async () => {
    world = await aKeyCache();
    ({ clock, issuer } = world);
  });
  afterEach(() => world.close());

  const resolve = (kid: unknown) => world.resolve(kid);
  const fetches = () => issuer.requestsTo("/jwks");

  it("finds a key without asking again", async () => {
    for (let round = 0; round < 10; round += 1) await resolve(issuer.key.kid);
    expect(fetches()).toBe(1);
  });

  it("Z1: refreshes in the background once max-age has passed; nobody waits for it", async () => {
    issuer.jwksMaxAgeSeconds = 120;
    clock.advance(31);
    await world.keys.refresh();
    clock.advance(119);
    await resolve(issuer.key.kid);
    expect(fetches()).toBe(2);
    clock.advance(1);
    // Answered from the old set, while the new one is under way.
    await resolve(issuer.key.kid);
    await expect.poll(fetches).toBe(3);
    await expect.poll(() => world.keys.fetchedAt()).toEqual(clock.now());
  });

  it("K10: heeds a shorter max-age, since a new key signs soon, but for 10 s at the least", async () => {
    issuer.jwksMaxAgeSeconds = 12;
    clock.advance(31);
    await world.keys.refresh();
    const later = async (seconds: number) => {
      clock.advance(seconds);
      await resolve(issuer.key.kid);
    };
    await later(11);
    expect(fetches()).toBe(2);
    issuer.jwksMaxAgeSeconds = 1;
    await later(1);
    await expect.poll(fetches).toBe(3);
    await expect.poll(() => world.keys.fetchedAt()).toEqual(clock.now());
    await later(9);
    expect(fetches()).toBe(3);
    await later(1);
    await expect.poll(fetches).toBe(4);
  });

  it("Z1: keeps the last good set for a day of outage, asking at most every 30 s", async () => {
    await issuer.stop();
    const before = world.asked();
    for (let seconds = 0; seconds < HOUR; seconds += 10) {
      clock.advance(10);
      await world.keys.refresh();
      await expect(resolve(issuer.key.kid)).resolves.toBeDefined();
    }
    expect(world.asked() - before).toBe(HOUR / 30);
    clock.advance(23 * HOUR);
    await expect(resolve(issuer.key.kid)).resolves.toBeDefined();
    clock.advance(1);
    await expect(resolve(issuer.key.kid)).rejects.toThrow(KeysUnavailable);
    await issuer.start();
    clock.advance(31);
    await expect(resolve(issuer.key.kid)).resolves.toBeDefined();
  });

  it("Z1: asks a second time soon after one failure, then in the usual pace", async () => {
    issuer.jwksMaxAgeSeconds = 10;
    clock.advance(31);
    await world.keys.refresh();
    issuer.wrong.jwks = (response) => response.destroy();
    const askedWithin: number[] = [];
    let before = world.asked();
    for (const seconds of [10, 4, 1, 5, 24, 1]) {
      clock.advance(seconds);
      await resolve(issuer.key.kid);
      await world.keys.refresh();
      askedWithin.push(world.asked() - before);
      before = world.asked();
    }
    expect(askedWithin).toEqual([1, 0, 1, 0, 0, 1]);
  });

  it("Z1: survives a restart of the site during an outage, with its age", async () => {
    await issuer.stop();
    clock.advance(23 * HOUR);
    await world.restart();
    await expect(resolve(issuer.key.kid)).resolves.toBeDefined();
    clock.advance(HOUR + 1);
    await expect(resolve(issuer.key.kid)).rejects.toThrow(KeysUnavailable);
  });

  it("Z1: a kept file that is damaged, or of another issuer, is no key set", async () => {
    const kept = JSON.parse(await readFile(world.file, "utf8"));
    for (const text of [
      "",
      "{",
      "{}",
      JSON.stringify({ ...kept, issuer: "https://other.example" }),
    ]) {
      await writeFile(world.file, text);
      await issuer.stop();
      await world.restart();
      await expect(resolve(issuer.key.kid)).rejects.toThrow(KeysUnavailable);
      await issuer.start();
    }
  });

  it("Z1: a kept time that is still to come does not stretch the day", async () => {
    await issuer.stop();
    clock.advance(-30 * 24 * HOUR);
    await world.restart();
    clock.advance(24 * HOUR);
    await expect(resolve(issuer.key.kid)).resolves.toBeDefined();
    clock.advance(1);
    await expect(resolve(issuer.key.kid)).rejects.toThrow(KeysUnavailable);
  });

  it("takes 304 for a confirmation of the set whose ETag it named (RFC 9110 §15.4.5)", async () => {
    const asked: (string | undefined)[] = [];
    issuer.wrong.jwks = (response) => {
      const known = response.req.headers["if-none-match"];
      asked.push(known);
      if (known === '"one"') return void response.writeHead(304).end();
      response.setHeader("etag", '"one"');
      sendJson(response, { keys: [issuer.key.jwk] });
    };
    for (let round = 0; round < 3; round += 1) {
      clock.advance(31);
      await world.keys.refresh();
      expect(world.keys.fetchedAt()).toEqual(clock.now());
    }
    expect(asked).toEqual([undefined, '"one"', '"one"']);
    await expect(resolve(issuer.key.kid)).resolves.toBeDefined();
  });

  it("Z2: an unknown kid asks once; a flood of them asks no more", async () => {
    clock.advance(31);
    const flood = Array.from({ length: 200 }, (_, index) => resolve(`random-${index}`));
    const results = await Promise.allSettled(flood);
    expect(results.every((result) => result.status === "rejected")).toBe(true);
    expect(fetches()).toBe(2);
    clock.advance(29);
    await expect(resolve("another")).rejects.toThrow(UnknownKey);
    expect(fetches()).toBe(2);
    clock.advance(1);
    await expect(resolve("another")).rejects.toThrow(UnknownKey);
    expect(fetches()).toBe(3);
  });

  it("Z2: the pace holds when fetches fail", async () => {
    issuer.wrong.jwks = (response) => response.writeHead(500).end();
    clock.advance(31);
    for (let round = 0; round < 50; round += 1)
      await resolve(`random-${round}`).catch(() => undefined);
    expect(fetches()).toBe(2);
  });

  it("a key that is new to us is fetched for the token that names it", async () => {
    issuer.key = await aSigningKey();
    clock.advance(31);
    await expect(resolve(issuer.key.kid)).resolves.toBeDefined();
  });

  it("a key that left the set is refused after the refresh", async () => {
    const gone = issuer.key.kid;
    issuer.key = await aSigningKey();
    clock.advance(31);
    await world.keys.refresh();
    await expect(resolve(gone)).rejects.toThrow(UnknownKey);
    expect(world.keys.holds(gone)).toBe(false);
  });

  it("a clock that went back stops neither fetching nor verifying", async () => {
    clock.advance(-HOUR);
    await expect(resolve(issuer.key.kid)).resolves.toBeDefined();
    await expect.poll(fetches).toBe(2);
  });

  it("passes over keys that it cannot use, and never takes a private or symmetric one", async () => {
    issuer.wrong.jwks = (response) => {
      const good = issuer.key.jwk;
      sendJson(response, {
        keys: [
          { kty: "oct", kid: "secret", k: "c2VjcmV0" },
          { ...good, kid: "for-encryption", use: "enc" },
          { ...good, kid: "other-algorithm", alg: "PS256" },
          { kty: "EC", kid: "curve", crv: "P-256", x: "AA", y: "AA" },
          { ...good, kid: undefined },
          { ...good, d: "private" },
        ],
      });
    };
    clock.advance(31);
    await world.keys.refresh();
    await expect(resolve(issuer.key.kid)).resolves.toBeDefined();
    for (const kid of ["secret", "for-encryption", "other-algorithm", "curve"]) {
      expect(world.keys.holds(kid)).toBe(false);
    }
    await expect.poll(() => readFile(world.file, "utf8")).not.toContain("private");
  });

  it.each(HOSTILE_ANSWERS)("Z2: ignores %s and keeps the last good set", async (_, answer) => {
    issuer.wrong.jwks = (response) => answer(response, issuer.key.jwk);
    clock.advance(31);
    await world.keys.refresh();
    expect(fetches()).toBe(2);
    expect(issuer.requestsTo("/elsewhere")).toBe(0);
    await expect(resolve(issuer.key.kid)).resolves.toBeDefined();
    expect(world.keys.fetchedAt()).toEqual(new Date(clock.now().getTime() - 31_000));
  });
});
