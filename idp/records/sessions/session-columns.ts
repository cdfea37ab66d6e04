// A session as one part of a larger statement's row, and when it counts: `s` is its alias there.
import type { Session } from "./session.ts";

export interface SessionColumns {
  session_id: string;
  session_accountId: string;
  session_authenticatedAt: Date;
  session_acr: string;
  session_amr: string[];
  session_userAgent: string;
  session_createdAt: Date;
  session_lastUsedAt: Date;
  session_expiresAt: Date;
}

export const sessionColumns = `
  s."id" AS "session_id", s."accountId" AS "session_accountId",
  s."authenticatedAt" AS "session_authenticatedAt", s."acr" AS "session_acr",
  s."amr" AS "session_amr", s."userAgent" AS "session_userAgent",
  s."createdAt" AS "session_createdAt", s."lastUsedAt" AS "session_lastUsedAt",
  s."expiresAt" AS "session_expiresAt"`;

/**
 * The condition for a session to count: not ended, within its absolute limit, within its idle limit
 * (security S3). Takes `:now` and `:idleSince`, which is now minus the idle limit.
 */
export const sessionIsLive = `
  s."endedAt" IS NULL AND s."expiresAt" > :now::timestamptz
  AND s."lastUsedAt" > :idleSince::timestamptz`;

export const sessionOf = (row: SessionColumns): Session => ({
  id: row.session_id,
  accountId: row.session_accountId,
  authenticatedAt: row.session_authenticatedAt,
  acr: row.session_acr,
  amr: row.session_amr,
  userAgent: row.session_userAgent,
  createdAt: row.session_createdAt,
  lastUsedAt: row.session_lastUsedAt,
  expiresAt: row.session_expiresAt,
});
