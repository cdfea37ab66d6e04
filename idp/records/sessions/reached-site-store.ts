// The sites that sessions have taken their person to, and when each was last given tokens there. For the
// receipt of a sign-out: it asks when the sessions have ended.
import type { Database } from "../../../prisma/database.ts";
import { namedStatement } from "../named-statement.ts";
import { withoutNulls } from "../without-nulls.ts";

export interface ReachedSite {
  readonly sessionId: string;
  readonly clientId: string;
  /** By which the site knows the session. */
  readonly sid: string;
  /** One access token's lifetime after that, the last of them is over. Absent if it was given none. */
  readonly lastIssuedAt?: Date;
}

const findReached = namedStatement<
  { sessionId: string; clientId: string; sid: string; lastIssuedAt: Date | null },
  { sessionIds: readonly string[] }
>(
  "session.reached_sites",
  `SELECT c."sessionId", c."clientId", c."sid", (
     SELECT max(GREATEST(g."lastUsedAt", k."usedAt"))
     FROM "Grant" g JOIN "AuthorizationCode" k ON k."grantId" = g."id" AND k."usedAt" IS NOT NULL
     WHERE g."sessionId" = c."sessionId" AND g."clientId" = c."clientId"
   ) AS "lastIssuedAt"
   FROM "SessionClient" c
   WHERE c."sessionId" = ANY(:sessionIds::text[])
   ORDER BY c."createdAt", c."clientId"`,
);

export type ReachedSiteStore = ReturnType<typeof reachedSiteStore>;

export const reachedSiteStore = (database: Database) => ({
  /** In the order in which the person came there. */
  async of(sessionIds: readonly string[]): Promise<ReachedSite[]> {
    const rows = await database.sql(findReached, findReached.values({ sessionIds }));
    return rows.map(withoutNulls);
  },
});
