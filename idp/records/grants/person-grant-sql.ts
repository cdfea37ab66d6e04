// How a person's grant comes to be, as parts of a larger statement: for a code, and for a device. Holding the
// session's row, so that ending a session either comes before and nothing is granted, or comes after and
// finds the grant to revoke; then the client, and the consent where one is needed.
import type { Cause } from "../audit/audit-event.ts";
import { newIdentifier } from "../identifier.ts";
import { type Lifetimes, secondsAfter, secondsBefore } from "../lifetimes.ts";
import type { Session } from "../sessions/session.ts";
import { sessionIsLive } from "../sessions/session-columns.ts";
import type { NamedClaims } from "./grant.ts";

export interface PersonAuthorization {
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
  readonly nonce?: string | undefined;
  readonly authenticatedAt: Date;
  readonly acr: string;
  readonly amr: readonly string[];
  readonly cause: Cause;
}

export type GrantLifetimes = Pick<
  Lifetimes,
  "sessionIdleSeconds" | "refreshAbsoluteSeconds" | "offlineAbsoluteSeconds"
>;

/**
 * Ends with `granted` ("id", "sid"): one row, or none when session, account, client or consent do not count
 * any more. The account needs no lock of its own: disabling it ends its sessions first.
 * @param onlyWith  a part of the same statement that must have a row too
 */
export const grantToPerson = (onlyWith?: string): string => `held AS MATERIALIZED (
     SELECT s."id", s."accountId", s."expiresAt" FROM "Session" s
     WHERE s."id" = :sessionId AND ${sessionIsLive}
     FOR NO KEY UPDATE OF s
   ), signed_in AS (
     SELECT held."id", held."expiresAt"
     FROM held JOIN "Account" a ON a."id" = :accountId AND a."disabledAt" IS NULL
     WHERE held."accountId" = :accountId
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
     SELECT "sessionId", "clientId", :proposedSid, :now::timestamptz, :now::timestamptz
     FROM allowed ${onlyWith === undefined ? "" : `WHERE EXISTS (SELECT 1 FROM ${onlyWith})`}
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
   )`;

/** The parameters of that. @param grantId  of the grant to come */
export function personGrantValues(
  authorization: PersonAuthorization,
  grantId: string,
  lifetimes: GrantLifetimes,
  now: Date,
) {
  const { cause, claims, kind, scopes } = authorization;
  const absoluteSeconds =
    kind === "offline" ? lifetimes.offlineAbsoluteSeconds : lifetimes.refreshAbsoluteSeconds;
  return {
    sessionId: authorization.session.id,
    accountId: authorization.accountId,
    clientId: authorization.clientId,
    now,
    idleSince: secondsBefore(now, lifetimes.sessionIdleSeconds),
    proposedSid: authorization.sid,
    grantId,
    kind,
    scopes,
    scopesToAllow: authorization.scopesToAllow ?? scopes,
    claims: claims ? JSON.stringify(claims) : null,
    resources: authorization.resources,
    authenticatedAt: authorization.authenticatedAt,
    acr: authorization.acr,
    amr: authorization.amr,
    nonce: authorization.nonce ?? null,
    grantExpiresAt: secondsAfter(now, absoluteSeconds),
    auditId: newIdentifier(),
    actor: cause.actor,
    requestId: cause.requestId ?? null,
  };
}

export type PersonGrantValues = ReturnType<typeof personGrantValues>;
