// Initial access tokens (RFC 7591 §1.2): each lets its bearer register clients, so many times and so
// long. Ending one does not end the clients that came with it.
import type { Database, Orm } from "../../../prisma/database.ts";
import type { InitialAccessToken as TokenRow } from "../../../prisma/generated/client.ts";
import { hashOf, isCredential, newCredential } from "../../protocol/credential.ts";
import type { Cause } from "../audit/audit-event.ts";
import { causedBy, writeAudit } from "../audit/audit-store.ts";
import { newIdentifier } from "../identifier.ts";
import { withoutNulls } from "../without-nulls.ts";

export interface InitialAccessToken {
  readonly id: string;
  /** For whom it was made. */
  readonly name: string;
  /** Absent: as often as wanted. */
  readonly maximumUses?: number;
  readonly uses: number;
  readonly createdAt: Date;
  readonly expiresAt: Date;
  readonly endedAt?: Date;
}

export type NewInitialAccessToken = Pick<InitialAccessToken, "name" | "expiresAt"> & {
  readonly maximumUses?: number | undefined;
};

export type InitialAccessTokenStore = ReturnType<typeof initialAccessTokenStore>;

export const initialAccessTokenStore = (database: Database) => ({
  /** @returns the token itself as well, shown this once */
  add(
    { name, expiresAt, maximumUses }: NewInitialAccessToken,
    now: Date,
    cause: Cause,
  ): Promise<{ token: string; record: InitialAccessToken }> {
    const token = newCredential("initial-access");
    return database.transaction(async (orm) => {
      const row = await orm.initialAccessToken.create({
        data: {
          id: newIdentifier(),
          name,
          tokenHash: hashOf(token),
          maximumUses: maximumUses ?? null,
          createdAt: now,
          expiresAt,
        },
      });
      await writeAudit(orm, auditOf("registration-token.added", row, now, cause));
      return { token, record: recordOf(row) };
    });
  },

  /** The newest first; those that have expired leave after a while. */
  async list(page: { limit: number; after?: string }): Promise<InitialAccessToken[]> {
    const rows = await database.orm.initialAccessToken.findMany({
      orderBy: [{ createdAt: "desc" }, { id: "desc" }],
      take: page.limit,
      ...(page.after !== undefined && { cursor: { id: page.after }, skip: 1 }),
    });
    return rows.map(recordOf);
  },

  /** @returns the token as it is afterwards; undefined when there is none */
  end(id: string, now: Date, cause: Cause): Promise<InitialAccessToken | undefined> {
    return database.transaction(async (orm) => {
      const { count } = await orm.initialAccessToken.updateMany({
        where: { id, endedAt: null },
        data: { endedAt: now },
      });
      const row = await orm.initialAccessToken.findUnique({ where: { id } });
      if (!row) return undefined;
      if (count > 0) await writeAudit(orm, auditOf("registration-token.ended", row, now, cause));
      return recordOf(row);
    });
  },

  /** While it can be used. */
  async find(token: string, now: Date): Promise<InitialAccessToken | undefined> {
    if (!isCredential("initial-access", token)) return undefined;
    const row = await database.orm.initialAccessToken.findUnique({
      where: { tokenHash: hashOf(token), endedAt: null, expiresAt: { gt: now } },
    });
    return row && !isUsedUp(row) ? recordOf(row) : undefined;
  },
});

/**
 * Within the transaction that registers the client, so that one that fails is not counted. One
 * conditional update: of fifty registrations at once with a token for one, one is told true.
 */
export async function spendInitialAccessToken(orm: Orm, id: string, now: Date): Promise<boolean> {
  const { count } = await orm.initialAccessToken.updateMany({
    where: {
      id,
      endedAt: null,
      expiresAt: { gt: now },
      OR: [{ maximumUses: null }, { uses: { lt: orm.initialAccessToken.fields.maximumUses } }],
    },
    data: { uses: { increment: 1 } },
  });
  return count > 0;
}

const isUsedUp = ({ uses, maximumUses }: TokenRow) => maximumUses !== null && uses >= maximumUses;

const recordOf = ({ tokenHash: _, ...row }: TokenRow): InitialAccessToken => withoutNulls(row);

const auditOf = (
  kind: "registration-token.added" | "registration-token.ended",
  { id, name }: TokenRow,
  at: Date,
  cause: Cause,
) => ({
  at,
  kind,
  outcome: "success" as const,
  ...causedBy(cause),
  details: { token: id, name },
});
