// Which grants have ended, as the database knows it. Their rows are the record; the lists in memory are made
// from them.
import type { Database } from "../../../prisma/database.ts";
import { drawnSecret } from "../drawn-secret-store.ts";
import { namedStatement } from "../named-statement.ts";

export interface EndedNumber {
  readonly number: number;
  readonly at: Date;
}

export interface EndedOtherwise {
  /** Grants whose rows are gone, with the client that had them. */
  readonly deleted: readonly number[];
  /** When everything that people had allowed ended at once, if it ever did. */
  readonly cutOffAt: Date | null;
  /** The newest number there is. */
  readonly newest: number;
}

const PAGE = 50_000;

const endedAfter = namedStatement<EndedNumber, { at: Date; number: number; most: number }>(
  "status.ended_after",
  `SELECT "statusNumber" AS "number", "revokedAt" AS "at" FROM "Grant"
   WHERE "revokedAt" IS NOT NULL
     AND ("revokedAt", "statusNumber") > (:at::timestamptz, :number::bigint)
   ORDER BY "revokedAt", "statusNumber" LIMIT :most::int`,
);

const endedOtherwise = namedStatement<EndedOtherwise, { since: Date }>(
  "status.ended_otherwise",
  `SELECT (SELECT max("at") FROM "GrantCutOff") AS "cutOffAt",
     (SELECT "last_value" FROM "Grant_statusNumber_seq") AS "newest",
     (SELECT COALESCE(jsonb_agg("statusNumber"), '[]') FROM "DeletedGrant"
      WHERE "deletedAt" > :since::timestamptz) AS "deleted"`,
);

const endedByCutOff = namedStatement<{ number: number }, { at: Date }>(
  "status.ended_by_cut_off",
  `SELECT "statusNumber" AS "number" FROM "Grant"
   WHERE "kind" <> 'client' AND "createdAt" <= :at::timestamptz`,
);

export type StatusStore = ReturnType<typeof statusStore>;

export const statusStore = (database: Database) => ({
  /** What indexes are shuffled with; drawn at the first start. */
  requireSecret: drawnSecret(database, "StatusSecret"),

  /** Grants that were ended after a time, in that order, a page at a time. */
  async *endedSince(since: Date): AsyncGenerator<EndedNumber[]> {
    let last: EndedNumber | undefined = { at: since, number: 0 };
    while (last) {
      const values = endedAfter.values({ ...last, most: PAGE });
      const page: EndedNumber[] = await database.sql(endedAfter, values);
      yield page;
      last = page.length === PAGE ? page.at(-1) : undefined;
    }
  },

  async endedOtherwise(since: Date): Promise<EndedOtherwise> {
    const [row] = await database.sql(endedOtherwise, endedOtherwise.values({ since }));
    if (row === undefined) throw new Error("a statement without rows");
    return row;
  },

  async endedByCutOff(at: Date): Promise<number[]> {
    const rows = await database.sql(endedByCutOff, endedByCutOff.values({ at }));
    return rows.map(({ number }) => number);
  },
});
