// Who has to hear that a sign-in has ended, and how far that is: every client that it had reached and that can
// be told (OIDC Back-Channel Logout §2.5).
import type { Database, Orm } from "../../../prisma/database.ts";
import { newIdentifier } from "../identifier.ts";
import { secondsAfter } from "../lifetimes.ts";
import { withoutNulls } from "../without-nulls.ts";

/** How far the word of a sign-in's end has come at one client. */
export interface LogoutNotice {
  readonly clientId: string;
  readonly deliveredAt?: Date;
  readonly attempts: number;
  readonly nextAttemptAt: Date;
  /** Not tried after this. */
  readonly expiresAt: Date;
  /** Why the last attempt failed. */
  readonly problem?: string;
}

/** As long as a site of ours keeps a person signed in by itself. */
const LIFETIME_SECONDS = 12 * 3600;

/** Within the transaction that ends these sessions, once their rows have been changed. */
export async function announceEnd(
  orm: Orm,
  sessions: readonly { readonly id: string; readonly accountId: string }[],
  at: Date,
): Promise<void> {
  const reached = await orm.sessionClient.findMany({
    where: {
      sessionId: { in: sessions.map(({ id }) => id) },
      client: { backchannelLogoutUri: { not: null }, disabledAt: null },
    },
    select: { sessionId: true, clientId: true, sid: true },
  });
  const personOf = new Map(sessions.map(({ id, accountId }) => [id, accountId]));
  await orm.delivery.createMany({
    data: reached.map(({ sessionId, clientId, sid }) => ({
      id: newIdentifier(),
      kind: "logout-token",
      clientId,
      sessionId,
      payload: { subject: personOf.get(sessionId) ?? "", sid },
      createdAt: at,
      nextAttemptAt: at,
      expiresAt: secondsAfter(at, LIFETIME_SECONDS),
    })),
  });
}

export type LogoutDeliveryStore = ReturnType<typeof logoutDeliveryStore>;

export const logoutDeliveryStore = (database: Database) => ({
  /** To whom the end of these sessions was announced, and how that went. */
  async noticesOf(sessionIds: readonly string[]): Promise<LogoutNotice[]> {
    const rows = await database.orm.delivery.findMany({
      where: { kind: "logout-token", sessionId: { in: [...sessionIds] } },
      orderBy: { clientId: "asc" },
      select: {
        clientId: true,
        deliveredAt: true,
        attempts: true,
        nextAttemptAt: true,
        expiresAt: true,
        problem: true,
      },
    });
    return rows.map(withoutNulls);
  },
});
