import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Database, openDatabase } from "../../prisma/database.ts";
import { addClient, at, cause, redeemCode, signIn, storesOver } from "../idp/records/a-world.ts";
import { aProcess, endProcesses } from "../support/a-process.ts";
import { createDatabase, databaseKind } from "../support/databases.ts";
import type { KilledEnding } from "../support/killed-ending.ts";

const PATIENTLY = { timeout: 120_000 };
const HEARS = { backchannelLogoutUri: "https://bank.example/backchannel-logout" };

describe("a replica that is killed while it ends sign-ins", PATIENTLY, () => {
  let where: KilledEnding["database"];
  beforeAll(async () => {
    where =
      databaseKind() === "postgresql"
        ? { url: await createDatabase(), migrate: false }
        : { directory: await mkdtemp(join(tmpdir(), "signet-killed-ending-")) };
  });
  afterAll(async () => {
    endProcesses();
    if ("directory" in where) await rm(where.directory, { recursive: true, force: true });
  });

  async function withDatabase<T>(work: (database: Database) => Promise<T>): Promise<T> {
    const database = await openDatabase(where);
    try {
      return await work(database);
    } finally {
      await database.close();
    }
  }

  /** Somebody signed in twice, at a site that hears of logouts. */
  const aPerson = () =>
    withDatabase(async (database) => {
      const stores = storesOver(database);
      const client = await addClient(stores, HEARS);
      const laptop = await signIn(stores);
      const phone = await signIn(stores, at(0), laptop.account);
      for (const signedIn of [laptop, phone]) await redeemCode(stores, signedIn, client);
      return laptop.account.id;
    });

  async function end(accountId: string, point?: number): Promise<number> {
    const order: KilledEnding = {
      database: where,
      accountId,
      at: at(1).toISOString(),
      ...(point !== undefined && { point }),
    };
    const { child, ended } = aProcess("test/support/killed-ending.ts", [JSON.stringify(order)], {});
    const { stdout, stderr } = await ended;
    if (child.signalCode === "SIGKILL") return 0;
    if (child.exitCode !== 0) throw new Error(stderr);
    return JSON.parse(stdout).points;
  }

  /** What the next replica finds. */
  const foundOf = (accountId: string) =>
    withDatabase(async ({ orm }) => ({
      sessions: await orm.session.count({ where: { accountId, endedAt: null } }),
      grants: await orm.grant.count({ where: { accountId, revokedAt: null } }),
      toTell: await orm.delivery.count({
        where: { deliveredAt: null, payload: { path: ["subject"], equals: accountId } },
      }),
    }));

  it("Z7, L2: has ended all of them with the word to the sites, or nothing", async () => {
    const points = await end(await aPerson());
    expect(points).toBeGreaterThan(5);
    const outcomes = new Set<string>();
    for (let point = 0; point < points; point += databaseKind() === "postgresql" ? 1 : 3) {
      const accountId = await aPerson();
      await end(accountId, point);
      const found = await foundOf(accountId);
      const nothing = { sessions: 2, grants: 2, toTell: 0 };
      const everything = { sessions: 0, grants: 0, toTell: 2 };
      expect([nothing, everything]).toContainEqual(found);
      outcomes.add(found.sessions === 0 ? "everything" : "nothing");

      // Whoever asks again completes it, and tells each site once for each sign-in.
      await withDatabase((database) =>
        storesOver(database).endAccess(
          { kind: "sessions-of", accountId },
          "signed-out-everywhere",
          at(2),
          cause,
        ),
      );
      expect(await foundOf(accountId)).toEqual(everything);
    }
    expect(outcomes).toContain("nothing");
    // After the commit, and before anything was sent.
    const last = await aPerson();
    await end(last, points - 1);
    expect(await foundOf(last)).toEqual({ sessions: 0, grants: 0, toTell: 2 });
  });
});
