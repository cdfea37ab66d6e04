// The two statements of a silent authorization (RFC 6749 §4.1.1-2 with a session already there): one
// read, then, after a pure decision, one conditional write. The write asks again for everything that
// may have ended meanwhile, holding the session's row, so that ending a session either comes before
// and nothing is issued, or comes after and finds the grant to revoke.
import type { Database } from "../../../prisma/database.ts";
import { hashOf, isCredential } from "../../protocol/credential.ts";
import type { AccountProfile } from "../accounts/account.ts";
import { type AccountColumns, accountColumns, profileOf } from "../accounts/account-columns.ts";
import type { Cause } from "../audit/audit-event.ts";
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
import type { NamedClaims } from "./grant.ts";

/** What is known before deciding on an authorization request. */
export interface AuthorizationFacts {
  readonly session?: Session;
  readonly account?: AccountProfile;
  /** What the person has allowed this client before. */
  readonly consent?: { readonly scopes: readonly string[]; readonly resources: readonly string[] };
  /** By what the client knows this session already. */
  readonly sid?: string;
}

export interface Authorization {
  readonly session: Pick<Session, "id">;
  readonly accountId: string;
  readonly clientId: string;
  /** Taken when the client knows this session by none yet. */
  readonly sid: string;
  readonly kind: "session" | "offline";
  readonly scopes: readonly string[];
  /** Those and whatever else the person has to have allowed; the scopes alone when absent. */
  readonly scopesToAllow?: readonly string[];
  readonly claims?: NamedClaims | undefined;
  readonly resources: readonly string[];
  readonly redirectUri: string;
  readonly codeChallenge?: string | undefined;
  readonly nonce?: string | undefined;
  /** As the client will receive it. */
  readonly code: string;
  readonly authenticatedAt: Date;
  readonly acr: string;
  readonly amr: readonly string[];
  readonly cause: Cause;
}

export type Issue = { kind: "issued"; grantId: string; sid: string } | { kind: "stale" };

export type AuthorizationLifetimes = Pick<
  Lifetimes,
  "codeSeconds" | "sessionIdleSeconds" | "refreshAbsoluteSeconds" | "offlineAbsoluteSeconds"
>;

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
  `SELECT ${sessionColumns}, ${accountColumns}, consent."scopes" AS "consentScopes",
     consent."resources" AS "consentResources", known."sid" AS "sid"
   FROM "Session" s
   JOIN "Account" a ON a."id" = s."accountId" AND a."disabledAt" IS NULL
   LEFT JOIN "Consent" consent
     ON consent."accountId" = s."accountId" AND consent."clientId" = :clientId
   LEFT JOIN "SessionClient" known
     ON known."sessionId" = s."id" AND known."clientId" = :clientId
   WHERE s."secretHash" = :secretHash AND ${sessionIsLive}`,
);

/**
 * Locks the session, which serialises this with its ending, the client, with its disabling, and the
 * consent where one is needed, with its withdrawal. The account needs no lock of its own: disabling
 * it ends its sessions first.
 */
const issueCode = namedStatement<
  { sid: string },
  {
    sessionId: string;
    accountId: string;
    clientId: string;
    now: Date;
    idleSince: Date;
    proposedSid: string;
    grantId: string;
    kind: string;
    scopes: readonly string[];
    scopesToAllow: readonly string[];
    claims: string | null;
    resources: readonly string[];
    authenticatedAt: Date;
    acr: string;
    amr: readonly string[];
    nonce: string | null;
    grantExpiresAt: Date;
    codeHash: string;
    redirectUri: string;
    codeChallenge: string | null;
    codeExpiresAt: Date;
    auditId: string;
    actor: string;
    requestId: string | null;
  }
>(
  "authorization.issue",
  `WITH signed_in AS (
     SELECT s."id", s."expiresAt"
     FROM "Session" s JOIN "Account" a ON a."id" = s."accountId" AND a."disabledAt" IS NULL
     WHERE s."id" = :sessionId AND s."accountId" = :accountId AND ${sessionIsLive}
     FOR NO KEY UPDATE OF s
   ), consented AS (
     SELECT 1 FROM "Consent"
     WHERE "accountId" = :accountId AND "clientId" = :clientId
       AND "scopes" @> :scopesToAllow::text[] AND "resources" @> :resources::text[]
     FOR SHARE
   ), allowed AS (
     SELECT signed_in."id" AS "sessionId", signed_in."expiresAt", c."id" AS "clientId"
     FROM signed_in JOIN "Client" c ON c."id" = :clientId AND c."disabledAt" IS NULL
     WHERE c."firstParty" OR EXISTS (SELECT 1 FROM consented)
     FOR SHARE OF c
   ), known AS (
     INSERT INTO "SessionClient" ("sessionId", "clientId", "sid", "createdAt", "lastUsedAt")
     SELECT "sessionId", "clientId", :proposedSid, :now::timestamptz, :now::timestamptz FROM allowed
     ON CONFLICT ("sessionId", "clientId") DO UPDATE SET "lastUsedAt" = EXCLUDED."lastUsedAt"
     RETURNING "sid"
   ), granted AS (
     INSERT INTO "Grant" ("id", "clientId", "accountId", "sessionId", "kind", "scopes", "resources",
       "sid", "authenticatedAt", "acr", "amr", "nonce", "claims", "createdAt", "lastUsedAt", "expiresAt")
     SELECT :grantId, "clientId", :accountId,
       CASE :kind::text WHEN 'session' THEN "sessionId" END, :kind, :scopes::text[], :resources::text[],
       "sid", :authenticatedAt::timestamptz, :acr, :amr::text[], :nonce, :claims::jsonb,
       :now::timestamptz, :now::timestamptz,
       CASE :kind::text WHEN 'session' THEN LEAST("expiresAt", :grantExpiresAt::timestamptz)
         ELSE :grantExpiresAt::timestamptz END
     FROM allowed, known
     RETURNING "id", "sid"
   ), coded AS (
     INSERT INTO "AuthorizationCode"
       ("codeHash", "grantId", "redirectUri", "codeChallenge", "createdAt", "expiresAt")
     SELECT :codeHash, "id", :redirectUri, :codeChallenge, :now::timestamptz,
       :codeExpiresAt::timestamptz
     FROM granted
   ), used AS (
     UPDATE "Session" s SET "lastUsedAt" = GREATEST(s."lastUsedAt", :now::timestamptz)
     FROM allowed WHERE s."id" = allowed."sessionId"
   ), audited AS (
     INSERT INTO "AuditEvent" ("id", "at", "kind", "actor", "outcome", "accountId", "clientId",
       "sessionId", "grantId", "requestId", "details")
     SELECT :auditId, :now::timestamptz, 'grant.issued', :actor, 'success', :accountId, :clientId,
       :sessionId, "id", :requestId,
       jsonb_build_object('kind', :kind::text, 'scopes', :scopes::text[], 'resources', :resources::text[])
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
      const { cause, kind } = authorization;
      const grantId = newIdentifier();
      const absoluteSeconds =
        kind === "offline" ? lifetimes.offlineAbsoluteSeconds : lifetimes.refreshAbsoluteSeconds;
      const [issued] = await database.sql(
        issueCode,
        issueCode.values({
          sessionId: authorization.session.id,
          accountId: authorization.accountId,
          clientId: authorization.clientId,
          now,
          idleSince: idleSince(now),
          proposedSid: authorization.sid,
          grantId,
          kind,
          scopes: authorization.scopes,
          scopesToAllow: authorization.scopesToAllow ?? authorization.scopes,
          claims: authorization.claims ? JSON.stringify(authorization.claims) : null,
          resources: authorization.resources,
          authenticatedAt: authorization.authenticatedAt,
          acr: authorization.acr,
          amr: authorization.amr,
          nonce: authorization.nonce ?? null,
          grantExpiresAt: secondsAfter(now, absoluteSeconds),
          codeHash: hashOf(authorization.code),
          redirectUri: authorization.redirectUri,
          codeChallenge: authorization.codeChallenge ?? null,
          codeExpiresAt: secondsAfter(now, lifetimes.codeSeconds),
          auditId: newIdentifier(),
          actor: cause.actor,
          requestId: cause.requestId ?? null,
        }),
      );
      return issued ? { kind: "issued", grantId, sid: issued.sid } : { kind: "stale" };
    },
  };
};
