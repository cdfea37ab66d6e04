// PostgreSQL over the network: one pool, shared by Prisma and by our own prepared statements.
import { PrismaPg } from "@prisma/adapter-pg";
import pg from "pg";
import { asDatabaseError, DatabaseUnavailable } from "./database-unavailable.ts";
import type { Driver, MigrationSession } from "./driver.ts";
import { listenOn } from "./postgresql-listener.ts";
import { runPrepared, types } from "./prepared-query.ts";

const CONNECTIONS = 10;
/** Also the longest wait for a free connection: better a quick 503 than a queue (Z4, Z11). */
const CONNECT_TIMEOUT_MS = 2_000;
const STATEMENT_TIMEOUT_MS = 5_000;
/** A network that swallows packets never errors; this is what ends the wait. */
const ANSWER_TIMEOUT_MS = STATEMENT_TIMEOUT_MS + 2_000;
/** Prisma's statements vary with list lengths; past this many the rest goes unprepared. */
const PREPARED_STATEMENTS = 500;

export function postgresqlDriver(url: string): Driver {
  const connection = connectionOf(url);
  const pool = new pg.Pool({
    ...connection,
    max: CONNECTIONS,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
  });
  // An idle connection that breaks is replaced at the next use; without a listener it would end the process.
  pool.on("error", () => {});

  return {
    kind: "postgresql",
    adapter: new PrismaPg(pool, { statementNameGenerator: statementNames() }),

    async query(name, text, values) {
      const client = await pool.connect();
      try {
        const timeoutMs = ANSWER_TIMEOUT_MS;
        const rows = await runPrepared(client, { name, text, values, timeoutMs });
        client.release();
        return rows;
      } catch (error) {
        // `pool.query` throws the connection away on any error; a refused row is no reason to.
        client.release(asDatabaseError(error) instanceof DatabaseUnavailable);
        throw error;
      }
    },

    async migrate(work) {
      // Outside the pool: a migration may take longer than any statement of a request.
      const client = new pg.Client({
        ...connection,
        options: optionsFor(url, 0),
        connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
      });
      client.on("error", () => {});
      await client.connect();
      try {
        await client.query("BEGIN");
        const result = await work(sessionOf(client));
        await client.query("COMMIT");
        return result;
      } finally {
        // Ending the connection also rolls back what was not committed.
        await client.end();
      }
    },

    listen: (channel, heard) =>
      listenOn({ ...connection, connectionTimeoutMillis: CONNECT_TIMEOUT_MS }, channel, heard),

    close: () => pool.end(),
  };
}

const sessionOf = (client: pg.Client): MigrationSession => ({
  query: async (text, values = []) =>
    (await client.query({ text, values: [...values], types })).rows,
  script: async (text) => {
    await client.query(text);
  },
});

function connectionOf(url: string): pg.ClientConfig {
  if (!URL.canParse(url) || !/^postgres(ql)?:$/.test(new URL(url).protocol)) {
    throw new DatabaseUnavailable("DATABASE_URL is not a postgresql:// address");
  }
  const parsed = new URL(url);
  // Ours is passed beside the address, which would otherwise win.
  parsed.searchParams.delete("options");
  return {
    connectionString: parsed.href,
    options: optionsFor(url, STATEMENT_TIMEOUT_MS),
    keepAlive: true,
    keepAliveInitialDelayMillis: 10_000,
    application_name: "signet",
  };
}

// Prisma's adapter writes and reads times without their zone, so the session must be in UTC.
function optionsFor(url: string, statementTimeoutMs: number): string {
  const given = new URL(url).searchParams.get("options") ?? "";
  return `${given} -c TimeZone=UTC -c statement_timeout=${statementTimeoutMs}`.trim();
}

function statementNames() {
  const names = new Map<string, string>();
  return ({ sql }: { sql: string }): string => {
    const known = names.get(sql);
    if (known !== undefined) return known;
    if (names.size >= PREPARED_STATEMENTS) return "";
    const name = `prisma_${names.size}`;
    names.set(sql, name);
    return name;
  };
}
