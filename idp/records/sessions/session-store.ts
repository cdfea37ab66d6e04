// Sessions. Only the hash of the cookie is kept, and every authentication replaces it, so a cookie
// planted before signing in is worth nothing after (security S2). Ending one is `ending`'s, but for
// the session that another person's sign-in pushes aside.
import type { Database, Orm } from "../../../prisma/database.ts";
import type { Session as SessionRow } from "../../../prisma/generated/client.ts";
import { hashOf, isCredential, newCredential } from "../../protocol/credential.ts";
import { type Account, AccountNotEnabled, type AccountProfile } from "../accounts/account.ts";
import { type AccountColumns, accountColumns, profileOf } from "../accounts/account-columns.ts";
import type { Cause } from "../audit/audit-event.ts";
import { causedBy, writeAudit } from "../audit/audit-store.ts";
import type { EndReason } from "../end-reason.ts";
import { newIdentifier } from "../identifier.ts";
import { type Lifetimes, secondsAfter, secondsBefore } from "../lifetimes.ts";
import { namedStatement } from "../named-statement.ts";
import { announceEnd } from "../outbox/logout-delivery-store.ts";
import { recordDevice } from "./known-device-store.ts";
import type { Session, SessionClient } from "./session.ts";
import {
  type SessionColumns,
  sessionColumns,
  sessionIsLive,
  sessionOf,
} from "./session-columns.ts";

export type SessionLifetimes = Pick<Lifetimes, "sessionIdleSeconds" | "sessionAbsoluteSeconds">;

export interface Authentication {
  /** As it was when the proof was looked at. */
  readonly account: Pick<Account, "id" | "passwordHash">;
  readonly acr: string;
  readonly amr: readonly string[];
  readonly userAgent: string;
  /** The cookies the browser sent, whatever they are. */
  readonly previousSecret?: string | undefined;
  readonly device?: string | undefined;
}

const findLive = namedStatement<
  SessionColumns & AccountColumns & { account_id: string },
  { secretHash: string; now: Date; idleSince: Date }
>(
  "session.find",
  `SELECT ${sessionColumns}, ${accountColumns}
   FROM "Session" s
   JOIN "Account" a ON a."id" = s."accountId" AND a."disabledAt" IS NULL
   WHERE s."secretHash" = :secretHash AND ${sessionIsLive}`,
);

export type SessionStore = ReturnType<typeof sessionStore>;

export const sessionStore = (database: Database, lifetimes: SessionLifetimes) => {
  const idleSince = (now: Date) => secondsBefore(now, lifetimes.sessionIdleSeconds);
  const live = (now: Date) => ({
    endedAt: null,
    expiresAt: { gt: now },
    lastUsedAt: { gt: idleSince(now) },
  });

  /** The live session of a cookie, locked by its next write. */
  async function previousSession(orm: Orm, secret: string | undefined, now: Date) {
    if (secret === undefined || !isCredential("session", secret)) return undefined;
    return orm.session.findFirst({ where: { secretHash: hashOf(secret), ...live(now) } });
  }

  return {
    /** The live session of an enabled account, in one statement. Does not count as use. */
    async find(
      secret: string,
      now: Date,
    ): Promise<{ session: Session; account: AccountProfile } | undefined> {
      if (!isCredential("session", secret)) return undefined;
      const secretHash = hashOf(secret);
      const [row] = await database.sql(
        findLive,
        findLive.values({ secretHash, now, idleSince: idleSince(now) }),
      );
      return row && { session: sessionOf(row), account: profileOf(row) };
    },

    /**
     * Records that a person has just proved who they are. If the browser's session is theirs, it goes
     * on under a new cookie; if it is somebody else's, it ends with what it had granted.
     * @throws AccountNotEnabled when the account was disabled, or its password changed, meanwhile
     */
    begin(
      authentication: Authentication,
      now: Date,
      cause: Cause,
    ): Promise<{ session: Session; secret: string }> {
      const secret = newCredential("session");
      const accountId = authentication.account.id;
      const proof = {
        secretHash: hashOf(secret),
        authenticatedAt: now,
        acr: authentication.acr,
        amr: [...authentication.amr],
        userAgent: authentication.userAgent,
        lastUsedAt: now,
        expiresAt: secondsAfter(now, lifetimes.sessionAbsoluteSeconds),
      };

      return database.transaction(async (orm) => {
        await requireUnchanged(orm, authentication.account);
        const previous = await previousSession(orm, authentication.previousSecret, now);
        if (previous && previous.accountId !== accountId) {
          await endSession(orm, previous, now, cause);
        }

        const renewed =
          previous?.accountId === accountId
            ? await orm.session.updateManyAndReturn({
                where: { id: previous.id, secretHash: previous.secretHash, endedAt: null },
                data: proof,
              })
            : [];
        const row =
          renewed[0] ??
          (await orm.session.create({
            data: { id: newIdentifier(), accountId, createdAt: now, ...proof },
          }));

        await recordDevice(orm, { ...authentication, accountId, sessionId: row.id }, now, cause);
        await writeAudit(orm, {
          at: now,
          kind: "sign-in",
          outcome: "success",
          accountId,
          sessionId: row.id,
          ...causedBy(cause),
          details: { acr: row.acr, amr: row.amr },
        });
        return { session: sessionOfRow(row), secret };
      });
    },

    /** The account's live sessions, the last used first. */
    async list(accountId: string, now: Date): Promise<Session[]> {
      const rows = await database.orm.session.findMany({
        where: { accountId, ...live(now) },
        orderBy: [{ lastUsedAt: "desc" }, { id: "asc" }],
      });
      return rows.map(sessionOfRow);
    },

    /** Where the session has taken the person, in the order they came there. */
    async clientsOf(sessionId: string): Promise<SessionClient[]> {
      return database.orm.sessionClient.findMany({
        where: { sessionId },
        orderBy: [{ createdAt: "asc" }, { clientId: "asc" }],
        select: { clientId: true, sid: true, lastUsedAt: true },
      });
    },
  };
};

/**
 * Writes nothing new, but locks the row, so that disabling the account or changing its password waits
 * or is seen here: an old password that was accepted a moment ago begins nothing any more (S2).
 */
async function requireUnchanged(
  orm: Orm,
  { id, passwordHash }: Authentication["account"],
): Promise<void> {
  const { count } = await orm.account.updateMany({
    // Absent is null here: Prisma would take undefined for "any password".
    where: { id, passwordHash: passwordHash ?? null, disabledAt: null },
    data: { disabledAt: null },
  });
  if (count === 0) throw new AccountNotEnabled();
}

/** First the session, then its grants: whoever issues one has locked the session before. */
async function endSession(orm: Orm, session: SessionRow, now: Date, cause: Cause): Promise<void> {
  const reason: EndReason = "another-person-signed-in";
  const { count } = await orm.session.updateMany({
    where: { id: session.id, endedAt: null },
    data: { endedAt: now, endedReason: reason },
  });
  if (count === 0) return;
  await announceEnd(orm, [session], now);
  await orm.grant.updateMany({
    where: { sessionId: session.id, kind: "session", revokedAt: null },
    data: { revokedAt: now, revokedReason: reason },
  });
  await writeAudit(orm, {
    at: now,
    kind: "session.ended",
    outcome: "success",
    accountId: session.accountId,
    sessionId: session.id,
    ...causedBy(cause),
    details: { because: reason },
  });
}

function sessionOfRow(row: SessionRow): Session {
  const { secretHash: _secret, endedAt: _at, endedReason: _reason, ...session } = row;
  return session;
}
