// Applies prisma/migrations at start and records them as `prisma migrate deploy` does, so that
// either can go on where the other stopped.
import { createHash, randomUUID } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import type { Driver, MigrationSession } from "./driver.ts";

/** The lock that Prisma's own migrate takes; replicas that start together take turns on it. */
const PRISMA_ADVISORY_LOCK = 72707369;

export const MIGRATIONS_DIRECTORY = fileURLToPath(new URL("./migrations", import.meta.url));

/** The database's history is not one that this code may go on from. One line, for the operator. */
export class MigrationRefused extends Error {
  override readonly name = "MigrationRefused";
}

interface Migration {
  name: string;
  script: string;
  /** SHA-256 of the script in hexadecimal, as Prisma computes it. */
  checksum: string;
}

/**
 * Applies what is pending, all or nothing, in one transaction.
 * @returns the names applied now, oldest first; none when there was nothing to do
 * @throws  MigrationRefused when an applied migration was edited since, or one had failed
 */
export async function applyMigrations(
  driver: Pick<Driver, "migrate">,
  directory = MIGRATIONS_DIRECTORY,
): Promise<string[]> {
  const migrations = await readMigrations(directory);
  return driver.migrate(async (session) => {
    await session.query(`SELECT pg_advisory_xact_lock(${PRISMA_ADVISORY_LOCK})`);
    await session.script(HISTORY_TABLE);
    const pending = pendingOf(migrations, await readHistory(session));
    for (const migration of pending) await apply(session, migration);
    return pending.map(({ name }) => name);
  });
}

async function readMigrations(directory: string): Promise<Migration[]> {
  const entries = await readdir(directory, { withFileTypes: true });
  const names = entries.filter((entry) => entry.isDirectory()).map(({ name }) => name);
  return Promise.all(
    names.sort().map(async (name) => {
      const script = await readFile(`${directory}/${name}/migration.sql`, "utf8");
      return { name, script, checksum: createHash("sha256").update(script).digest("hex") };
    }),
  );
}

interface Applied {
  name: string;
  checksum: string;
  finished: boolean;
}

async function readHistory(session: MigrationSession): Promise<Applied[]> {
  const rows = await session.query(
    `SELECT migration_name AS name, checksum, finished_at IS NOT NULL AS finished
     FROM _prisma_migrations WHERE rolled_back_at IS NULL`,
  );
  return rows.map(({ name, checksum, finished }) => ({
    name: String(name),
    checksum: String(checksum),
    finished: finished === true,
  }));
}

/**
 * What is still to apply. A migration that only the database knows is left alone: during a rolling
 * update an older replica may restart after a newer one has migrated.
 */
function pendingOf(migrations: readonly Migration[], history: readonly Applied[]): Migration[] {
  const failed = history.find(({ finished }) => !finished);
  if (failed !== undefined) {
    throw new MigrationRefused(
      `The migration ${failed.name} failed earlier: repair the database, then mark it with "prisma migrate resolve"`,
    );
  }
  return migrations.filter((migration) => {
    const applied = history.find(({ name }) => name === migration.name);
    if (applied !== undefined && applied.checksum !== migration.checksum) {
      throw new MigrationRefused(
        `The migration ${migration.name} was changed after it had been applied to this database`,
      );
    }
    return applied === undefined;
  });
}

async function apply(session: MigrationSession, { name, script, checksum }: Migration) {
  const startedAt = new Date();
  await session.script(script);
  await session.query(
    `INSERT INTO _prisma_migrations
       (id, checksum, finished_at, migration_name, started_at, applied_steps_count)
     VALUES ($1, $2, $3, $4, $5, 1)`,
    [randomUUID(), checksum, new Date(), name, startedAt],
  );
}

// As Prisma makes it.
const HISTORY_TABLE = `
  CREATE TABLE IF NOT EXISTS _prisma_migrations (
    id                  VARCHAR(36) PRIMARY KEY NOT NULL,
    checksum            VARCHAR(64) NOT NULL,
    finished_at         TIMESTAMPTZ,
    migration_name      VARCHAR(255) NOT NULL,
    logs                TEXT,
    rolled_back_at      TIMESTAMPTZ,
    started_at          TIMESTAMPTZ NOT NULL DEFAULT now(),
    applied_steps_count INTEGER NOT NULL DEFAULT 0
  )`;
