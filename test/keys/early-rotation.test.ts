import { beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { KeyLifecycle } from "../../keys/key-lifecycle.ts";
import type { SiteSighting } from "../../keys/site-readiness.ts";
import type { Database } from "../../prisma/database.ts";
import { openTestDatabase } from "../support/databases.ts";
import { type MovableClock, movableClock } from "../support/movable-clock.ts";
import {
  aKeyLifecycle,
  JWKS_MAX_AGE_SECONDS,
  LEAD_SECONDS,
  removeAllKeys,
} from "./a-key-lifecycle.ts";

const cause = { actor: "account:ines" };

let database: Database;
let clock: MovableClock;
let keys: KeyLifecycle;
/** What the sites' instances hold: by site, then by instance. */
let sites: Record<string, Record<string, readonly string[]>>;
let asked: { since: Date; now: Date }[];

beforeAll(async () => {
  database = await openTestDatabase();
});

beforeEach(async () => {
  await removeAllKeys(database);
  clock = movableClock();
  sites = {};
  asked = [];
  keys = aKeyLifecycle(database, clock, {
    recentSites: async (since, now) => {
      asked.push({ since, now });
      return Object.entries(sites).map(
        ([name, instances]): SiteSighting => ({
          clientId: name,
          name,
          algs: ["ES256"],
          instances: Object.entries(instances).map(([instance, kids]) => ({
            instance,
            kids,
            seenAt: now,
          })),
        }),
      );
    },
  });
  await keys.start();
});

const kids = async () => {
  const list = await keys.list();
  const kidOf = (state: string) => list.find((key) => key.state === state)?.kid ?? "";
  return { active: kidOf("active"), pending: kidOf("pending") };
};
const rotate = async () => (await keys.rotate(cause)).kind;

describe("a rotation before its time (K2)", () => {
  it("happens once every instance of every site holds the next key", async () => {
    const { active, pending } = await kids();
    sites = { bank: { a: [active], b: [active, pending] }, plan: { c: [active, pending] } };
    expect(await keys.rotate(cause)).toMatchObject({
      kind: "too-early",
      unready: [{ clientId: "bank", name: "bank", why: "lacking", instances: ["a"] }],
    });
    sites = { ...sites, bank: { a: [active, pending], b: [active, pending] } };
    expect(await keys.rotate(cause)).toMatchObject({ kind: "rotated", activated: pending });
  });

  it("waits for a site that has never said what it holds, until its time", async () => {
    const { pending } = await kids();
    sites = { bank: { a: [pending] }, silent: {} };
    expect(await rotate()).toBe("too-early");
    clock.advance(LEAD_SECONDS);
    expect(await rotate()).toBe("rotated");
  });

  it("waits until no copy without the key may be used where no site has obtained a token", async () => {
    expect(await rotate()).toBe("too-early");
    clock.advance(JWKS_MAX_AGE_SECONDS);
    expect(await rotate()).toBe("rotated");
    expect(await rotate()).toBe("too-early");
  });

  it("makes the one after wait as well: its key is another", async () => {
    const { pending } = await kids();
    sites = { bank: { a: [pending] } };
    expect(await rotate()).toBe("rotated");
    expect(await rotate()).toBe("too-early");
  });

  it("asks for the sites that have obtained a token within the last lead", async () => {
    await rotate();
    const [question] = asked;
    expect(question?.now).toEqual(clock.now());
    expect(question?.since).toEqual(new Date(clock.now().getTime() - LEAD_SECONDS * 1000));
  });

  it("is not made good by a site that holds yesterday's key", async () => {
    const { active, pending } = await kids();
    sites = { bank: { a: [active, pending] } };
    await rotate();
    clock.advance(1);
    expect(await rotate()).toBe("too-early");
    sites = { bank: { a: [(await kids()).pending] } };
    expect(await rotate()).toBe("rotated");
  });
});
