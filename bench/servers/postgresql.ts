// A PostgreSQL that is thrown away afterwards and durable meanwhile: every commit reaches the disk.
import pg from "pg";
import { findPostgresql, startPostgresql } from "../../test/support/postgresql-server.ts";

export interface BenchDatabase {
  /** A fresh, empty database of its own. */
  create(name: string): Promise<string>;
  /** How many statements clients have sent to a database so far. */
  statements(name: string): Promise<number>;
  /** How many bytes all databases have written ahead so far. */
  walBytes(): Promise<number>;
  readonly version: string;
  stop(): Promise<void>;
}

/** What PostgreSQL is by itself, but for counting statements, listening here alone and no disk of its own to fill. */
const SETTINGS = [
  "listen_addresses=127.0.0.1",
  "unix_socket_directories=",
  "max_connections=200",
  "shared_buffers=256MB",
  "synchronous_commit=on",
  "max_wal_size=4GB",
  "shared_preload_libraries=pg_stat_statements",
  "pg_stat_statements.track=top",
];

/** On the cores of this process. */
export async function startDatabase(): Promise<BenchDatabase> {
  const server = await startPostgresql(findPostgresql(), SETTINGS);
  const client = new pg.Client({ connectionString: server.url });
  await client.connect();
  await client.query("CREATE EXTENSION IF NOT EXISTS pg_stat_statements");
  const one = async (text: string, values: string[] = []): Promise<string> => {
    const { rows } = await client.query<{ value: string }>(text, values);
    return rows[0]?.value ?? "";
  };
  return {
    version: await one("SELECT current_setting('server_version') AS value"),
    async create(name) {
      await client.query(`CREATE DATABASE ${name}`);
      const url = new URL(server.url);
      url.pathname = name;
      return url.href;
    },
    statements: async (name) =>
      Number(
        await one(
          `SELECT COALESCE(sum(calls), 0) AS value FROM pg_stat_statements s
           JOIN pg_database d ON d.oid = s.dbid WHERE d.datname = $1`,
          [name],
        ),
      ),
    walBytes: async () => Number(await one("SELECT pg_current_wal_insert_lsn() - '0/0' AS value")),
    async stop() {
      await client.end();
      await server.stop();
    },
  };
}
