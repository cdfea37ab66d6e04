// The clients a person is connected with: those they have allowed something, and those that hold a
// grant of theirs without asking, being the company's own.
import type { Database } from "../../../prisma/database.ts";
import { type Lifetimes, secondsBefore } from "../lifetimes.ts";
import { namedStatement } from "../named-statement.ts";
import { grantCounts, joinedGrant } from "./grant-columns.ts";

export interface ConnectedApp {
  readonly clientId: string;
  readonly scopes: readonly string[];
  readonly resources: readonly string[];
  /** When it was first allowed something that still stands. */
  readonly since: Date;
  /** Absent when nothing of its grants is remembered any more. */
  readonly lastUsedAt?: Date;
  /** Whether it holds something now; otherwise it would be given it again without asking. */
  readonly isLive: boolean;
  /** Until when it may go on while the person is away; absent when it may not. */
  readonly offlineUntil?: Date;
}

interface Row {
  clientId: string;
  scopes: string[];
  resources: string[];
  since: Date;
  lastUsedAt: Date | null;
  isLive: boolean;
  offlineUntil: Date | null;
}

/** What is allowed: the consent, and whatever a live grant has beside it. */
const allowed = (what: "scopes" | "resources") => `ARRAY(
  SELECT DISTINCT x FROM (
    SELECT unnest(consent."${what}") AS x
    UNION ALL
    SELECT unnest(live."${what}") FROM live WHERE live."clientId" = c."id"
  ) one ORDER BY x)`;

const listApps = namedStatement<
  Row,
  { accountId: string; now: Date; idleSince: Date; limit: number; offset: number }
>(
  "connected_app.list",
  `WITH live AS (
     SELECT g."clientId", g."kind", g."scopes", g."resources", g."createdAt", g."expiresAt"
     ${joinedGrant} WHERE g."accountId" = :accountId AND ${grantCounts}
   ), held AS (
     SELECT "clientId", min("createdAt") AS "since",
       max("expiresAt") FILTER (WHERE "kind" = 'offline') AS "offlineUntil"
     FROM live GROUP BY "clientId"
   )
   SELECT c."id" AS "clientId", COALESCE(consent."grantedAt", held."since") AS "since",
     ${allowed("scopes")} AS "scopes", ${allowed("resources")} AS "resources",
     (SELECT max(g."lastUsedAt") FROM "Grant" g
      WHERE g."accountId" = :accountId AND g."clientId" = c."id") AS "lastUsedAt",
     held."clientId" IS NOT NULL AS "isLive", held."offlineUntil"
   FROM "Client" c
   LEFT JOIN held ON held."clientId" = c."id"
   LEFT JOIN "Consent" consent ON consent."clientId" = c."id" AND consent."accountId" = :accountId
   WHERE c."id" IN (
     SELECT "clientId" FROM held UNION SELECT "clientId" FROM "Consent" WHERE "accountId" = :accountId)
   ORDER BY c."name", c."id" LIMIT :limit::int OFFSET :offset::int`,
);

export type ConnectedAppStore = ReturnType<typeof connectedAppStore>;

export const connectedAppStore = (
  database: Database,
  lifetimes: Pick<Lifetimes, "sessionIdleSeconds">,
) => ({
  /** In the order of their names. */
  async list(
    accountId: string,
    page: { limit: number; offset: number },
    now: Date,
  ): Promise<ConnectedApp[]> {
    const idleSince = secondsBefore(now, lifetimes.sessionIdleSeconds);
    const rows = await database.sql(
      listApps,
      listApps.values({ accountId, now, idleSince, ...page }),
    );
    return rows.map(({ lastUsedAt, offlineUntil, ...app }) => ({
      ...app,
      ...(lastUsedAt !== null && { lastUsedAt }),
      ...(offlineUntil !== null && { offlineUntil }),
    }));
  },

  /** Whether the account has, or lately had, anything to do with the client (security D2). */
  async isConnected(accountId: string, clientId: string): Promise<boolean> {
    const which = { where: { accountId, clientId }, select: { clientId: true } };
    if ((await database.orm.grant.findFirst(which)) !== null) return true;
    return (await database.orm.consent.findFirst(which)) !== null;
  },
});
