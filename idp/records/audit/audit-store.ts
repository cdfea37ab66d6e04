// The audit: plain inserts in the transaction of the change they record, so that a change without
// its row, or a row without its change, cannot be (security D3, G2).
import type { Database, Orm } from "../../../prisma/database.ts";
import type { AuditEvent as AuditEventRow, Prisma } from "../../../prisma/generated/client.ts";
import { newIdentifier } from "../identifier.ts";
import { asObject } from "../json.ts";
import { withoutNulls } from "../without-nulls.ts";
import type { AuditEvent, AuditKind, AuditOutcome, Cause, RecordedEvent } from "./audit-event.ts";

/** Writes an event within the transaction that `orm` belongs to. */
export async function writeAudit(orm: Orm, event: AuditEvent): Promise<void> {
  const { details, ...columns } = event;
  await orm.auditEvent.create({
    data: {
      id: newIdentifier(),
      ...columns,
      ...(details && { details: details as Prisma.InputJsonObject }),
    },
  });
}

/** The part of an event that says who and why. */
export const causedBy = ({ actor, requestId, reason }: Cause) => ({
  actor,
  ...(requestId !== undefined && { requestId }),
  ...(reason !== undefined && { reason }),
});

export type AuditStore = ReturnType<typeof auditStore>;

export const auditStore = (database: Database) => ({
  /** For what changes nothing but should be known: a refusal, an anomaly. */
  record: (event: AuditEvent): Promise<void> => writeAudit(database.orm, event),

  /** Rotations and revocations of signing keys that somebody asked for. */
  countKeyChanges: (since: Date): Promise<number> =>
    database.orm.auditEvent.count({
      where: {
        kind: { in: ["keys.rotated", "keys.revoked"] },
        at: { gt: since },
        actor: { not: "system" },
      },
    }),

  /** Whether something has happened to the account since then. */
  async hasHappened(kind: AuditKind, accountId: string, since: Date): Promise<boolean> {
    const where = { kind, accountId, at: { gte: since } };
    return (await database.orm.auditEvent.findFirst({ where, select: { id: true } })) !== null;
  },

  /** The newest first, of one kind, of several or of all. @param before  id of the last event already seen */
  async list(page: {
    limit: number;
    before?: string;
    kind?: AuditKind | readonly AuditKind[];
  }): Promise<RecordedEvent[]> {
    const rows = await database.orm.auditEvent.findMany({
      where: page.kind === undefined ? {} : { kind: { in: [page.kind].flat() } },
      orderBy: [{ at: "desc" }, { id: "desc" }],
      take: page.limit,
      ...(page.before !== undefined && { cursor: { id: page.before }, skip: 1 }),
    });
    return rows.map(recordedEvent);
  },
});

const recordedEvent = ({ kind, outcome, details, ...row }: AuditEventRow): RecordedEvent => ({
  ...withoutNulls(row),
  kind: kind as AuditKind,
  outcome: outcome as AuditOutcome,
  details: asObject(details),
});
