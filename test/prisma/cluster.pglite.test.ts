import { mkdtemp, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PGlite } from "@electric-sql/pglite";
import { dataDir as emptyCluster } from "@electric-sql/pglite-prepopulatedfs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openDatabase } from "../../prisma/database.ts";
import { migratedSnapshot } from "../support/databases.ts";

let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "signet-cluster-"));
});
afterAll(() => rm(directory, { recursive: true, force: true }));

describe("a new PGlite cluster", () => {
  it("is what this PGlite's own initdb makes, though it is copied", async () => {
    // Tests start from a snapshot that initdb began; the prepared cluster is another package's.
    const [made, copied] = await Promise.all([
      PGlite.create({ loadDataDir: await migratedSnapshot() }),
      PGlite.create({ loadDataDir: await emptyCluster() }),
    ]);
    try {
      for (const question of SAME_EVERYWHERE) {
        expect((await copied.query(question)).rows, question).toEqual(
          (await made.query(question)).rows,
        );
      }
    } finally {
      await made.close();
      await copied.close();
    }
  });

  it("Z10: is made again when a killed process has left half of one", async () => {
    await (await openDatabase({ directory })).close();
    // What a kill in the middle of the copy leaves: the mark, a PG_VERSION, and too little else.
    await writeFile(join(directory, "pglite.unfinished"), "");
    await truncate(join(directory, "pglite", "global", "pg_control"), 0);

    const database = await openDatabase({ directory });
    expect(await database.orm.account.count()).toBe(0);
    await database.close();
  });

  it("is kept from then on", async () => {
    const at = new Date("2026-03-01T12:00:00.000Z");
    const first = await openDatabase({ directory });
    await first.orm.resource.create({
      data: { identifier: "urn:kept", name: "Kept", scopes: {}, createdAt: at, updatedAt: at },
    });
    await first.close();

    const second = await openDatabase({ directory });
    expect(await second.orm.resource.count()).toBe(1);
    await second.close();
  });
});

/** PostgreSQL's own objects have numbers below 16384. */
const catalog = (table: string) =>
  `SELECT count(*), md5(string_agg(t::text, '|' ORDER BY t::text)) FROM ${table} t WHERE oid < 16384`;

const SAME_EVERYWHERE = [
  "SELECT version()",
  "SELECT pg_control_version, catalog_version_no FROM pg_control_system()",
  `SELECT datname, pg_encoding_to_char(encoding), datlocprovider, datcollate, datctype, datlocale,
          datcollversion FROM pg_database ORDER BY 1`,
  "SELECT rolname, rolsuper FROM pg_roles ORDER BY 1",
  ...["pg_proc", "pg_type", "pg_operator", "pg_cast", "pg_collation", "pg_ts_config"].map(catalog),
];
