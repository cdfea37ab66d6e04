// Consents (OIDC Core §3.1.2.4). Withdrawing one also revokes what it allowed, and is `ending`'s.
import type { Database } from "../../../prisma/database.ts";
import type { Cause } from "../audit/audit-event.ts";
import { newIdentifier } from "../identifier.ts";
import { namedStatement } from "../named-statement.ts";
import type { Consent } from "./consent.ts";

/** What is allowed now joins what was: two answers at once lose neither. */
const recordOne = namedStatement<
  Consent,
  {
    accountId: string;
    clientId: string;
    scopes: readonly string[];
    resources: readonly string[];
    now: Date;
    auditId: string;
    actor: string;
    requestId: string | null;
  }
>(
  "consent.record",
  `WITH given AS (
     INSERT INTO "Consent" AS c
       ("accountId", "clientId", "scopes", "resources", "grantedAt", "updatedAt")
     VALUES (:accountId, :clientId, :scopes::text[], :resources::text[], :now::timestamptz,
       :now::timestamptz)
     ON CONFLICT ("accountId", "clientId") DO UPDATE SET
       "scopes" = ARRAY(
         SELECT DISTINCT x FROM unnest(c."scopes" || EXCLUDED."scopes") x ORDER BY x),
       "resources" = ARRAY(
         SELECT DISTINCT x FROM unnest(c."resources" || EXCLUDED."resources") x ORDER BY x),
       "updatedAt" = EXCLUDED."updatedAt"
     RETURNING *
   ), audited AS (
     INSERT INTO "AuditEvent"
       ("id", "at", "kind", "actor", "outcome", "accountId", "clientId", "requestId", "details")
     SELECT :auditId, :now::timestamptz, 'consent.given', :actor, 'success', "accountId",
       "clientId", :requestId, jsonb_build_object('scopes', :scopes::text[])
     FROM given
   )
   SELECT * FROM given`,
);

export type ConsentStore = ReturnType<typeof consentStore>;

export const consentStore = (database: Database) => ({
  async find(accountId: string, clientId: string): Promise<Consent | undefined> {
    const row = await database.orm.consent.findUnique({
      where: { accountId_clientId: { accountId, clientId } },
    });
    return row ?? undefined;
  },

  /** Adds to what the person has allowed the client before, and returns all of it. */
  async record(
    accountId: string,
    clientId: string,
    scopes: readonly string[],
    resources: readonly string[],
    now: Date,
    cause: Cause,
  ): Promise<Consent> {
    const [consent] = await database.sql(
      recordOne,
      recordOne.values({
        accountId,
        clientId,
        scopes,
        resources,
        now,
        auditId: newIdentifier(),
        actor: cause.actor,
        requestId: cause.requestId ?? null,
      }),
    );
    if (!consent) throw new Error("the database kept no consent");
    return consent;
  },

  /** What the person can withdraw. */
  list: (accountId: string): Promise<Consent[]> =>
    database.orm.consent.findMany({ where: { accountId }, orderBy: { clientId: "asc" } }),
});
