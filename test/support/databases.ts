// Databases for tests, of the kind their vitest project runs on: fresh, migrated, empty, and gone
// when the file's tests have ended.
import { randomUUID } from "node:crypto";
import { readFile } from "node:fs/promises";
import pg from "pg";
import { inject } from "vitest";
import { type Database, openDatabase, openDriver } from "../../prisma/database.ts";
import type { Driver } from "../../prisma/driver.ts";
import { cleanUpLater } from "./clean-up.ts";

export const databaseKind = (): "pglite" | "postgresql" => inject("databaseKind");

/** What PGlite starts from. */
export const migratedSnapshot = async (): Promise<Blob> =>
  new Blob([await readFile(inject("pgliteSnapshot"))]);

/** A fresh, migrated database. It costs about a second on PGlite: one for a file is usual. */
export async function openTestDatabase(): Promise<Database> {
  if (databaseKind() === "pglite") {
    return remember(await openDatabase({ snapshot: await migratedSnapshot() }));
  }
  return remember(await openDatabase({ url: await createDatabase(), migrate: false }));
}

/**
 * Two handles on one fresh database, as two replicas have them. PGlite is one process only, so
 * there both are the same.
 */
export async function openTwoHandles(): Promise<readonly [Database, Database]> {
  if (databaseKind() === "pglite") {
    const database = await openTestDatabase();
    return [database, database];
  }
  const url = await createDatabase();
  return [
    remember(await openDatabase({ url, migrate: false })),
    remember(await openDatabase({ url, migrate: false })),
  ];
}

/**
 * A connection to a database that holds nothing yet, for what happens before
 * and around migrating. The caller closes it.
 */
export async function openEmptyDriver(): Promise<Driver> {
  if (databaseKind() === "postgresql") {
    return openDriver({ url: await createDatabase("template0") });
  }
  // Emptying the snapshot is quicker than a new cluster.
  const driver = await openDriver({ snapshot: await migratedSnapshot() });
  await driver.migrate((session) =>
    session.script("DROP SCHEMA public CASCADE; CREATE SCHEMA public"),
  );
  return driver;
}

/**
 * The address of a new PostgreSQL database, dropped after the file's tests.
 * @param template  what it is cloned from: migrated by default, `template0` for nothing in it
 */
export async function createDatabase(template = inject("postgresqlTemplate")): Promise<string> {
  const name = `signet_${randomUUID().replaceAll("-", "")}`;
  await administer(`CREATE DATABASE ${name} TEMPLATE ${template}`);
  cleanUpLater(() => administer(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`));
  const url = new URL(inject("postgresqlUrl"));
  url.pathname = `/${name}`;
  return url.href;
}

/** One statement as the server's administrator, on a connection of its own. */
export async function administer(statement: string): Promise<void> {
  const client = new pg.Client(inject("postgresqlUrl"));
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}

function remember<T extends { close(): Promise<void> }>(opened: T): T {
  cleanUpLater(() => opened.close());
  return opened;
}
