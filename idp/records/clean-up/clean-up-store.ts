// Expired rows leave in small batches, on one replica at a time, without waiting for anybody's lock
// (security R2). Codes and refresh tokens stay as long as their grant can be used: a stolen one must
// still be recognised. They go with it.
import type { Database } from "../../../prisma/database.ts";
import { namedStatement } from "../named-statement.ts";

/** Chosen at random; any advisory lock of another use must differ. */
const CLEAN_UP_LOCK = 72_707_370;

/** Grants before sessions, which their grants name. */
const expiring = [
  { table: "Grant", key: '"id"' },
  { table: "Session", key: '"id"' },
  { table: "DeletedGrant", key: '"statusNumber"' },
  { table: "Interaction", key: '"id"' },
  { table: "PushedRequest", key: '"referenceHash"' },
  // Those that were allowed go with their grant: a replay is recognised as long as there is one. The others
  // are told for an hour that they are over.
  {
    table: "DeviceCode",
    key: '"codeHash"',
    when: `"grantId" IS NULL AND "expiresAt" <= :now::timestamptz - INTERVAL '1 hour'`,
  },
  { table: "UsedJti", key: '"jtiHash"' },
  { table: "PasswordLink", key: '"linkHash"' },
  { table: "InitialAccessToken", key: '"id"' },
  { table: "SignInAttempt", key: '"bucket"' },
  { table: "KnownDevice", key: '"accountId", "deviceHash"' },
  { table: "KeySighting", key: '"clientId", "instance"' },
  { table: "KeyRevocationRequest", key: '"id"' },
  // Also when it has arrived: until then it tells who was reached and when.
  { table: "Delivery", key: '"id"' },
] as const satisfies readonly { table: string; key: string; when?: string }[];

const EXPIRED = '"expiresAt" <= :now::timestamptz';

/** The lock lasts as long as the statement; who does not get it removes nothing. */
const removals = expiring.map(({ table, key, ...only }) =>
  namedStatement<{ removed: number }, { now: Date; batch: number }>(
    `clean_up.${table}`,
    `WITH elected AS MATERIALIZED (
       SELECT pg_try_advisory_xact_lock(${CLEAN_UP_LOCK}) AS "won"
     ), expired AS (
       SELECT ${key} FROM "${table}"
       WHERE (SELECT "won" FROM elected) AND ${"when" in only ? only.when : EXPIRED}
       ORDER BY "expiresAt" LIMIT :batch::int
       FOR UPDATE SKIP LOCKED
     ), removed AS (
       DELETE FROM "${table}" WHERE (${key}) IN (SELECT ${key} FROM expired) RETURNING 1
     )
     SELECT count(*)::int AS "removed" FROM removed`,
  ),
);

export type CleanUpStore = ReturnType<typeof cleanUpStore>;

export const cleanUpStore = (database: Database) => ({
  /**
   * One batch of each kind.
   * @returns how many rows went; call again soon while it is a batch or more
   */
  async removeExpired(now: Date, batch: number): Promise<number> {
    let removed = 0;
    for (const removal of removals) {
      const [row] = await database.sql(removal, removal.values({ now, batch }));
      removed += row?.removed ?? 0;
    }
    return removed;
  },
});
