// PostgreSQL inside this process (PGlite), in a directory that only one process may open, or in memory.
import { existsSync } from "node:fs";
import { mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { PGlite, type Transaction as PgliteTransaction } from "@electric-sql/pglite";
import { dataDir as emptyCluster } from "@electric-sql/pglite-prepopulatedfs";
import { PrismaPGlite } from "pglite-prisma-adapter";
import { lockDirectory } from "./directory-lock.ts";
import type {
  Adapter,
  AdapterFactory,
  AdapterTransaction,
  Driver,
  MigrationSession,
} from "./driver.ts";

export async function pgliteDriver(options: {
  directory?: string;
  snapshot?: Blob;
}): Promise<Driver> {
  const lock = options.directory === undefined ? undefined : await lockDirectory(options.directory);
  try {
    const pglite = await openPglite(options);
    return {
      kind: "pglite",
      adapter: adapterOf(pglite),
      query: async (_name, text, values) => (await pglite.query(text, [...values])).rows,
      migrate: (work) => migratePglite(pglite, work),
      // There is no other process that could have something to announce.
      listen: () => ({ stop: async () => {} }),
      async close() {
        await pglite.close();
        await lock?.release();
      },
    };
  } catch (error) {
    await lock?.release();
    throw error;
  }
}

export const migratePglite = <T>(
  pglite: PGlite,
  work: (session: MigrationSession) => Promise<T>,
): Promise<T> =>
  pglite.transaction((transaction) =>
    work({
      query: async (text, values = []) =>
        (await transaction.query<Record<string, unknown>>(text, [...values])).rows,
      script: async (text) => {
        await transaction.exec(text);
      },
    }),
  );

async function openPglite({ directory, snapshot }: { directory?: string; snapshot?: Blob }) {
  const begin = async () => snapshot ?? emptyCluster();
  const pglite =
    directory === undefined
      ? await PGlite.create({ loadDataDir: await begin() })
      : await openCluster(directory, begin);
  // Prisma's adapter writes and reads times without their zone, so the session must be in UTC.
  await pglite.exec("SET TimeZone = 'UTC'");
  return pglite;
}

/**
 * Opens the cluster in a directory that is ours alone, making it when there is none: from a prepared
 * one, since PostgreSQL's own initdb costs seconds, and 400 MB that are never given back.
 */
async function openCluster(directory: string, begin: () => Promise<Blob>): Promise<PGlite> {
  const dataDir = join(directory, "pglite");
  const unfinished = join(directory, "pglite.unfinished");
  // A process killed while it made the cluster has left something that does not start; no row was
  // ever in it.
  if (existsSync(unfinished)) await rm(dataDir, { recursive: true, force: true });
  if (existsSync(join(dataDir, "PG_VERSION"))) return PGlite.create({ dataDir });

  await mkdir(dataDir, { recursive: true, mode: 0o700 });
  await writeFile(unfinished, "", { mode: 0o600 });
  const pglite = await PGlite.create({ dataDir, loadDataDir: await begin() });
  await rm(unfinished);
  return pglite;
}

function adapterOf(pglite: PGlite): AdapterFactory {
  const factory: AdapterFactory = new PrismaPGlite(pglite);
  return {
    provider: factory.provider,
    adapterName: factory.adapterName,
    connect: async () =>
      delegateTo(await factory.connect(), { startTransaction: () => startTransaction(pglite) }),
  };
}

/**
 * The package's own transaction reports success when COMMIT fails (a full disk, say); this one
 * hands the failure on.
 */
async function startTransaction(pglite: PGlite): Promise<AdapterTransaction> {
  const begun = deferred<PgliteTransaction>();
  const outcome = deferred<"commit" | "rollback">();
  const ended = pglite.transaction(async (transaction) => {
    begun.resolve(transaction);
    if ((await outcome.promise) === "rollback") await transaction.rollback();
  });
  ended.catch(begun.reject);

  const transaction = await begun.promise;
  // The adapter asks nothing of its client but `query`, which a transaction has as well.
  const queries = await new PrismaPGlite(transaction as unknown as PGlite).connect();
  return {
    provider: queries.provider,
    adapterName: queries.adapterName,
    queryRaw: (query) => queries.queryRaw(query),
    executeRaw: (query) => queries.executeRaw(query),
    options: { usePhantomQuery: true },
    commit: () => {
      outcome.resolve("commit");
      return ended;
    },
    rollback: () => {
      outcome.resolve("rollback");
      return ended;
    },
  };
}

const delegateTo = (adapter: Adapter, changes: Partial<Adapter>): Adapter => ({
  provider: adapter.provider,
  adapterName: adapter.adapterName,
  queryRaw: (query) => adapter.queryRaw(query),
  executeRaw: (query) => adapter.executeRaw(query),
  executeScript: (script) => adapter.executeScript(script),
  startTransaction: (level) => adapter.startTransaction(level),
  getConnectionInfo: () => adapter.getConnectionInfo?.() ?? { supportsRelationJoins: true },
  dispose: () => adapter.dispose(),
  ...changes,
});

function deferred<T>() {
  let settle: { resolve: (value: T) => void; reject: (reason: unknown) => void } | undefined;
  const promise = new Promise<T>((resolve, reject) => {
    settle = { resolve, reject };
  });
  return {
    promise,
    resolve: (value: T) => settle?.resolve(value),
    reject: (reason: unknown) => settle?.reject(reason),
  };
}
