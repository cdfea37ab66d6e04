// A grant as one part of a larger statement's row, and when it counts. In these statements `g` is
// the grant, `c` its client, `a` its account and `s` its session.
import { sessionIsLive } from "../sessions/session-columns.ts";
import type { Grant, GrantKind, NamedClaims, PersonGrant } from "./grant.ts";

export interface GrantColumns {
  grant_id: string;
  grant_clientId: string;
  grant_accountId: string | null;
  grant_sessionId: string | null;
  grant_kind: string;
  grant_statusNumber: number;
  grant_scopes: string[];
  grant_resources: string[];
  grant_sid: string | null;
  grant_authenticatedAt: Date | null;
  grant_acr: string | null;
  grant_amr: string[];
  grant_nonce: string | null;
  grant_claims: NamedClaims | null;
  grant_createdAt: Date;
  grant_lastUsedAt: Date;
  grant_expiresAt: Date;
}

export const grantColumns = `
  g."id" AS "grant_id", g."clientId" AS "grant_clientId", g."accountId" AS "grant_accountId",
  g."sessionId" AS "grant_sessionId", g."kind" AS "grant_kind",
  g."statusNumber" AS "grant_statusNumber", g."scopes" AS "grant_scopes", g."resources" AS "grant_resources", g."sid" AS "grant_sid",
  g."authenticatedAt" AS "grant_authenticatedAt", g."acr" AS "grant_acr", g."amr" AS "grant_amr",
  g."nonce" AS "grant_nonce", g."claims" AS "grant_claims", g."createdAt" AS "grant_createdAt",
  g."lastUsedAt" AS "grant_lastUsedAt", g."expiresAt" AS "grant_expiresAt"`;

/**
 * The condition for anything to be issued or answered on a grant, whatever its kind; whether its
 * session counts is asked beside it. A person's grant also has to be younger than the last time at
 * which all of them ended at once. Takes `:now`.
 */
export const grantIsLive = `
  g."revokedAt" IS NULL AND g."expiresAt" > :now::timestamptz
  AND c."disabledAt" IS NULL AND a."disabledAt" IS NULL
  AND (g."kind" = 'client' OR g."createdAt" >
    COALESCE((SELECT "at" FROM "GrantCutOff" WHERE "id" = 1), '-infinity'::timestamptz))`;

/** A grant with all that decides whether it counts. */
export const joinedGrant = `
  FROM "Grant" g
  JOIN "Client" c ON c."id" = g."clientId"
  LEFT JOIN "Account" a ON a."id" = g."accountId"
  LEFT JOIN "Session" s ON s."id" = g."sessionId"`;

/**
 * Whether it does, its session included: a session grant whose session is gone (null) does not. Takes
 * `:now` and `:idleSince`.
 */
export const grantCounts = `${grantIsLive} AND (g."kind" <> 'session' OR (${sessionIsLive}))`;

/**
 * A grant by its id, if it counts. Each row is looked up by its key before the next is, whatever the planner
 * thinks of tables that it has not seen filled.
 */
export const selectLiveGrant = (columns: string, id = ":grantId"): string => `
  WITH held AS MATERIALIZED (SELECT g.* FROM "Grant" g WHERE g."id" = ${id})
  SELECT ${columns}
  FROM held g
  JOIN "Client" c ON c."id" = (SELECT "clientId" FROM held)
  LEFT JOIN "Account" a ON a."id" = (SELECT "accountId" FROM held)
  LEFT JOIN "Session" s ON s."id" = (SELECT "sessionId" FROM held)
  WHERE ${grantCounts}`;

export function grantOf(row: GrantColumns): Grant {
  return {
    id: row.grant_id,
    clientId: row.grant_clientId,
    kind: row.grant_kind as GrantKind,
    statusNumber: row.grant_statusNumber,
    scopes: row.grant_scopes,
    resources: row.grant_resources,
    amr: row.grant_amr,
    createdAt: row.grant_createdAt,
    lastUsedAt: row.grant_lastUsedAt,
    expiresAt: row.grant_expiresAt,
    ...(row.grant_accountId !== null && { accountId: row.grant_accountId }),
    ...(row.grant_sessionId !== null && { sessionId: row.grant_sessionId }),
    ...(row.grant_sid !== null && { sid: row.grant_sid }),
    ...(row.grant_authenticatedAt !== null && { authenticatedAt: row.grant_authenticatedAt }),
    ...(row.grant_acr !== null && { acr: row.grant_acr }),
    ...(row.grant_nonce !== null && { nonce: row.grant_nonce }),
    ...(row.grant_claims !== null && { claims: row.grant_claims }),
  };
}

/** A grant from which a code was issued; it has been a person's from the first. */
export function personGrantOf(row: GrantColumns): PersonGrant {
  const { kind, accountId, sid, authenticatedAt, acr, ...grant } = grantOf(row);
  if (kind === "client" || !accountId || !sid || !authenticatedAt || !acr) {
    throw new Error(`grant ${grant.id} is not a person's`);
  }
  return { ...grant, kind, accountId, sid, authenticatedAt, acr };
}
