// A refresh token that could not be rotated, looked at again: a retry after a lost answer, a theft, or
// one that has ended (RFC 9700 §4.14.2, security E5, E6).
import type { AccountProfile } from "../accounts/account.ts";
import { type AccountColumns, accountColumns, profileOf } from "../accounts/account-columns.ts";
import { secondsBefore } from "../lifetimes.ts";
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

export const findRevisited = namedStatement<
  RevisitedRow,
  { tokenHash: string; now: Date; idleSince: Date }
>(
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
export const recordRetry = namedStatement<
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

/** What a token is that cannot be rotated. A wrong client never ends anybody's access (E2, E3). */
export function judgeRevisit(
  row: RevisitedRow | undefined,
  presented: PresentedToken,
  now: Date,
): Revisit {
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
