// The suite runs in four projects: whatever touches storage on both databases; what must hold whoever
// has to use PKCE once more under the other value of PKCE_FOR; and the sites and journeys, which know
// the IdP only over HTTP, once.
import { defineConfig } from "vitest/config";
import { BaseSequencer, type TestSpecification } from "vitest/node";
import { findPostgresql } from "./test/support/postgresql-server.ts";

const onBothDatabases = ["prisma", "keys", "idp", "attacks", "conformance", "faults"].map(
  (folder) => `test/${folder}/**/*.test.ts`,
);

/** Security items T, A, E and C: tokens, authorization, the token endpoint, client authentication. */
const whateverPkceIsFor = [
  "test/idp/endpoints/*.test.ts",
  "test/idp/endpoints/{authorize,token,device,userinfo,introspection,revocation}/**/*.test.ts",
  "test/idp/records/grants/code-store.test.ts",
  "test/attacks/{races,user-switch,sign-in-across-a-change,hostile-input}.test.ts",
];

const postgresql = findPostgresql();
if (postgresql.kind === "none") {
  // Written at the very end, whichever reporter runs: a green run must not look complete.
  process.on("exit", () => {
    process.stdout.write(`PostgreSQL was not tested: ${postgresql.reason}\n`);
  });
}

const project = (
  name: string,
  databaseKind: "pglite" | "postgresql",
  include: string[],
  pkceFor: "all" | "public" = "all",
) => ({
  test: {
    name,
    include,
    // What only the other one has to promise: a lone process, several replicas.
    exclude: [databaseKind === "pglite" ? "**/*.postgresql.test.ts" : "**/*.pglite.test.ts"],
    provide: { databaseKind, pkceFor },
    globalSetup: "test/support/global-setup.ts",
    setupFiles: "test/support/clean-up-setup.ts",
    // Loading the modules anew for each file takes longer than most files' tests.
    isolate: false,
    testTimeout: 30_000,
    hookTimeout: 60_000,
  },
});

/** What takes minutes comes first, or one core would wait for it at the end. */
class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const isLong = ({ moduleId }: TestSpecification) =>
      /\/test\/(?:faults|journeys)\//.test(moduleId);
    const sorted = await super.sort(files);
    return [...sorted.filter(isLong), ...sorted.filter((file) => !isLong(file))];
  }
}

export default defineConfig({
  test: {
    sequence: { sequencer: LongestFirst },
    // A test file holds a PGlite of some hundred megabytes; the machines we know have two cores.
    maxWorkers: 2,
    projects: [
      project("pglite", "pglite", onBothDatabases),
      project("postgresql", "postgresql", postgresql.kind === "none" ? [] : onBothDatabases),
      project("pkce-for-public", "pglite", whateverPkceIsFor, "public"),
      project("apart", "pglite", ["test/{apps,clients,journeys,supply-chain}/**/*.test.ts"]),
    ],
  },
});
