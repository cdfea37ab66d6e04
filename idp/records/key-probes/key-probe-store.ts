// How each site did in the last drill, and whom a drill asks.
import type { Database } from "../../../prisma/database.ts";
import type { Cause } from "../audit/audit-event.ts";
import { newIdentifier } from "../identifier.ts";
import { namedStatement } from "../named-statement.ts";
import { withoutNulls } from "../without-nulls.ts";

export type ProbeOutcome = "verified" | "refused" | "unreachable";

/** What one site made of a probe by one key. */
export interface ProbeRecord {
  readonly clientId: string;
  readonly kid: string;
  readonly at: Date;
  readonly outcome: ProbeOutcome;
  /** Why it was refused or not reached, in words of ours. */
  readonly problem?: string;
}

/** A site that hears of key events. */
export interface ProbedSite {
  readonly clientId: string;
  readonly name: string;
  readonly uri: string;
  readonly idTokenSignedResponseAlg: string;
}

/** A drill as the audit tells of it. */
export interface RecordedDrill {
  readonly results: readonly Omit<ProbeRecord, "at">[];
  readonly cause: Cause;
}

/**
 * The results and the audit row in one statement. A client that is gone by now has no result: its row
 * is looked up, and kept from going meanwhile.
 */
const record = namedStatement<
  { count: number },
  {
    results: string;
    at: Date;
    auditId: string;
    actor: string;
    requestId: string | null;
    reason: string | null;
    details: string;
  }
>(
  "key_probes.record",
  `WITH result AS MATERIALIZED (
     SELECT r."clientId", r."kid", r."outcome", r."problem"
     FROM jsonb_to_recordset(:results::jsonb)
       AS r("clientId" text, "kid" text, "outcome" text, "problem" text)
     JOIN "Client" c ON c."id" = r."clientId"
     ORDER BY r."clientId", r."kid"
     FOR KEY SHARE OF c
   ), recorded AS (
     INSERT INTO "KeyProbe" ("clientId", "kid", "at", "outcome", "problem")
     SELECT "clientId", "kid", :at::timestamptz, "outcome", "problem" FROM result
     ON CONFLICT ("clientId", "kid") DO UPDATE
     SET "at" = EXCLUDED."at", "outcome" = EXCLUDED."outcome", "problem" = EXCLUDED."problem"
     RETURNING 1
   ), audited AS (
     INSERT INTO "AuditEvent" ("id", "at", "kind", "actor", "outcome", "requestId", "reason", "details")
     VALUES (:auditId, :at::timestamptz, 'keys.drilled', :actor, 'success', :requestId, :reason,
       :details::jsonb)
   )
   SELECT count(*)::int AS "count" FROM recorded`,
);

export type KeyProbeStore = ReturnType<typeof keyProbeStore>;

export const keyProbeStore = (database: Database) => ({
  /** Every enabled client that hears of key events, by name. */
  async sites(): Promise<ProbedSite[]> {
    const rows = await database.orm.client.findMany({
      where: { disabledAt: null, keyEventsUri: { not: null } },
      orderBy: [{ name: "asc" }, { id: "asc" }],
      select: { id: true, name: true, keyEventsUri: true, idTokenSignedResponseAlg: true },
    });
    return rows.flatMap(({ id, name, keyEventsUri, idTokenSignedResponseAlg }) =>
      keyEventsUri === null
        ? []
        : [{ clientId: id, name, uri: keyEventsUri, idTokenSignedResponseAlg }],
    );
  },

  /** The newest result of each site and key is kept; the drill itself goes into the audit. */
  async record({ results, cause }: RecordedDrill, at: Date): Promise<void> {
    const values = {
      results: JSON.stringify(results),
      at,
      auditId: newIdentifier(),
      actor: cause.actor,
      requestId: cause.requestId ?? null,
      reason: cause.reason ?? null,
      details: JSON.stringify(inShort(results)),
    };
    await database.sql(record, record.values(values));
  },

  /** What the sites last made of these keys. */
  async latest(kids: readonly string[]): Promise<ProbeRecord[]> {
    const rows = await database.orm.keyProbe.findMany({
      where: { kid: { in: [...kids] } },
      orderBy: [{ clientId: "asc" }, { kid: "asc" }],
    });
    return rows.map(({ outcome, ...row }) => ({
      ...withoutNulls(row),
      outcome: outcome as ProbeOutcome,
    }));
  },
});

/** An audit row names no more sites than somebody reads. */
const MOST_NAMED = 50;

function inShort(results: RecordedDrill["results"]) {
  const failed = results.filter(({ outcome }) => outcome !== "verified");
  return {
    kids: [...new Set(results.map(({ kid }) => kid))],
    verified: results.length - failed.length,
    failed: failed.length,
    sites: failed
      .slice(0, MOST_NAMED)
      .map(({ clientId, kid, outcome }) => ({ clientId, kid, outcome })),
  };
}
