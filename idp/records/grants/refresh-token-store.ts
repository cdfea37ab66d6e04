// Rotating refresh tokens (RFC 6749 §6, RFC 9700 §4.14.2). A token is used by the one statement that
// stores its successor. It then answers retries with that same successor until the successor is used
// itself (public clients: for ten seconds); presented after that, it was stolen (security E5, E6).
import type { Database } from "../../../prisma/database.ts";
import { hashOf, isCredential } from "../../protocol/credential.ts";
import type { AccountProfile } from "../accounts/account.ts";
import { type AccountColumns, accountColumns, profileOf } from "../accounts/account-columns.ts";
import { type Lifetimes, secondsAfter, secondsBefore } from "../lifetimes.ts";
import { namedStatement } from "../named-statement.ts";
import { sessionIsLive } from "../sessions/session-columns.ts";
import type { PersonGrant } from "./grant.ts";
import { type GrantColumns, grantColumns, grantIsLive, personGrantOf } from "./grant-columns.ts";

/** How long a public client, which anyone can pretend to be, may come back for a lost answer. */
const PUBLIC_RETRY_SECONDS = 10;

/** A token as its client presents it, with the part of its grant that it is presented for. */
export interface PresentedToken {
  readonly token: string;
  readonly clientId: string;
  /** The one resource that is named, if any (RFC 8707 §2.2). */
  readonly resource?: string | undefined;
  /** The scopes that are named, if any (RFC 6749 §6). */
  readonly scopes?: readonly string[] | undefined;
}

export interface Rotation extends PresentedToken {
  readonly successor: string;
  /** The successor sealed under the token, by `sealSuccessor`. */
  readonly sealedSuccessor: string;
}

export interface Rotated {
  readonly grant: PersonGrant;
  readonly account: AccountProfile;
}

export type Revisit =
  /** The answer got lost: give the same successor again. */
  | (Rotated & { kind: "retry"; sealedSuccessor: string })
  /** Presented after its successor was used: theft. */
  | { kind: "reused"; grantId: string; accountId?: string; sessionId?: string }
  | { kind: "unknown" }
  | { kind: "wrong-client"; grantId: string }
  | { kind: "expired"; grantId: string }
  /** The token is good, but its grant does not reach as far as is asked. Nothing was used up. */
  | { kind: "unauthorized-resource" | "unauthorized-scope"; grantId: string }
  /** The grant, its session, account or client has ended. */
  | { kind: "ended"; grantId: string };

export type RefreshTokenLifetimes = Pick<
  Lifetimes,
  "sessionIdleSeconds" | "refreshIdleSeconds" | "offlineIdleSeconds"
>;

/**
 * Locks in the order that ending access does: session, then grant, then the token. Each lock waits
 * for a change under way and asks its condition again of the row as it then is.
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
     SELECT g."id" AS "grantId", g."sessionId"
     FROM "RefreshToken" t JOIN "Grant" g ON g."id" = t."grantId"
     WHERE t."tokenHash" = :tokenHash AND t."usedAt" IS NULL AND t."expiresAt" > :now::timestamptz
       AND g."clientId" = :clientId
       AND (:resource::text IS NULL OR :resource::text = ANY (g."resources"))
       AND g."scopes" @> :scopes::text[]
   ), signed_in AS (
     SELECT s."id" FROM "Session" s JOIN presented ON s."id" = presented."sessionId"
     WHERE ${sessionIsLive}
     FOR NO KEY UPDATE OF s
   ), allowed AS (
     SELECT ${grantColumns}, ${accountColumns}, signed_in."id" AS "liveSessionId"
     FROM presented
     JOIN "Grant" g ON g."id" = presented."grantId"
     JOIN "Client" c ON c."id" = g."clientId"
     JOIN "Account" a ON a."id" = g."accountId"
     LEFT JOIN signed_in ON signed_in."id" = g."sessionId"
     WHERE ${grantIsLive} AND (g."kind" = 'offline' OR signed_in."id" IS NOT NULL)
     FOR NO KEY UPDATE OF g
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

interface RevisitedRow extends GrantColumns, AccountColumns {
  account_id: string;
  usedAt: Date | null;
  expiresAt: Date;
  sealedSuccessor: string | null;
  successorUsedAt: Date | null;
  successorExpiresAt: Date | null;
  publicClient: boolean;
  live: boolean;
}

const findUsed = namedStatement<RevisitedRow, { tokenHash: string; now: Date; idleSince: Date }>(
  "refresh_token.revisit",
  `SELECT ${grantColumns}, ${accountColumns}, t."usedAt", t."expiresAt", t."sealedSuccessor",
     successor."usedAt" AS "successorUsedAt", successor."expiresAt" AS "successorExpiresAt",
     c."tokenEndpointAuthMethod" = 'none' AS "publicClient",
     (${grantIsLive} AND (g."kind" = 'offline' OR (s."id" IS NOT NULL AND ${sessionIsLive})))
       AS "live"
   FROM "RefreshToken" t
   JOIN "Grant" g ON g."id" = t."grantId"
   JOIN "Client" c ON c."id" = g."clientId"
   JOIN "Account" a ON a."id" = g."accountId"
   LEFT JOIN "Session" s ON s."id" = g."sessionId"
   LEFT JOIN "RefreshToken" successor ON successor."tokenHash" = t."successorHash"
   WHERE t."tokenHash" = :tokenHash`,
);

/** A retry is a use like any other: the receipt of a sign-out counts from it. */
const recordUse = namedStatement<
  { id: string },
  { grantId: string; sessionId: string | null; now: Date }
>(
  "refresh_token.retried",
  `WITH renewed AS (
     UPDATE "Session" SET "lastUsedAt" = GREATEST("lastUsedAt", :now::timestamptz)
     WHERE "id" = :sessionId AND "endedAt" IS NULL
     RETURNING 1
   )
   UPDATE "Grant" SET "lastUsedAt" = GREATEST("lastUsedAt", :now::timestamptz)
   WHERE "id" = :grantId AND "revokedAt" IS NULL AND (SELECT count(*) FROM renewed) >= 0
   RETURNING "id"`,
);

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
        findUsed,
        findUsed.values({ tokenHash, now, idleSince: idleSince(now) }),
      );
      const revisit = judge(row, presented, now);
      if (revisit.kind !== "retry") return revisit;
      const { grant } = revisit;
      const [used] = await database.sql(
        recordUse,
        recordUse.values({ grantId: grant.id, sessionId: grant.sessionId ?? null, now }),
      );
      return used ? revisit : { kind: "ended", grantId: grant.id };
    },

    /** Whose token it is, used or not, for RFC 7009. Undefined for one we never issued. */
    async identify(token: string): Promise<{ grantId: string; clientId: string } | undefined> {
      if (!isCredential("refresh", token)) return undefined;
      const row = await database.orm.refreshToken.findUnique({
        where: { tokenHash: hashOf(token) },
        select: { grantId: true, grant: { select: { clientId: true } } },
      });
      return row ? { grantId: row.grantId, clientId: row.grant.clientId } : undefined;
    },
  };
};

/** What a token is that cannot be rotated. A wrong client never ends anybody's access (E2, E3). */
function judge(row: RevisitedRow | undefined, presented: PresentedToken, now: Date): Revisit {
  if (!row) return { kind: "unknown" };
  const { grant_id: grantId, grant_accountId: accountId, grant_sessionId: sessionId } = row;
  if (row.grant_clientId !== presented.clientId) return { kind: "wrong-client", grantId };
  if (!row.live) return { kind: "ended", grantId };
  const tooLate = row.publicClient && isPast(row.usedAt, secondsBefore(now, PUBLIC_RETRY_SECONDS));
  if (row.successorUsedAt || tooLate) {
    return {
      kind: "reused",
      grantId,
      ...(accountId !== null && { accountId }),
      ...(sessionId !== null && { sessionId }),
    };
  }
  // Used, it is a retry, and counts for as long as the successor it is answered with.
  const countsUntil = row.usedAt ? row.successorExpiresAt : row.expiresAt;
  if (!countsUntil || countsUntil <= now) return { kind: "expired", grantId };
  const beyond = beyondGrant(row, presented);
  if (beyond) return { kind: beyond, grantId };
  if (!row.usedAt || !row.sealedSuccessor) return { kind: "ended", grantId };
  return {
    kind: "retry",
    grant: personGrantOf(row),
    account: profileOf(row),
    sealedSuccessor: row.sealedSuccessor,
  };
}

const isPast = (time: Date | null, limit: Date) => time !== null && time <= limit;

/** What is asked for that the grant does not have. */
function beyondGrant(row: RevisitedRow, { resource, scopes = [] }: PresentedToken) {
  if (resource !== undefined && !row.grant_resources.includes(resource)) {
    return "unauthorized-resource";
  }
  return scopes.every((scope) => row.grant_scopes.includes(scope))
    ? undefined
    : "unauthorized-scope";
}
