// Requests to throw a key out, and the one decision each of them gets.
import type { Database, Orm } from "../../../prisma/database.ts";
import type { KeyRevocationRequest as RequestRow } from "../../../prisma/generated/client.ts";
import type { AuditKind, AuditOutcome, Cause } from "../audit/audit-event.ts";
import { causedBy, writeAudit } from "../audit/audit-store.ts";
import { newIdentifier } from "../identifier.ts";
import { secondsAfter } from "../lifetimes.ts";
import { withoutNulls } from "../without-nulls.ts";
import { CONFIRM_WITHIN_SECONDS, type KeyRevocationRequest } from "./key-revocation-request.ts";

export type NewKeyRevocationRequest = Pick<
  KeyRevocationRequest,
  "kid" | "reason" | "refreshTokens"
>;

export type KeyRevocationRequestStore = ReturnType<typeof keyRevocationRequestStore>;

export const keyRevocationRequestStore = (database: Database) => ({
  /** @returns the open request when this key has one already, having changed nothing */
  open(
    { kid, reason, refreshTokens }: NewKeyRevocationRequest,
    now: Date,
    cause: Cause,
  ): Promise<{ request: KeyRevocationRequest; isNew: boolean }> {
    return database.transaction(async (orm) => {
      const known = await orm.keyRevocationRequest.findFirst({ where: { kid, ...openAt(now) } });
      if (known) return { request: requestOf(known), isNew: false };
      const row = await orm.keyRevocationRequest.create({
        data: {
          id: newIdentifier(),
          kid,
          reason,
          refreshTokens,
          requestedBy: cause.actor,
          requestedAt: now,
          expiresAt: secondsAfter(now, CONFIRM_WITHIN_SECONDS),
        },
      });
      const request = requestOf(row);
      await writeAudit(orm, auditOf("keys.revocation-requested", "success", request, now, cause));
      return { request, isNew: true };
    });
  },

  async find(id: string): Promise<KeyRevocationRequest | undefined> {
    const row = await database.orm.keyRevocationRequest.findUnique({ where: { id } });
    return row ? requestOf(row) : undefined;
  },

  /** What waits for a second person, the oldest first. */
  async listOpen(now: Date): Promise<KeyRevocationRequest[]> {
    const rows = await database.orm.keyRevocationRequest.findMany({
      where: openAt(now),
      orderBy: [{ requestedAt: "asc" }, { id: "asc" }],
    });
    return rows.map(requestOf);
  },

  /**
   * Decided against.
   * @returns false when somebody else was first, or it has expired
   */
  refuse(request: KeyRevocationRequest, now: Date, cause: Cause): Promise<boolean> {
    return database.transaction(async (orm) => {
      if (!(await decideRequest(orm, request.id, cause.actor, now))) return false;
      const event = auditOf("keys.revocation-refused", "refused", request, now, cause);
      await writeAudit(orm, event);
      return true;
    });
  },

  /** Somebody tried to be the second person to their own request. It stays open for another one. */
  recordSamePerson(request: KeyRevocationRequest, now: Date, cause: Cause): Promise<void> {
    const event = auditOf("keys.revocation-refused", "refused", request, now, cause);
    return writeAudit(database.orm, { ...event, reason: "the same person" });
  },
});

/**
 * Takes the one decision there is, within the transaction of what is decided.
 * @returns false when somebody else was first, or it has expired
 */
export async function decideRequest(orm: Orm, id: string, by: string, at: Date): Promise<boolean> {
  const { count } = await orm.keyRevocationRequest.updateMany({
    where: { id, ...openAt(at) },
    data: { decidedBy: by, decidedAt: at },
  });
  return count > 0;
}

const openAt = (now: Date) => ({ decidedAt: null, expiresAt: { gt: now } });

const requestOf = ({ refreshTokens, ...row }: RequestRow): KeyRevocationRequest => ({
  ...withoutNulls(row),
  refreshTokens: refreshTokens === "end" ? "end" : "keep",
});

const auditOf = (
  kind: AuditKind,
  outcome: AuditOutcome,
  { id, kid, refreshTokens }: KeyRevocationRequest,
  at: Date,
  cause: Cause,
) => ({
  at,
  kind,
  outcome,
  ...causedBy(cause),
  details: { request: id, kid, refreshTokens },
});
