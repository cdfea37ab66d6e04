// The statements by which access ends, within a transaction of the caller. In this order: account or
// client, then sessions, then grants. Whoever issues holds the session (or client) row while adding a
// grant, so once that row has been changed here, a further statement sees every grant there is.
import type { Database, Orm } from "../../prisma/database.ts";
import type { Prisma } from "../../prisma/generated/client.ts";
import type { AuditEvent, AuditKind, AuditOutcome, Cause } from "../records/audit/audit-event.ts";
import { writeAudit } from "../records/audit/audit-store.ts";
import { raiseDirectoryVersion } from "../records/clients/directory-version-store.ts";
import type { EndReason } from "../records/end-reason.ts";
import { newIdentifier } from "../records/identifier.ts";
import { namedStatement } from "../records/named-statement.ts";
import { announceEnd } from "../records/outbox/logout-delivery-store.ts";
import { forgetDevices } from "../records/sessions/known-device-store.ts";

/** What ended, as the audit says it. */
export interface EndedSession {
  readonly id: string;
  readonly accountId: string;
}

export interface EndedGrant {
  readonly id: string;
  readonly clientId: string;
  readonly accountId: string | null;
  readonly sessionId: string | null;
}

export interface GrantRevocation {
  readonly grantId: string;
  readonly because: EndReason;
  readonly kind: AuditKind;
  readonly outcome: AuditOutcome;
  readonly cause: Cause;
}

/**
 * One grant and its audit row in one statement: what a replayed code or a stolen token meets, by the
 * dozen at once. Whoever comes second finds it revoked, waits for nobody and writes nothing.
 */
const revokeOne = namedStatement<
  { id: string },
  {
    grantId: string;
    because: string;
    now: Date;
    auditId: string;
    kind: string;
    outcome: string;
    actor: string;
    requestId: string | null;
    reason: string | null;
  }
>(
  "ending.revoke_grant",
  `WITH revoked AS (
     UPDATE "Grant"
     SET "revokedAt" = :now::timestamptz, "revokedReason" = :because::text, "standingKey" = NULL
     WHERE "id" = :grantId AND "revokedAt" IS NULL
     RETURNING "id", "accountId", "clientId", "sessionId"
   ), audited AS (
     INSERT INTO "AuditEvent" ("id", "at", "kind", "actor", "outcome", "accountId", "clientId",
       "sessionId", "grantId", "requestId", "reason", "details")
     SELECT :auditId, :now::timestamptz, :kind, :actor, :outcome, "accountId", "clientId",
       "sessionId", "id", :requestId, :reason, jsonb_build_object('because', :because::text)
     FROM revoked
   )
   SELECT "id" FROM revoked`,
);

export type Ending = ReturnType<typeof endingWithin>;

export const endingStore = (database: Database) => ({
  /** Runs `work` in one transaction over the statements below. */
  transaction: <T>(work: (ending: Ending) => Promise<T>): Promise<T> =>
    database.transaction((orm) => work(endingWithin(orm))),

  /** @returns false when it was revoked already, or never was */
  async revokeGrant({ cause, ...revocation }: GrantRevocation, now: Date): Promise<boolean> {
    const values = {
      ...revocation,
      now,
      auditId: newIdentifier(),
      actor: cause.actor,
      requestId: cause.requestId ?? null,
      reason: cause.reason ?? null,
    };
    return (await database.sql(revokeOne, revokeOne.values(values))).length > 0;
  },
});

/** The statements over a transaction that is under way. */
export const endingWithin = (orm: Orm) => ({
  /** @returns false when it was disabled already, or never was */
  async disableAccount(id: string, now: Date): Promise<boolean> {
    const { count } = await orm.account.updateMany({
      where: { id, disabledAt: null },
      data: { disabledAt: now },
    });
    return count > 0;
  },

  /** Here the directory's row comes first, as wherever a client changes. */
  async disableClient(id: string, now: Date): Promise<boolean> {
    await raiseDirectoryVersion(orm);
    const { count } = await orm.client.updateMany({
      where: { id, disabledAt: null },
      data: { disabledAt: now, updatedAt: now },
    });
    return count > 0;
  },

  async removeConsent(accountId: string, clientId: string): Promise<boolean> {
    const { count } = await orm.consent.deleteMany({ where: { accountId, clientId } });
    return count > 0;
  },

  /** Whoever they have reached is told, once this is committed. */
  async endSessions(
    which: Pick<Prisma.SessionWhereInput, "id" | "accountId">,
    reason: EndReason,
    now: Date,
  ): Promise<EndedSession[]> {
    const ended = await orm.session.updateManyAndReturn({
      where: { ...which, endedAt: null },
      data: { endedAt: now, endedReason: reason },
      select: { id: true, accountId: true },
    });
    if (ended.length > 0) await announceEnd(orm, ended, now);
    return ended;
  },

  /** A standing grant's key becomes free, so that its client can be given a new one. */
  revokeGrants(
    which: Pick<Prisma.GrantWhereInput, "accountId" | "clientId" | "sessionId" | "kind">,
    reason: EndReason,
    now: Date,
  ): Promise<EndedGrant[]> {
    return orm.grant.updateManyAndReturn({
      where: { ...which, revokedAt: null },
      data: { revokedAt: now, revokedReason: reason, standingKey: null },
      select: { id: true, clientId: true, accountId: true, sessionId: true },
    });
  },

  /** Whoever it was must not come back as somebody known. */
  forgetDevices: (accountId: string): Promise<void> => forgetDevices(orm, accountId),

  /**
   * Ends every grant of a person that there is, of whatever client, with its refresh tokens. One row,
   * which everybody asks who issues: it takes no longer for a million of them, holds none of them, and
   * so waits for nobody. What is being redeemed or refreshed meanwhile is of no use afterwards.
   */
  async endGrantsOfPeople(reason: EndReason, at: Date): Promise<void> {
    const cutOff = { at, reason };
    await orm.grantCutOff.upsert({
      where: { id: 1 },
      create: { id: 1, ...cutOff },
      update: cutOff,
    });
  },

  /** The ids of the clients that can be told of what happens to keys. */
  async clientsThatHear(): Promise<string[]> {
    const rows = await orm.client.findMany({
      where: { disabledAt: null, keyEventsUri: { not: null } },
      select: { id: true },
    });
    return rows.map(({ id }) => id);
  },

  audit: (event: AuditEvent): Promise<void> => writeAudit(orm, event),
});
