// The long and the timed: `npm run soak`. One file at a time, since each measures; every figure is in
// the table at the end. SOAK_SCALE=0.1 takes a tenth of the counts.
import { defineConfig } from "vitest/config";
import { findPostgresql } from "./test/support/postgresql-server.ts";

const HALF_AN_HOUR = 30 * 60 * 1000;

const project = (databaseKind: "pglite" | "postgresql", files: readonly string[]) => ({
  test: {
    name: databaseKind,
    include: files.map((name) => `test/soak/${name}.soak.ts`),
    // Several replicas need a database of their own.
    exclude:
      databaseKind === "pglite" ? onPostgresql.map((name) => `test/soak/${name}.soak.ts`) : [],
    provide: { databaseKind, pkceFor: "all" as const },
    setupFiles: "test/support/clean-up-setup.ts",
    globalSetup: ["test/support/global-setup.ts", "test/soak/support/closing-table.ts"],
    testTimeout: HALF_AN_HOUR,
    hookTimeout: HALF_AN_HOUR,
  },
});

const onPostgresql = ["rotations"];
const onBothDatabases = [
  "key-life",
  "statements",
  "login-flood",
  "equal-time",
  "expired-rows",
  "ending-races",
];

export default defineConfig({
  test: {
    maxWorkers: 1,
    fileParallelism: false,
    projects: [
      project("pglite", ["*"]),
      ...(findPostgresql().kind === "none"
        ? []
        : [project("postgresql", [...onBothDatabases, ...onPostgresql])]),
    ],
  },
});
