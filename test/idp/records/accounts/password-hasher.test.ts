import { beforeAll, describe, expect, it } from "vitest";
import { Overloaded } from "../../../../idp/records/accounts/hashing-lane.ts";
import { passwordHasher } from "../../../../idp/records/accounts/password-hasher.ts";
import { times } from "../a-world.ts";

/** Cheap, for what is not about the cost. */
const cheap = { memoryCost: 64, timeCost: 2, parallelism: 1 };

describe("argon2id hashes (RFC 9106)", () => {
  const hasher = passwordHasher();
  let hash: string;
  beforeAll(async () => {
    hash = await hasher.hash("correct horse battery staple");
  });

  it("P1: are PHC strings of at least 19 MiB and two passes", () => {
    expect(hash).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
  });

  it("verify the password and nothing else", async () => {
    expect(await hasher.verify(hash, "correct horse battery staple")).toEqual({
      ok: true,
      needsRehash: false,
    });
    expect((await hasher.verify(hash, "Correct horse battery staple")).ok).toBe(false);
  });

  it("P1: ask to be made anew when the parameters rise", async () => {
    const weaker = await passwordHasher({ parameters: cheap }).hash("correct horse battery staple");
    expect(await hasher.verify(weaker, "correct horse battery staple")).toEqual({
      ok: true,
      needsRehash: true,
    });
    expect(await hasher.verify(weaker, "wrong")).toEqual({ ok: false, needsRehash: false });
  });

  it("P2: see a difference at byte 73 and at character 256", async () => {
    const long = "x".repeat(255);
    const hashOfLong = await hasher.hash(`${long}y`);
    expect((await hasher.verify(hashOfLong, `${long}y`)).ok).toBe(true);
    expect((await hasher.verify(hashOfLong, `${long}z`)).ok).toBe(false);
    const changed = `${"x".repeat(72)}y${"x".repeat(182)}y`;
    expect((await hasher.verify(hashOfLong, changed)).ok).toBe(false);
  });

  it("P2: are of the NFC form", async () => {
    const composed = await hasher.hash("caf\u00e9 caf\u00e9 caf\u00e9");
    expect((await hasher.verify(composed, "cafe\u0301 cafe\u0301 cafe\u0301")).ok).toBe(true);
  });

  it("P6: cost one hash where there is no account, as where there is one", async () => {
    const before = hasher.count;
    expect(await hasher.verify(undefined, "anything")).toEqual({ ok: false, needsRehash: false });
    expect(hasher.count - before).toBe(1);
    await hasher.verify(hash, "wrong");
    expect(hasher.count - before).toBe(2);
  });
});

describe("the hashing lane (security P5)", () => {
  it("P5: hashes few at a time, and turns away at the door who finds the queue full", async () => {
    const hasher = passwordHasher({ concurrency: 2, queue: 3, parameters: cheap });
    let most = 0;
    const outcomes = await times(20, async () => {
      const hashing = hasher.hash("correct horse battery staple");
      most = Math.max(most, hasher.inFlight);
      return hashing.catch((error: unknown) => error);
    });
    expect(most).toBe(2);
    expect(hasher.count).toBe(5);
    expect(outcomes.filter((outcome) => typeof outcome === "string")).toHaveLength(5);
    const turnedAway = outcomes.filter((outcome) => outcome instanceof Overloaded);
    expect(turnedAway).toHaveLength(15);
    expect(turnedAway.every((error) => error.retryAfterSeconds >= 1)).toBe(true);
    expect(hasher.inFlight).toBe(0);
  });

  it("P5: lets nobody wait past the deadline", async () => {
    const hasher = passwordHasher({ concurrency: 1, queue: 10, deadlineMs: 0 });
    const outcomes = await times(3, () =>
      hasher.hash("correct horse battery staple").catch((error: unknown) => error),
    );
    expect(outcomes.map((outcome) => outcome instanceof Overloaded)).toEqual([false, true, true]);
    expect(hasher.count).toBe(1);
  });

  it("goes on after a hash that fails", async () => {
    const hasher = passwordHasher({ concurrency: 1, parameters: cheap });
    await expect(hasher.verify("not a hash", "x")).rejects.toThrow();
    expect(await hasher.hash("correct horse battery staple")).toMatch(/^\$argon2id/);
  });
});
