// The database as the rest of Signet sees it: Prisma, or one prepared statement, never both in one
// use case. Leaves the tables to schema.prisma and every question to the `*-store.ts` files.
import { AsyncLocalStorage } from "node:async_hooks";
import { asDatabaseError } from "./database-unavailable.ts";
import type {
  Adapter,
  AdapterFactory,
  AdapterTransaction,
  Driver,
  Listening,
  SqlValue,
} from "./driver.ts";
import { type Prisma, PrismaClient } from "./generated/client.ts";
import { applyMigrations } from "./migrate.ts";

export { DatabaseUnavailable } from "./database-unavailable.ts";
export type { Listening, SqlValue } from "./driver.ts";

type RawSql = "$queryRaw" | "$executeRaw" | "$queryRawUnsafe" | "$executeRawUnsafe";

/** Prisma without its raw SQL: what is not the model's language is a `Statement`. */
export type Orm = Omit<Prisma.TransactionClient, RawSql>;

/** A named statement and, in its type only, the shape of its rows. */
export interface Statement<Row> {
  readonly name: string;
  readonly text: string;
  readonly row?: Row;
}

export const defineStatement = <Row>(name: string, text: string): Statement<Row> => ({
  name,
  text,
});

export interface Database {
  readonly kind: "postgresql" | "pglite";
  readonly orm: Orm;
  /**
   * Runs one named, prepared statement, atomic by itself. timestamptz arrives as Date, int8 and
   * int4 as number, text[] as string[], json parsed.
   * @throws at once inside `transaction`: on PostgreSQL it would run on another connection, on
   *         PGlite it would wait for the transaction that waits for it
   */
  sql<Row>(statement: Statement<Row>, values: readonly SqlValue[]): Promise<Row[]>;
  /**
   * Runs `work` in one transaction. Nothing slow belongs in it: no hashing, signing or HTTP.
   * @throws what `work` throws, after rolling back
   */
  transaction<T>(work: (orm: Orm) => Promise<T>): Promise<T>;
  /** The database's own time, for the Clock's offset only. */
  time(): Promise<Date>;
  /**
   * Calls `heard` when something is announced on the channel, and when that may have been missed. What
   * is announced can be found by asking as well: a pooler in between may swallow it.
   */
  listen(channel: string, heard: () => void): Listening;
  /** How many statements were sent, transaction control and `time` left out. */
  readonly statements: { readonly count: number };
  close(): Promise<void>;
}

export interface DatabaseOptions {
  /** A PostgreSQL address. */
  url?: string;
  /** Where PGlite keeps its files, when there is no `url`; in memory when there is neither. */
  directory?: string;
  /** A PGlite data directory, migrated already, as made by `dumpDataDir`. */
  snapshot?: Blob;
  /** False when whoever made the database has migrated it. */
  migrate?: boolean;
}

/**
 * Opens the database and applies pending migrations.
 * @throws DatabaseUnavailable, DirectoryInUse, MigrationRefused
 */
export async function openDatabase(options: DatabaseOptions = {}): Promise<Database> {
  const driver = await openDriver(options);
  try {
    if (options.migrate ?? options.snapshot === undefined) await applyMigrations(driver);
    return databaseOver(driver);
  } catch (error) {
    await driver.close();
    throw asDatabaseError(error);
  }
}

/** The connection alone, unmigrated. Each driver is loaded where it is used: PGlite alone is 20 MB. */
export async function openDriver({ url, directory, snapshot }: DatabaseOptions): Promise<Driver> {
  if (url !== undefined) return (await import("./postgresql-driver.ts")).postgresqlDriver(url);
  const { pgliteDriver } = await import("./pglite-driver.ts");
  return pgliteDriver({
    ...(directory !== undefined && { directory }),
    ...(snapshot !== undefined && { snapshot }),
  });
}

/** A transaction under way, found again through the asynchronous context. */
interface Scope {
  failure?: unknown;
}

/** Longest wait for a transaction to begin, and longest transaction. */
const TRANSACTION_LIMITS = { maxWait: 5_000, timeout: 10_000 };

function databaseOver(driver: Driver): Database {
  const scopes = new AsyncLocalStorage<Scope>();
  let underWay = 0;
  const statements = { count: 0 };
  let closing: Promise<void> | undefined;
  const prisma = new PrismaClient({
    adapter: watched(driver.adapter, { scopes, statements }),
    transactionOptions: TRANSACTION_LIMITS,
  });

  return {
    kind: driver.kind,
    orm: prisma,
    statements,

    async sql<Row>(statement: Statement<Row>, values: readonly SqlValue[]) {
      refuseInside(scopes, `sql("${statement.name}")`);
      statements.count += 1;
      try {
        // The statement's text decides the columns; its author states them as Row beside it.
        return (await driver.query(statement.name, statement.text, values)) as Row[];
      } catch (error) {
        throw asDatabaseError(error);
      }
    },

    async transaction(work) {
      refuseInside(scopes, "transaction()");
      underWay += 1;
      try {
        return await prisma.$transaction(async (orm) => {
          const scope: Scope = {};
          // Awaited inside: Prisma's promises begin only when somebody waits for them.
          const result = await scopes.run(scope, async () => await work(orm));
          // PostgreSQL answers COMMIT after a failed statement with a silent rollback. Whoever
          // swallowed that failure must not be told that the work was kept.
          if (scope.failure !== undefined) throw scope.failure;
          return result;
        });
      } catch (error) {
        throw asDatabaseError(error);
      } finally {
        underWay -= 1;
        // On Node 20 one that is in use makes every promise of the process dearer.
        if (underWay === 0) scopes.disable();
      }
    },

    async time() {
      try {
        const [row] = (await driver.query(
          "database_time",
          "SELECT clock_timestamp() AS now",
          [],
        )) as {
          now: Date;
        }[];
        if (row === undefined) throw new Error("the database did not tell the time");
        return row.now;
      } catch (error) {
        throw asDatabaseError(error);
      }
    },

    listen: driver.listen,

    close() {
      closing ??= prisma.$disconnect().then(() => driver.close());
      return closing;
    },
  };
}

function refuseInside(scopes: AsyncLocalStorage<Scope>, what: string): void {
  if (scopes.getStore() === undefined) return;
  throw new Error(`${what} inside a transaction: use the orm that the transaction hands out`);
}

interface Watch {
  scopes: AsyncLocalStorage<Scope>;
  statements: { count: number };
}

/** Prisma's adapter, counting statements, naming outages, and refusing a bypass of the transaction. */
function watched(factory: AdapterFactory, watch: Watch): AdapterFactory {
  return {
    provider: factory.provider,
    adapterName: factory.adapterName,
    connect: async () => watchedAdapter(await factory.connect(), watch),
  };
}

const watchedAdapter = (adapter: Adapter, { scopes, statements }: Watch): Adapter => {
  const outside = async <T>(ask: () => Promise<T>): Promise<T> => {
    refuseInside(scopes, "database.orm");
    statements.count += 1;
    return ask().catch(rethrow);
  };
  return {
    provider: adapter.provider,
    adapterName: adapter.adapterName,
    queryRaw: (query) => outside(() => adapter.queryRaw(query)),
    executeRaw: (query) => outside(() => adapter.executeRaw(query)),
    executeScript: (script) => outside(() => adapter.executeScript(script)),
    startTransaction: async (level) =>
      watchedTransaction(await adapter.startTransaction(level).catch(rethrow), {
        scopes,
        statements,
      }),
    getConnectionInfo: () => adapter.getConnectionInfo?.() ?? { supportsRelationJoins: true },
    dispose: () => adapter.dispose(),
  };
};

const TRANSACTION_CONTROL = /^(BEGIN|COMMIT|ROLLBACK|SAVEPOINT|RELEASE)\b/i;

const watchedTransaction = (
  transaction: AdapterTransaction,
  { scopes, statements }: Watch,
): AdapterTransaction => {
  const inside = async <T>(text: string, ask: () => Promise<T>): Promise<T> => {
    if (!TRANSACTION_CONTROL.test(text)) statements.count += 1;
    try {
      return await ask();
    } catch (error) {
      const scope = scopes.getStore();
      if (scope !== undefined) scope.failure ??= asDatabaseError(error);
      return rethrow(error);
    }
  };
  return {
    provider: transaction.provider,
    adapterName: transaction.adapterName,
    options: transaction.options,
    queryRaw: (query) => inside(query.sql, () => transaction.queryRaw(query)),
    executeRaw: (query) => inside(query.sql, () => transaction.executeRaw(query)),
    commit: () => transaction.commit().catch(rethrow),
    rollback: () => transaction.rollback(),
  };
};

function rethrow(error: unknown): never {
  throw asDatabaseError(error);
}
