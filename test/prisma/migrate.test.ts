import { createHash } from "node:crypto";
import { readdirSync } from "node:fs";
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openDatabase } from "../../prisma/database.ts";
import type { Driver } from "../../prisma/driver.ts";
import { applyMigrations, MIGRATIONS_DIRECTORY, MigrationRefused } from "../../prisma/migrate.ts";
import { createDatabase, databaseKind, openEmptyDriver } from "../support/databases.ts";
import { schemaEngine } from "../support/schema-engine.ts";

/** In the order in which they are applied. */
const ALL = readdirSync(MIGRATIONS_DIRECTORY, { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map(({ name }) => name)
  .sort();
const [FOUNDATION = ""] = ALL;

let driver: Driver;
let directory: string;

beforeEach(async () => {
  driver = await openEmptyDriver();
  directory = await mkdtemp(join(tmpdir(), "signet-migrations-"));
  await cp(MIGRATIONS_DIRECTORY, directory, { recursive: true });
});
afterEach(async () => {
  await driver.close();
  await rm(directory, { recursive: true });
});

async function addMigration(name: string, script: string): Promise<void> {
  await mkdir(join(directory, name), { recursive: true });
  await writeFile(join(directory, name, "migration.sql"), script);
}

const history = () =>
  driver.migrate((session) =>
    session.query(
      `SELECT migration_name, checksum, finished_at, applied_steps_count, rolled_back_at, logs
       FROM _prisma_migrations ORDER BY started_at, migration_name`,
    ),
  );

describe("migrations at start", () => {
  it("are recorded as `prisma migrate deploy` records them", async () => {
    expect(await applyMigrations(driver)).toEqual(ALL);
    const recorded = ALL.map(async (name) => {
      const script = await readFile(join(MIGRATIONS_DIRECTORY, name, "migration.sql"));
      return {
        migration_name: name,
        checksum: createHash("sha256").update(script).digest("hex"),
        finished_at: expect.any(Date),
        applied_steps_count: 1,
        rolled_back_at: null,
        logs: null,
      };
    });
    expect(await history()).toEqual(await Promise.all(recorded));
  });

  it("leave nothing for Prisma to do, and take up where Prisma stopped", async () => {
    const engine = await schemaEngine(driver);
    expect(await engine.deploy(ALL)).toEqual(ALL);
    expect(await applyMigrations(driver)).toEqual([]);

    await addMigration("29990101000000_more", `CREATE TABLE "More" ("id" TEXT PRIMARY KEY);`);
    expect(await applyMigrations(driver, directory)).toEqual(["29990101000000_more"]);
    expect(await engine.deploy(ALL)).toEqual([]);
    expect(await engine.diagnose(ALL)).toMatchObject({ edited: [], failed: [] });
  });

  it("applied twice do nothing the second time", async () => {
    await applyMigrations(driver);
    const before = await history();
    expect(await applyMigrations(driver)).toEqual([]);
    expect(await history()).toEqual(before);
  });

  it("are applied once by replicas that start together", async () => {
    const applied = await Promise.all([applyMigrations(driver), applyMigrations(driver)]);
    expect(applied.flat()).toEqual(ALL);
    expect(await history()).toHaveLength(ALL.length);
  });

  it("stop with one line when an applied migration was changed since", async () => {
    await applyMigrations(driver, directory);
    await addMigration(FOUNDATION, "SELECT 1;");
    const refusal = await applyMigrations(driver, directory).catch((error: unknown) => error);
    expect(refusal).toBeInstanceOf(MigrationRefused);
    expect(String(refusal)).toMatch(new RegExp(`^[^\\n]*${FOUNDATION}[^\\n]*changed[^\\n]*$`));
  });

  it("stop with one line after a migration that Prisma left failed", async () => {
    await applyMigrations(driver);
    await driver.migrate((session) =>
      session.query("UPDATE _prisma_migrations SET finished_at = NULL"),
    );
    await expect(applyMigrations(driver)).rejects.toThrow(
      new RegExp(`^The migration ${FOUNDATION} failed earlier[^\\n]*$`),
    );
  });

  it("are all or nothing", async () => {
    await addMigration("29990101000000_good", `CREATE TABLE "Good" ("id" TEXT PRIMARY KEY);`);
    await addMigration("29990102000000_bad", "CREATE TABLE nonsense;");
    await expect(applyMigrations(driver, directory)).rejects.toThrow(/syntax error/);
    const tables = await driver.query(
      "test_tables",
      "SELECT table_name FROM information_schema.tables WHERE table_schema = 'public'",
      [],
    );
    expect(tables).toEqual([]);
  });

  it("leave a migration of a newer release alone, so that an older replica can restart", async () => {
    await addMigration("29990101000000_newer", `CREATE TABLE "Newer" ("id" TEXT PRIMARY KEY);`);
    await applyMigrations(driver, directory);
    expect(await applyMigrations(driver)).toEqual([]);
  });

  if (databaseKind() === "pglite") {
    // PGlite only: this engine is newer than PostgreSQL's adapter and reads a type it does not know.
    it("make the tables that schema.prisma describes, no more and no less", async () => {
      await applyMigrations(driver);
      const engine = await schemaEngine(driver);
      // What is printed here on a failure is the SQL that a new migration needs.
      expect(await engine.drift()).toBe("");
      expect(await engine.diagnose(ALL)).toEqual({
        edited: [],
        failed: [],
        behind: false,
      });
    });
  } else {
    it("are applied by whoever opens the database, several at once", async () => {
      const url = await createDatabase("template0");
      const databases = await Promise.all([1, 2, 3].map(() => openDatabase({ url })));
      const [first] = databases;
      expect(await first?.orm.keySet.findMany()).toEqual([{ id: 1, version: 0 }]);
      await Promise.all(databases.map((database) => database.close()));
    });
  }
});
