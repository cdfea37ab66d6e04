import type { SignOutRequest } from "../../records/interactions/interaction-request.ts";
import type { SessionClient } from "../../records/sessions/session.ts";

/**
 * Whether a request to sign out is carried out at once. Only whoever holds a pass of this very
 * session may ask in the person's place; anybody else can send a browser here (security L1).
 * @param signedIn  by what the client that asks calls them
 * @param clients  where the session has been, each with the `sid` it knows the session by
 */
export function decideLogout(
  request: SignOutRequest,
  signedIn: { readonly subject: string } | undefined,
  clients: readonly Pick<SessionClient, "clientId" | "sid">[],
): "nothing-to-end" | "end" | "ask" {
  if (!signedIn) return "nothing-to-end";
  const { hint, clientId } = request;
  if (hint?.subject !== signedIn.subject) return "ask";
  // An ID token without sid speaks for the person; one with sid only for the session it names.
  const isOfThisSession =
    hint.sid === undefined ||
    clients.some((client) => client.clientId === clientId && client.sid === hint.sid);
  return isOfThisSession ? "end" : "ask";
}
