import { beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { KeyLifecycle } from "../../keys/key-lifecycle.ts";
import type { Database } from "../../prisma/database.ts";
import { openTestDatabase } from "../support/databases.ts";
import { type MovableClock, movableClock } from "../support/movable-clock.ts";
import {
  aKeyLifecycle,
  JWKS_MAX_AGE_SECONDS,
  LEAD_SECONDS,
  publishedKids,
  removeAllKeys,
  requireRotated,
} from "./a-key-lifecycle.ts";

let first: Database;
let clock: MovableClock;
let keys: KeyLifecycle;

beforeAll(async () => {
  first = await openTestDatabase();
});

beforeEach(async () => {
  await removeAllKeys(first);
  clock = movableClock();
  keys = aKeyLifecycle(first, clock);
  await keys.start();
});

describe("the JWKS answer (K10)", () => {
  it("is made once per key set, and asks the database for nothing", async () => {
    const { statements } = first;
    const before = statements.count;
    const answers = Array.from({ length: 10 }, () => keys.ring.publication());
    expect(new Set(answers.map(({ body }) => body)).size).toBe(1);
    expect(statements.count).toBe(before);
    expect(answers[0]?.body.length).toBeLessThan(32 * 1024);
  });

  it("may be cached up to the moment when the pending key may begin to sign, and as usual after", () => {
    expect(keys.ring.publication().maxAgeSeconds).toBe(JWKS_MAX_AGE_SECONDS);
    clock.advance(LEAD_SECONDS - 100);
    expect(keys.ring.publication().maxAgeSeconds).toBe(100);
    clock.advance(98);
    expect(keys.ring.publication().maxAgeSeconds).toBe(10);
    clock.advance(2);
    expect(keys.ring.publication().maxAgeSeconds).toBe(JWKS_MAX_AGE_SECONDS);
  });

  it("changes its tag with its content", async () => {
    const { etag } = keys.ring.publication();
    clock.advance(LEAD_SECONDS);
    await requireRotated(keys);
    expect(keys.ring.publication().etag).not.toBe(etag);
  });
});

describe("look-ups", () => {
  it.each(["__proto__", "constructor", "../../etc/passwd", "' OR 1=1 --", "https://evil.test", ""])(
    "T2: the kid %j names no key",
    (kid) => {
      expect(keys.ring.verificationKey(kid)).toBeUndefined();
      expect(keys.ring.hintKey(kid)).toBeUndefined();
    },
  );

  it("T8: each kid is unique, and names its key", () => {
    const kids = publishedKids(keys);
    expect(new Set(kids).size).toBe(kids.length);
    for (const kid of kids) expect(keys.ring.verificationKey(kid)?.key.type).toBe("public");
  });
});
