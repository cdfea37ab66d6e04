import type { SignOutRequest } from "../../records/interactions/interaction-request.ts";
import type { Session, SessionClient } from "../../records/sessions/session.ts";

/**
 * Whether a request to sign out is carried out at once. Only whoever holds a pass of this very
 * session may ask in the person's place; anybody else can send a browser here (security L1).
 * @param clients  where the session has been, each with the `sid` it knows the session by
 */
export function decideLogout(
  request: SignOutRequest,
  session: Pick<Session, "accountId"> | undefined,
  clients: readonly Pick<SessionClient, "clientId" | "sid">[],
): "nothing-to-end" | "end" | "ask" {
  if (!session) return "nothing-to-end";
  const { hint, clientId } = request;
  if (hint?.subject !== session.accountId) return "ask";
  // An ID token without sid speaks for the person; one with sid only for the session it names.
  const isOfThisSession =
    hint.sid === undefined ||
    clients.some((client) => client.clientId === clientId && client.sid === hint.sid);
  return isOfThisSession ? "end" : "ask";
}
