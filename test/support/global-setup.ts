// Makes what a run starts from: the programs in dist/, and one migrated PGlite snapshot or one migrated
// PostgreSQL template.
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  writeFileSync,
} from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { PGlite } from "@electric-sql/pglite";
import pg from "pg";
import type { TestProject } from "vitest/node";
import { openDatabase } from "../../prisma/database.ts";
import { applyMigrations, MIGRATIONS_DIRECTORY } from "../../prisma/migrate.ts";
import { migratePglite } from "../../prisma/pglite-driver.ts";
import { findPostgresql, startPostgresql } from "./postgresql-server.ts";

declare module "vitest" {
  interface ProvidedContext {
    databaseKind: "pglite" | "postgresql";
    /** What every provider here has as PKCE_FOR, unless a test says otherwise. */
    pkceFor: "all" | "public";
    /** A file: the migrated PGlite data directory, as a tar. */
    pgliteSnapshot: string;
    /** An address whose role may create databases, one of them being the migrated template. */
    postgresqlUrl: string;
    postgresqlTemplate: string;
  }
}

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  execFileSync(process.execPath, ["build.mjs", "--quick"], { cwd: ROOT, stdio: "inherit" });
  if (project.config.provide.databaseKind === "postgresql") return setUpPostgresql(project);
  project.provide("pgliteSnapshot", await snapshot());
  return async () => {};
}

async function setUpPostgresql(project: TestProject): Promise<() => Promise<void>> {
  const server = await startPostgresql(findPostgresql());
  const template = `signet_template_${process.pid}`;
  await administer(server.url, `CREATE DATABASE ${template}`);
  const url = new URL(server.url);
  url.pathname = `/${template}`;
  await (await openDatabase({ url: url.href })).close();
  project.provide("postgresqlUrl", server.url);
  project.provide("postgresqlTemplate", template);
  return async () => {
    await administer(server.url, `DROP DATABASE ${template} WITH (FORCE)`);
    await server.stop();
  };
}

async function administer(url: string, statement: string): Promise<void> {
  const client = new pg.Client(url);
  await client.connect();
  await client.query(statement);
  await client.end();
}

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const CACHE = join(ROOT, "node_modules/.cache/signet-test");

/** A new PGlite cluster costs seconds and much memory, so it is kept until a migration changes. */
async function snapshot(): Promise<string> {
  const file = join(CACHE, `pglite-${fingerprint()}.tar`);
  if (existsSync(file)) return file;
  const pglite = await PGlite.create();
  await applyMigrations({ migrate: (work) => migratePglite(pglite, work) });
  const dump = Buffer.from(await (await pglite.dumpDataDir("none")).arrayBuffer());
  await pglite.close();
  mkdirSync(CACHE, { recursive: true });
  // Whole or not at all: another run may be making the same.
  const draft = `${file}.${process.pid}`;
  writeFileSync(draft, dump);
  renameSync(draft, file);
  return file;
}

function fingerprint(): string {
  const hash = createHash("sha256");
  const pglite = createRequire(import.meta.url).resolve("@electric-sql/pglite");
  hash.update(readFileSync(join(dirname(pglite), "../package.json")));
  for (const name of readdirSync(MIGRATIONS_DIRECTORY).sort()) {
    const file = join(MIGRATIONS_DIRECTORY, name, "migration.sql");
    if (existsSync(file)) hash.update(name).update(readFileSync(file));
  }
  return hash.digest("hex").slice(0, 16);
}
