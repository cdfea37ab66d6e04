import type {
  SignOutReceipt,
  SignOutRequest,
} from "../../records/interactions/interaction-request.ts";
import type { Session, SessionClient } from "../../records/sessions/session.ts";

export interface EndedSignIn {
  readonly session: Pick<Session, "id">;
  /** Where it had taken the person. */
  readonly visited: readonly Pick<SessionClient, "clientId" | "sid">[];
  /** When each of them was last given tokens. */
  readonly issues: readonly { readonly clientId: string; readonly lastIssuedAt: Date }[];
}

/**
 * What a sign-out ended, site by site, and when the last of what each was given is over. The site that
 * asked with a pass of its own had ended its visit before.
 */
export function receiptOf(
  { session, visited, issues }: EndedSignIn,
  request: SignOutRequest,
  accessTokenSeconds: number,
  at: Date,
): SignOutReceipt {
  const endsBy = (clientId: string): Date | undefined => {
    const issue = issues.find((known) => known.clientId === clientId);
    if (issue === undefined) return undefined;
    const lastExpiry = issue.lastIssuedAt.getTime() + accessTokenSeconds * 1000;
    return new Date(Math.max(lastExpiry, at.getTime()));
  };
  return {
    step: "receipt",
    at,
    sessionId: session.id,
    sites: visited.map(({ clientId, sid }) => ({
      clientId,
      sid,
      endedItself: request.hint !== undefined && request.clientId === clientId,
      endsBy: endsBy(clientId),
    })),
  };
}
