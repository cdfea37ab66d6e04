// Taking access back: the one use case behind signing out, revoking, disabling and theft. Everything
// it touches changes in one transaction with the audit rows that say so.
import type { Database } from "../../prisma/database.ts";
import type { AuditKind, Cause } from "../records/audit/audit-event.ts";
import type { EndReason } from "../records/end-reason.ts";
import { type EndedGrant, type EndedSession, type Ending, endingStore } from "./ending-store.ts";

export type EndScope =
  /** One sign-in and what hangs on it; offline grants survive. */
  | { kind: "session"; sessionId: string }
  /** Everywhere the person is signed in, perhaps but for here. */
  | { kind: "sessions-of"; accountId: string; except?: string | undefined }
  | { kind: "grant"; grantId: string }
  /** Everything one client was allowed by one person, and that it was allowed. */
  | { kind: "consent"; accountId: string; clientId: string }
  /** Disables the account. */
  | { kind: "account"; accountId: string }
  /** Disables the client. */
  | { kind: "client"; clientId: string };

export interface Ended {
  readonly sessionIds: readonly string[];
  readonly grants: number;
}

export type EndAccess = (
  scope: EndScope,
  reason: EndReason,
  now: Date,
  cause: Cause,
) => Promise<Ended>;

/** After these, even what was meant to outlive the session is somebody else's, perhaps. */
const endsOffline: readonly EndReason[] = ["not-me", "password-changed"];

const isTheft = (reason: EndReason): boolean =>
  reason === "code-replayed" || reason === "refresh-token-reused";

export interface EndAccessDeps {
  readonly database: Database;
  /** Sends what was put into the outbox, as soon as it is committed. */
  readonly wake: () => void;
}

/** @returns what ended; nothing, and no audit row, when it had ended before */
export function endAccess({ database, wake }: EndAccessDeps): EndAccess {
  const store = endingStore(database);

  async function revokeGrant(grantId: string, because: EndReason, now: Date, cause: Cause) {
    const outcome = isTheft(because) ? "refused" : "success";
    const revocation = {
      grantId,
      because,
      kind: kindOfRevocation(because),
      outcome,
      cause,
    } as const;
    return { sessionIds: [], grants: (await store.revokeGrant(revocation, now)) ? 1 : 0 };
  }

  return async (scope, reason, now, cause) => {
    if (scope.kind === "grant") return revokeGrant(scope.grantId, reason, now, cause);
    const { sessions, grants } = await store.transaction((ending) =>
      endWithin(ending, scope, { reason, now, cause }),
    );
    if (sessions.length > 0) wake();
    return { sessionIds: sessions.map(({ id }) => id), grants: grants.length };
  };
}

/** What takes more than one statement. */
export type WideScope = Exclude<EndScope, { kind: "grant" }>;

/** The same within a transaction that changes something else as well. */
export async function endWithin(
  ending: Ending,
  scope: WideScope,
  why: { reason: EndReason; now: Date; cause: Cause },
): Promise<WhatEnded> {
  const ended = await end(ending, scope, why.reason, why.now);
  await recordEnding(ending, scope, ended, why);
  return ended;
}

export interface WhatEnded {
  readonly sessions: readonly EndedSession[];
  readonly grants: readonly EndedGrant[];
  /** Whether the account, client or consent itself changed. */
  readonly changed: boolean;
}

async function end(
  ending: Ending,
  scope: WideScope,
  reason: EndReason,
  now: Date,
): Promise<WhatEnded> {
  switch (scope.kind) {
    case "session": {
      const { sessionId } = scope;
      const sessions = await ending.endSessions({ id: sessionId }, reason, now);
      const grants = await ending.revokeGrants({ sessionId, kind: "session" }, reason, now);
      return { sessions, grants, changed: false };
    }
    case "sessions-of": {
      const { accountId, except } = scope;
      const others = except === undefined ? {} : { id: { not: except } };
      const sessions = await ending.endSessions({ accountId, ...others }, reason, now);
      const sessionId = { in: sessions.map((session) => session.id) };
      const grants = await ending.revokeGrants({ sessionId, kind: "session" }, reason, now);
      const offline = endsOffline.includes(reason)
        ? await ending.revokeGrants({ accountId, kind: "offline" }, reason, now)
        : [];
      if (reason === "not-me") await ending.forgetDevices(accountId);
      return { sessions, grants: [...grants, ...offline], changed: false };
    }
    case "consent": {
      const { accountId, clientId } = scope;
      const changed = await ending.removeConsent(accountId, clientId);
      const grants = await ending.revokeGrants({ accountId, clientId }, reason, now);
      return { sessions: [], grants, changed };
    }
    case "account": {
      const { accountId } = scope;
      const changed = await ending.disableAccount(accountId, now);
      const sessions = await ending.endSessions({ accountId }, reason, now);
      const grants = await ending.revokeGrants({ accountId }, reason, now);
      return { sessions, grants, changed };
    }
    case "client": {
      const { clientId } = scope;
      const changed = await ending.disableClient(clientId, now);
      const grants = await ending.revokeGrants({ clientId }, reason, now);
      return { sessions: [], grants, changed };
    }
  }
}

/** One row for the act, and one for each session: each was somebody's. */
async function recordEnding(
  ending: Ending,
  scope: WideScope,
  { sessions, grants, changed }: WhatEnded,
  { reason, now, cause }: { reason: EndReason; now: Date; cause: Cause },
): Promise<void> {
  const common = {
    at: now,
    actor: cause.actor,
    ...(cause.requestId !== undefined && { requestId: cause.requestId }),
    ...(cause.reason !== undefined && { reason: cause.reason }),
  };
  for (const session of sessions) {
    const revoked = grants.filter((grant) => grant.sessionId === session.id).length;
    await ending.audit({
      ...common,
      kind: "session.ended",
      outcome: "success",
      accountId: session.accountId,
      sessionId: session.id,
      details: { because: reason, grants: revoked },
    });
  }

  const isSessions = scope.kind === "session" || scope.kind === "sessions-of";
  const rest = isSessions ? withoutSession(sessions, grants) : grants;
  if (rest.length === 0 && (isSessions || !changed)) return;
  await ending.audit({
    ...common,
    kind: kindOf(scope),
    outcome: "success",
    ...subjectOf(scope),
    details: { because: reason, sessions: sessions.length, grants: rest.length },
  });
}

/** Grants not told of with their session: offline ones, and stragglers of a session ended before. */
const withoutSession = (sessions: readonly EndedSession[], grants: readonly EndedGrant[]) =>
  grants.filter((grant) => !sessions.some((session) => session.id === grant.sessionId));

function kindOf({ kind }: WideScope): AuditKind {
  switch (kind) {
    case "account":
      return "account.disabled";
    case "client":
      return "client.disabled";
    case "consent":
      return "consent.withdrawn";
    case "session":
    case "sessions-of":
      return "grant.revoked";
  }
}

function kindOfRevocation(because: EndReason): AuditKind {
  if (because === "code-replayed") return "code.replayed";
  if (because === "refresh-token-reused") return "refresh.reused";
  return "grant.revoked";
}

function subjectOf(scope: WideScope) {
  switch (scope.kind) {
    case "account":
    case "sessions-of":
      return { accountId: scope.accountId };
    case "client":
      return { clientId: scope.clientId };
    case "consent":
      return { accountId: scope.accountId, clientId: scope.clientId };
    case "session":
      return { sessionId: scope.sessionId };
  }
}
