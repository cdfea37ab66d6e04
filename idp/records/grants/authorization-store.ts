// The two statements of a silent authorization (RFC 6749 §4.1.1-2 with a session already there): one
// read, then, after a pure decision, one conditional write, which asks again for everything that may
// have ended meanwhile.
import type { Database } from "../../../prisma/database.ts";
import { hashOf, isCredential } from "../../protocol/credential.ts";
import type { AccountProfile } from "../accounts/account.ts";
import { type AccountColumns, accountColumns, profileOf } from "../accounts/account-columns.ts";
import { newIdentifier } from "../identifier.ts";
import { type Lifetimes, secondsAfter, secondsBefore } from "../lifetimes.ts";
import { namedStatement } from "../named-statement.ts";
import type { Session } from "../sessions/session.ts";
import {
  type SessionColumns,
  sessionColumns,
  sessionIsLive,
  sessionOf,
} from "../sessions/session-columns.ts";
import {
  type GrantLifetimes,
  grantToPerson,
  type PersonAuthorization,
  type PersonGrantValues,
  personGrantValues,
} from "./person-grant-sql.ts";

/** What is known before deciding on an authorization request. */
export interface AuthorizationFacts {
  readonly session?: Session;
  readonly account?: AccountProfile;
  /** What the person has allowed this client before. */
  readonly consent?: { readonly scopes: readonly string[]; readonly resources: readonly string[] };
  /** By what the client knows this session already. */
  readonly sid?: string;
}

export interface Authorization extends PersonAuthorization {
  readonly redirectUri: string;
  readonly codeChallenge?: string | undefined;
  /** As the client will receive it. */
  readonly code: string;
}

export type Issue = { kind: "issued"; grantId: string; sid: string } | { kind: "stale" };

export type AuthorizationLifetimes = GrantLifetimes & Pick<Lifetimes, "codeSeconds">;

interface FactsRow extends SessionColumns, AccountColumns {
  account_id: string;
  consentScopes: string[] | null;
  consentResources: string[] | null;
  sid: string | null;
}

const readFacts = namedStatement<
  FactsRow,
  { secretHash: string; clientId: string; now: Date; idleSince: Date }
>(
  "authorization.read",
  // Each row by its key, whatever the planner thinks of tables that it has not seen filled.
  `WITH held AS MATERIALIZED (
     SELECT s.* FROM "Session" s WHERE s."secretHash" = :secretHash AND ${sessionIsLive}
   )
   SELECT ${sessionColumns}, ${accountColumns}, consent."scopes" AS "consentScopes",
     consent."resources" AS "consentResources", known."sid" AS "sid"
   FROM held s
   JOIN "Account" a ON a."id" = (SELECT "accountId" FROM held) AND a."disabledAt" IS NULL
   LEFT JOIN "Consent" consent
     ON consent."accountId" = (SELECT "accountId" FROM held) AND consent."clientId" = :clientId
   LEFT JOIN "SessionClient" known
     ON known."sessionId" = (SELECT "id" FROM held) AND known."clientId" = :clientId`,
);

const issueCode = namedStatement<
  { sid: string },
  PersonGrantValues & {
    codeHash: string;
    redirectUri: string;
    codeChallenge: string | null;
    codeExpiresAt: Date;
  }
>(
  "authorization.issue",
  `WITH ${grantToPerson()}, coded AS (
     INSERT INTO "AuthorizationCode"
       ("codeHash", "grantId", "redirectUri", "codeChallenge", "createdAt", "expiresAt")
     SELECT :codeHash, "id", :redirectUri, :codeChallenge, :now::timestamptz,
       :codeExpiresAt::timestamptz
     FROM granted
   )
   SELECT "sid" FROM granted`,
);

export type AuthorizationStore = ReturnType<typeof authorizationStore>;

export const authorizationStore = (database: Database, lifetimes: AuthorizationLifetimes) => {
  const idleSince = (now: Date) => secondsBefore(now, lifetimes.sessionIdleSeconds);

  return {
    /** One statement; none when the browser brought no session. */
    async read(
      { sessionSecret, clientId }: { sessionSecret?: string | undefined; clientId: string },
      now: Date,
    ): Promise<AuthorizationFacts> {
      if (sessionSecret === undefined || !isCredential("session", sessionSecret)) return {};
      const secretHash = hashOf(sessionSecret);
      const [row] = await database.sql(
        readFacts,
        readFacts.values({ secretHash, clientId, now, idleSince: idleSince(now) }),
      );
      if (!row) return {};
      return {
        session: sessionOf(row),
        account: profileOf(row),
        ...(row.consentScopes && {
          consent: { scopes: row.consentScopes, resources: row.consentResources ?? [] },
        }),
        ...(row.sid !== null && { sid: row.sid }),
      };
    },

    /**
     * One statement: the grant, its code, the client's `sid`, the session's use and the audit row, or
     * nothing of them.
     * @returns `stale` when session, account, client or consent ended after the read: decide anew
     */
    async issue(authorization: Authorization, now: Date): Promise<Issue> {
      const grantId = newIdentifier();
      const [issued] = await database.sql(
        issueCode,
        issueCode.values({
          ...personGrantValues(authorization, grantId, lifetimes, now),
          codeHash: hashOf(authorization.code),
          redirectUri: authorization.redirectUri,
          codeChallenge: authorization.codeChallenge ?? null,
          codeExpiresAt: secondsAfter(now, lifetimes.codeSeconds),
        }),
      );
      return issued ? { kind: "issued", grantId, sid: issued.sid } : { kind: "stale" };
    },
  };
};
