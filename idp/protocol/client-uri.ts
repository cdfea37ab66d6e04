// Where a client hears from Signet by itself: of signing keys, and that sign-ins have ended.
import { isAcceptableRedirectUri, isLoopbackHost } from "./redirect-uri.ts";

/**
 * Why a URI cannot be one that Signet calls, or undefined when it can: https, or http on a loopback
 * host when the issuer is on one too. No fragment, no user information. Whether a call goes there is
 * decided anew each time.
 */
export function calledUriProblem(uri: string, issuer: string): string | undefined {
  const problem = isAcceptableRedirectUri(uri);
  if (problem !== undefined) return problem;
  const isPlain = new URL(uri).protocol === "http:";
  return isPlain && !isLoopbackHost(new URL(issuer).hostname) ? "must be https" : undefined;
}

/** Whether it is at the origin of one of these: whoever registers itself speaks for no other host. */
export const isAtOriginOf = (uri: string, others: readonly string[]): boolean =>
  others.some((other) => new URL(other).origin === new URL(uri).origin);
