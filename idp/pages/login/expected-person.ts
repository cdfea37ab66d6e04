import type { AuthorizationRequest } from "../../records/interactions/interaction-request.ts";

/**
 * Whom the sign-in page expects: the person who is signed in and has to confirm it, or the one the
 * client gave a hint of (OIDC Core §3.1.2.1). A hint only prefills; whoever signs in is who it is.
 * @param request  absent where one of our own pages asks, which it does to have it fresh
 * @param signedIn  with what the client that asks calls them
 */
export function expectedPerson(
  request:
    | Pick<AuthorizationRequest, "prompt" | "maxAgeSeconds" | "hintSubject" | "loginHint">
    | undefined,
  signedIn: { email: string; subject: string } | undefined,
): { again: boolean; email: string } {
  const wantsFreshness =
    !request || request.prompt.includes("login") || request.maxAgeSeconds !== undefined;
  const mayBeAnother =
    request?.prompt.includes("select_account") ||
    (request?.hintSubject !== undefined && request.hintSubject !== signedIn?.subject);
  const again = signedIn !== undefined && wantsFreshness && !mayBeAnother;
  return { again, email: request?.loginHint ?? (again ? signedIn.email : "") };
}
