// Rotating refresh tokens (RFC 6749 §6, RFC 9700 §4.14.2). A token is used by the one statement that
// stores its successor; what becomes of a token presented again is `refresh-token-revisit.ts`'s.
import type { Database } from "../../../prisma/database.ts";
import { hashOf, isCredential } from "../../protocol/credential.ts";
import { type AccountColumns, accountColumns, profileOf } from "../accounts/account-columns.ts";
import { type Lifetimes, secondsAfter, secondsBefore } from "../lifetimes.ts";
import { namedStatement } from "../named-statement.ts";
import { sessionIsLive } from "../sessions/session-columns.ts";
import { type GrantColumns, grantColumns, grantIsLive, personGrantOf } from "./grant-columns.ts";
import {
  findRevisited,
  judgeRevisit,
  type PresentedToken,
  type Revisit,
  type Rotated,
  recordRetry,
} from "./refresh-token-revisit.ts";

export interface Rotation extends PresentedToken {
  readonly successor: string;
  /** The successor sealed under the token, by `sealSuccessor`. */
  readonly sealedSuccessor: string;
}

export type RefreshTokenLifetimes = Pick<
  Lifetimes,
  "sessionIdleSeconds" | "refreshIdleSeconds" | "offlineIdleSeconds"
>;

/**
 * Locks in the order that ending access does: session, then grant, then the token. Each lock waits
 * for a change under way and gives the row as it then is. Each row is looked up by its key before the
 * next is, whatever the planner thinks of tables that it has not seen filled.
 */
const rotateOnce = namedStatement<
  GrantColumns & AccountColumns & { account_id: string },
  {
    tokenHash: string;
    clientId: string;
    resource: string | null;
    scopes: readonly string[];
    now: Date;
    idleSince: Date;
    successorHash: string;
    sealedSuccessor: string;
    refreshExpiresAt: Date;
    offlineExpiresAt: Date;
  }
>(
  "refresh_token.rotate",
  `WITH presented AS MATERIALIZED (
     SELECT t."grantId" FROM "RefreshToken" t
     WHERE t."tokenHash" = :tokenHash AND t."usedAt" IS NULL AND t."expiresAt" > :now::timestamptz
   ), of_grant AS MATERIALIZED (
     SELECT g."id", g."sessionId" FROM "Grant" g
     WHERE g."id" = (SELECT "grantId" FROM presented)
   ), signed_in AS MATERIALIZED (
     SELECT s."id" FROM "Session" s
     WHERE s."id" = (SELECT "sessionId" FROM of_grant) AND ${sessionIsLive}
     FOR NO KEY UPDATE
   ), held AS MATERIALIZED (
     SELECT g.* FROM "Grant" g
     WHERE g."id" = (SELECT of_grant."id" FROM of_grant LEFT JOIN signed_in ON true)
     FOR NO KEY UPDATE
   ), allowed AS (
     SELECT ${grantColumns}, ${accountColumns}, signed_in."id" AS "liveSessionId"
     FROM held g
     LEFT JOIN signed_in ON true
     JOIN "Client" c ON c."id" = g."clientId"
     JOIN "Account" a ON a."id" = (SELECT "accountId" FROM held)
     WHERE g."clientId" = :clientId AND ${grantIsLive}
       AND (g."kind" = 'offline' OR signed_in."id" IS NOT NULL)
       AND (:resource::text IS NULL OR :resource::text = ANY (g."resources"))
       AND g."scopes" @> :scopes::text[]
   ), spent AS (
     UPDATE "RefreshToken" t SET "usedAt" = :now::timestamptz, "successorHash" = :successorHash,
       "sealedSuccessor" = :sealedSuccessor
     FROM allowed
     WHERE t."tokenHash" = :tokenHash AND t."usedAt" IS NULL
     RETURNING t."generation", allowed.*
   ), succeeded AS (
     INSERT INTO "RefreshToken" ("tokenHash", "grantId", "generation", "createdAt", "expiresAt")
     SELECT :successorHash, "grant_id", "generation" + 1, :now::timestamptz,
       LEAST("grant_expiresAt", CASE "grant_kind" WHEN 'offline' THEN :offlineExpiresAt::timestamptz
         ELSE :refreshExpiresAt::timestamptz END)
     FROM spent
   ), used AS (
     UPDATE "Grant" g SET "lastUsedAt" = GREATEST(g."lastUsedAt", :now::timestamptz)
     FROM spent WHERE g."id" = spent."grant_id"
   ), renewed AS (
     UPDATE "Session" s SET "lastUsedAt" = GREATEST(s."lastUsedAt", :now::timestamptz)
     FROM spent WHERE s."id" = spent."liveSessionId"
   )
   SELECT * FROM spent`,
);

export interface KnownRefreshToken {
  readonly grantId: string;
  readonly clientId: string;
  readonly wasUsed: boolean;
  readonly expiresAt: Date;
}

export type RefreshTokenStore = ReturnType<typeof refreshTokenStore>;

export const refreshTokenStore = (database: Database, lifetimes: RefreshTokenLifetimes) => {
  const idleSince = (now: Date) => secondsBefore(now, lifetimes.sessionIdleSeconds);

  return {
    /**
     * Uses a token for the first time, in one statement that stores its successor and renews the
     * session's idle time, if grant, session, account and client still count.
     * @returns undefined when any of that fails, having changed nothing; `revisit` says what
     */
    async rotate(rotation: Rotation, now: Date): Promise<Rotated | undefined> {
      if (!isCredential("refresh", rotation.token)) return undefined;
      const [row] = await database.sql(
        rotateOnce,
        rotateOnce.values({
          tokenHash: hashOf(rotation.token),
          clientId: rotation.clientId,
          resource: rotation.resource ?? null,
          scopes: rotation.scopes ?? [],
          now,
          idleSince: idleSince(now),
          successorHash: hashOf(rotation.successor),
          sealedSuccessor: rotation.sealedSuccessor,
          refreshExpiresAt: secondsAfter(now, lifetimes.refreshIdleSeconds),
          offlineExpiresAt: secondsAfter(now, lifetimes.offlineIdleSeconds),
        }),
      );
      return row && { grant: personGrantOf(row), account: profileOf(row) };
    },

    /** Why `rotate` returned nothing. Revoking the grant of a stolen token is `ending`'s. */
    async revisit(presented: PresentedToken, now: Date): Promise<Revisit> {
      if (!isCredential("refresh", presented.token)) return { kind: "unknown" };
      const tokenHash = hashOf(presented.token);
      const [row] = await database.sql(
        findRevisited,
        findRevisited.values({ tokenHash, now, idleSince: idleSince(now) }),
      );
      const revisit = judgeRevisit(row, presented, now);
      if (revisit.kind !== "retry") return revisit;
      const { grant } = revisit;
      const [used] = await database.sql(
        recordRetry,
        recordRetry.values({ grantId: grant.id, sessionId: grant.sessionId ?? null, now }),
      );
      return used ? revisit : { kind: "ended", grantId: grant.id };
    },

    /** Whose token it is, used or not (for RFC 7009, RFC 7662). Undefined for one we never issued. */
    async identify(token: string): Promise<KnownRefreshToken | undefined> {
      if (!isCredential("refresh", token)) return undefined;
      const row = await database.orm.refreshToken.findUnique({
        where: { tokenHash: hashOf(token) },
        select: {
          grantId: true,
          grant: { select: { clientId: true } },
          usedAt: true,
          expiresAt: true,
        },
      });
      if (!row) return undefined;
      const { grantId, grant, usedAt, expiresAt } = row;
      return { grantId, clientId: grant.clientId, wasUsed: usedAt !== null, expiresAt };
    },
  };
};
