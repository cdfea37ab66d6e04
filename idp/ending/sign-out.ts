// Signing out, by the person: ends one sign-in of theirs or all, and writes down, site by site, what ended
// and by when the last of it stops counting. That is the receipt; how far each site has come is told with it.
import type { Cause } from "../records/audit/audit-event.ts";
import type { SignOutReceipt } from "../records/interactions/interaction-request.ts";
import type { ReachedSite, ReachedSiteStore } from "../records/sessions/reached-site-store.ts";
import type { Session } from "../records/sessions/session.ts";
import type { EndAccess } from "./end-access.ts";

export interface SignOutDeps {
  readonly endAccess: EndAccess;
  readonly reachedSites: ReachedSiteStore;
  readonly accessTokenSeconds: number;
}

export interface SigningOut {
  /** Of the browser in which it is asked. */
  readonly session: Pick<Session, "id" | "accountId">;
  /** Wherever else the person is signed in, too. */
  readonly everywhere: boolean;
  /** The site that had ended its own session before it asked. */
  readonly endedItself?: string | undefined;
}

export type SignOut = ReturnType<typeof signOut>;

export function signOut({ endAccess, reachedSites, accessTokenSeconds }: SignOutDeps) {
  return async (asked: SigningOut, now: Date, cause: Cause): Promise<SignOutReceipt> => {
    const { session, everywhere } = asked;
    const ended = everywhere
      ? await endAccess(
          { kind: "sessions-of", accountId: session.accountId },
          "signed-out-everywhere",
          now,
          cause,
        )
      : await endAccess({ kind: "session", sessionId: session.id }, "signed-out", now, cause);
    // It has ended, if not by this then by what came a moment before.
    const sessionIds = [...new Set([session.id, ...ended.sessionIds])];
    const reached = await reachedSites.of(sessionIds);
    return receiptOf({ ...asked, sessionIds, reached }, accessTokenSeconds, now);
  };
}

export interface EndedSignIns extends SigningOut {
  readonly sessionIds: readonly string[];
  readonly reached: readonly ReachedSite[];
}

/** One row for each site, however many sessions had reached it. */
export function receiptOf(
  { session, everywhere, endedItself, sessionIds, reached }: EndedSignIns,
  accessTokenSeconds: number,
  at: Date,
): SignOutReceipt {
  const clientIds = [...new Set(reached.map(({ clientId }) => clientId))];
  return {
    step: "receipt",
    at,
    everywhere,
    sessionIds: [...sessionIds],
    sites: clientIds.map((clientId) => {
      const visits = reached.filter((visit) => visit.clientId === clientId);
      return {
        clientId,
        sid: visits.find(({ sessionId }) => sessionId === session.id)?.sid,
        endedItself: endedItself === clientId,
        endsBy: endOf(visits, accessTokenSeconds, at),
      };
    }),
  };
}

/** When the last access token is over that was given in any of these; never a time that has passed. */
function endOf(visits: readonly ReachedSite[], accessTokenSeconds: number, at: Date) {
  const issues = visits.flatMap(({ lastIssuedAt }) => lastIssuedAt?.getTime() ?? []);
  if (issues.length === 0) return undefined;
  return new Date(Math.max(Math.max(...issues) + accessTokenSeconds * 1000, at.getTime()));
}
