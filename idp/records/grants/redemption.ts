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

/** What has to be true beside what is true of every redemption. */
export interface RedemptionConditions {
  /** Of the row that is redeemed, `k`. */
  readonly ofCode?: string;
  /** Of the client, `c`. */
  readonly ofClient?: string;
}

/**
 * Locks the grant against being revoked meanwhile: revocation either comes first and nothing is
 * issued, or waits and then revokes what was. Then spends the code; of those that waited for its row,
 * all but the first find it spent.
 *
 * Each row is looked up by its key before the next is, whatever the planner thinks of tables that it has
 * not seen filled: offered both, it may as well read all grants of a client.
 * @param table  has `grantId`, `usedAt`, `expiresAt`; called `k`
 * @param key    its column with `:codeHash`
 */
export const redeeming = (
  table: string,
  key: string,
  { ofCode = "true", ofClient = "true" }: RedemptionConditions = {},
): string => `WITH presented AS MATERIALIZED (
     SELECT k."grantId" FROM "${table}" k
     WHERE k."${key}" = :codeHash AND k."usedAt" IS NULL AND k."expiresAt" > :now::timestamptz
       AND ${ofCode}
   ), held AS MATERIALIZED (
     SELECT g.* FROM "Grant" g WHERE g."id" = (SELECT "grantId" FROM presented)
     FOR SHARE
   ), allowed AS (
     SELECT ${grantColumns}, ${accountColumns},
       'refresh_token' = ANY (c."grantTypes") AND (g."kind" = 'offline' OR c."firstParty")
         AS "hasRefreshToken"
     FROM held g
     JOIN "Client" c ON c."id" = g."clientId"
     JOIN "Account" a ON a."id" = (SELECT "accountId" FROM held)
     LEFT JOIN "Session" s ON s."id" = (SELECT "sessionId" FROM held)
     WHERE g."clientId" = :clientId AND ${grantIsLive} AND ${ofClient}
       AND (g."kind" = 'offline' OR (${sessionIsLive}))
       AND (:resource::text IS NULL OR :resource::text = ANY (g."resources"))
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
