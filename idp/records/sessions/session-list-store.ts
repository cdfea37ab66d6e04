// A person's own sign-ins, as they are shown to them: where each has been, and whether it began in a
// browser that the account had not signed in from before.
import type { Database } from "../../../prisma/database.ts";
import { type Lifetimes, secondsBefore } from "../lifetimes.ts";
import { namedStatement } from "../named-statement.ts";
import type { Session } from "./session.ts";
import {
  type SessionColumns,
  sessionColumns,
  sessionIsLive,
  sessionOf,
} from "./session-columns.ts";

export interface ListedSession extends Session {
  /** The sites it has reached, in that order; the first few where there are many. */
  readonly clientIds: readonly string[];
  readonly isNewDevice: boolean;
}

export interface SessionList {
  readonly sessions: readonly ListedSession[];
  /** How many there are, shown or not. */
  readonly total: number;
}

const MOST_CLIENTS = 20;

/** This browser's comes first, then those from new devices, so that no number of others hides them. */
const listOwn = namedStatement<
  SessionColumns & { clientIds: string[]; isNewDevice: boolean; total: number },
  { accountId: string; current: string; now: Date; idleSince: Date; newSince: Date; most: number }
>(
  "session.list_own",
  `WITH new_device AS (
     SELECT DISTINCT "sessionId" FROM "AuditEvent"
     WHERE "accountId" = :accountId AND "at" > :newSince::timestamptz
       AND "kind" = 'sign-in.new-device'
   ), own AS (
     SELECT s.*, s."id" IN (SELECT "sessionId" FROM new_device) AS "isNewDevice",
       (count(*) OVER ())::int AS "total"
     FROM "Session" s WHERE s."accountId" = :accountId AND ${sessionIsLive}
     ORDER BY s."id" = :current DESC, "isNewDevice" DESC, s."lastUsedAt" DESC, s."id"
     LIMIT :most::int
   )
   SELECT ${sessionColumns}, s."isNewDevice", s."total", ARRAY(
     SELECT reached."clientId" FROM "SessionClient" reached WHERE reached."sessionId" = s."id"
     ORDER BY reached."createdAt", reached."clientId" LIMIT ${MOST_CLIENTS}
   ) AS "clientIds"
   FROM own s
   ORDER BY s."id" = :current DESC, s."isNewDevice" DESC, s."lastUsedAt" DESC, s."id"`,
);

export type SessionListStore = ReturnType<typeof sessionListStore>;

export const sessionListStore = (
  database: Database,
  lifetimes: Pick<Lifetimes, "sessionIdleSeconds" | "sessionAbsoluteSeconds">,
) => ({
  /** The account's live sessions. @param current  the session that asks */
  async list(
    { accountId, current, most }: { accountId: string; current: string; most: number },
    now: Date,
  ): Promise<SessionList> {
    const rows = await database.sql(
      listOwn,
      listOwn.values({
        accountId,
        current,
        now,
        idleSince: secondsBefore(now, lifetimes.sessionIdleSeconds),
        newSince: secondsBefore(now, lifetimes.sessionAbsoluteSeconds),
        most,
      }),
    );
    return {
      sessions: rows.map((row) => ({
        ...sessionOf(row),
        clientIds: row.clientIds,
        isNewDevice: row.isNewDevice,
      })),
      total: rows[0]?.total ?? 0,
    };
  },

  /** One of the account's, live or ended; somebody else's is none (security D2). */
  async findOwn(
    accountId: string,
    sessionId: string,
  ): Promise<Pick<Session, "id" | "userAgent" | "authenticatedAt"> | undefined> {
    const row = await database.orm.session.findFirst({
      where: { id: sessionId, accountId },
      select: { id: true, userAgent: true, authenticatedAt: true },
    });
    return row ?? undefined;
  },
});
