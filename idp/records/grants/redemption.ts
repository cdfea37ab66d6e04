// How something a client holds becomes a person's tokens, once: a code, or a device code. One statement that
// also stores the first refresh token, so that of any number of redemptions one succeeds (security E1).
import { hashOf } from "../../protocol/credential.ts";
import type { AccountProfile } from "../accounts/account.ts";
import { type AccountColumns, accountColumns, profileOf } from "../accounts/account-columns.ts";
import { type Lifetimes, secondsAfter, secondsBefore } from "../lifetimes.ts";
import { sessionIsLive } from "../sessions/session-columns.ts";
import type { PersonGrant } from "./grant.ts";
import { type GrantColumns, grantColumns, grantIsLive, personGrantOf } from "./grant-columns.ts";

export interface Redeemed {
  readonly grant: PersonGrant;
  readonly account: AccountProfile;
  /** Whether the refresh token was taken, and is to be handed out. */
  readonly hasRefreshToken: boolean;
}

export type RedemptionLifetimes = Pick<
  Lifetimes,
  "sessionIdleSeconds" | "refreshIdleSeconds" | "offlineIdleSeconds"
>;

export type RedemptionRow = GrantColumns &
  AccountColumns & { account_id: string; hasRefreshToken: boolean };

export type RedemptionValues = {
  codeHash: string;
  clientId: string;
  resource: string | null;
  now: Date;
  idleSince: Date;
  refreshTokenHash: string;
  refreshExpiresAt: Date;
  offlineExpiresAt: Date;
};

/**
 * Locks the grant against being revoked meanwhile: revocation either comes first and nothing is
 * issued, or waits and then revokes what was. Then spends the code; of those that waited for its row,
 * all but the first find it spent.
 * @param table      has `grantId`, `usedAt`, `expiresAt`; called `k`
 * @param key        its column with `:codeHash`
 * @param condition  what else `k` is bound to
 */
export const redeeming = (
  table: string,
  key: string,
  condition = "true",
): string => `WITH allowed AS (
     SELECT ${grantColumns}, ${accountColumns},
       'refresh_token' = ANY (c."grantTypes") AND (g."kind" = 'offline' OR c."firstParty")
         AS "hasRefreshToken"
     FROM "${table}" k
     JOIN "Grant" g ON g."id" = k."grantId"
     JOIN "Client" c ON c."id" = g."clientId"
     JOIN "Account" a ON a."id" = g."accountId"
     LEFT JOIN "Session" s ON s."id" = g."sessionId"
     WHERE k."${key}" = :codeHash AND k."usedAt" IS NULL AND k."expiresAt" > :now::timestamptz
       AND ${condition}
       AND g."clientId" = :clientId AND ${grantIsLive}
       AND (g."kind" = 'offline' OR (${sessionIsLive}))
       AND (:resource::text IS NULL OR :resource::text = ANY (g."resources"))
     FOR SHARE OF g
   ), spent AS (
     UPDATE "${table}" k SET "usedAt" = :now::timestamptz
     FROM allowed
     WHERE k."${key}" = :codeHash AND k."usedAt" IS NULL
     RETURNING allowed.*
   ), continued AS (
     INSERT INTO "RefreshToken" ("tokenHash", "grantId", "generation", "createdAt", "expiresAt")
     SELECT :refreshTokenHash, "grant_id", 0, :now::timestamptz,
       LEAST("grant_expiresAt", CASE "grant_kind" WHEN 'offline' THEN :offlineExpiresAt::timestamptz
         ELSE :refreshExpiresAt::timestamptz END)
     FROM spent WHERE "hasRefreshToken"
   )
   SELECT * FROM spent`;

/** The parameters of that. */
export const redemptionValues = (
  {
    code,
    clientId,
    resource,
    refreshToken,
  }: { code: string; clientId: string; resource?: string | undefined; refreshToken: string },
  lifetimes: RedemptionLifetimes,
  now: Date,
): RedemptionValues => ({
  codeHash: hashOf(code),
  clientId,
  resource: resource ?? null,
  now,
  idleSince: secondsBefore(now, lifetimes.sessionIdleSeconds),
  refreshTokenHash: hashOf(refreshToken),
  refreshExpiresAt: secondsAfter(now, lifetimes.refreshIdleSeconds),
  offlineExpiresAt: secondsAfter(now, lifetimes.offlineIdleSeconds),
});

export const redeemedOf = (row: RedemptionRow): Redeemed => ({
  grant: personGrantOf(row),
  account: profileOf(row),
  hasRefreshToken: row.hasRefreshToken,
});
