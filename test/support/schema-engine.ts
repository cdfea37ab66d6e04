// Prisma's own schema engine, in-process: what `prisma migrate` would say and do, without the
// binary that it downloads.
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import * as bindings from "@prisma/schema-engine-wasm/schema_engine_bg";
import type { AdapterFactory, Driver } from "../../prisma/driver.ts";
import { MIGRATIONS_DIRECTORY } from "../../prisma/migrate.ts";

const require = createRequire(import.meta.url);
const NO_FILTERS = { externalTables: [], externalEnums: [] };

const SCHEMA = new URL("../../prisma/schema.prisma", import.meta.url);

export interface SchemaEngine {
  /** The SQL that leads from this database to schema.prisma; empty when they agree. */
  drift(): Promise<string>;
  /** What `prisma migrate deploy` does; the names it applied. */
  deploy(names: readonly string[]): Promise<string[]>;
  /** What `prisma migrate status` would complain of. */
  diagnose(
    names: readonly string[],
  ): Promise<{ edited: string[]; failed: string[]; behind: boolean }>;
}

export async function schemaEngine(driver: Driver): Promise<SchemaEngine> {
  const schema = await readFile(SCHEMA, "utf8");
  const files = [{ path: "schema.prisma", content: schema }];
  await load();
  const engine = await bindings.SchemaEngine.new(
    { datamodels: [["schema.prisma", schema]] },
    () => {},
    bind(driver.adapter),
  );
  const migrations = async (names: readonly string[]) => ({
    baseDir: MIGRATIONS_DIRECTORY,
    lockfile: { path: "migration_lock.toml", content: await readMigration("migration_lock.toml") },
    shadowDbInitScript: "",
    migrationDirectories: await Promise.all(
      names.map(async (name) => ({
        path: name,
        migrationFile: {
          path: "migration.sql",
          content: { tag: "ok" as const, value: await readMigration(`${name}/migration.sql`) },
        },
      })),
    ),
  });

  return {
    async drift() {
      const { stdout } = await engine.diff({
        from: { tag: "schemaDatasource", files, configDir: "/" },
        to: { tag: "schemaDatamodel", files },
        script: true,
        exitCode: null,
        filters: NO_FILTERS,
      });
      return (stdout ?? "").replace(/^-- .*$/gm, "").trim();
    },
    async deploy(names) {
      const { appliedMigrationNames } = await engine.applyMigrations({
        migrationsList: await migrations(names),
        filters: NO_FILTERS,
      });
      // The engine keeps its lock until its connection ends, and here the connection is a pool's.
      await driver.query("test_unlock", "SELECT pg_advisory_unlock_all()", []);
      return appliedMigrationNames;
    },
    async diagnose(names) {
      const found = await engine.diagnoseMigrationHistory({
        migrationsList: await migrations(names),
        optInToShadowDatabase: false,
        filters: NO_FILTERS,
      });
      return {
        edited: found.editedMigrationNames,
        failed: found.failedMigrationNames,
        behind: found.history !== null,
      };
    },
  };
}

const readMigration = (path: string) => readFile(`${MIGRATIONS_DIRECTORY}/${path}`, "utf8");

// Node has it; the types of the DOM, which know it, are not ours.
const { WebAssembly: webAssembly } = globalThis as unknown as {
  WebAssembly: {
    instantiate(
      code: Uint8Array,
      imports: Record<string, object>,
    ): Promise<{ instance: { exports: { __wbindgen_start(): void } } }>;
  };
};

let loaded: Promise<void> | undefined;

/** The package's own entry expects a bundler that imports WebAssembly; Node 20 does not. */
function load(): Promise<void> {
  loaded ??= (async () => {
    const file = require
      .resolve("@prisma/schema-engine-wasm/schema_engine_bg")
      .replace(/\.js$/, ".wasm");
    const { instance } = await webAssembly.instantiate(await readFile(file), {
      "./schema_engine_bg.js": { ...bindings },
    });
    bindings.__wbg_set_wasm(instance.exports);
    instance.exports.__wbindgen_start();
  })();
  return loaded;
}

/** Adapters throw; the engine wants results. The binding is the one that PostgreSQL's adapter uses. */
function bind(adapter: AdapterFactory): object {
  const utilities: unknown = createRequire(require.resolve("@prisma/adapter-pg"))(
    "@prisma/driver-adapter-utils",
  );
  const { bindMigrationAwareSqlAdapterFactory } = utilities as {
    bindMigrationAwareSqlAdapterFactory(factory: object): object;
  };
  return bindMigrationAwareSqlAdapterFactory({
    provider: adapter.provider,
    adapterName: adapter.adapterName,
    connect: () => adapter.connect(),
    connectToShadowDb: () => Promise.reject(new Error("no shadow database")),
  });
}
