// How a bearer token comes (RFC 6750 §2): in the Authorization header or in the form body, by exactly
// one of them. Never in the query, where logs and histories keep it (RFC 9700 §4.3.2).
import { bearerTokenMissing, invalidRequest } from "./oauth-error.ts";

export interface PresentedToken {
  /** The Authorization header, empty when absent. */
  readonly authorization: string;
  readonly body?: string | undefined;
  readonly query?: string | undefined;
}

/** @throws OAuthError invalid_token without a code when none came, invalid_request when several did */
export function bearerToken({ authorization, body, query }: PresentedToken): string {
  if (query !== undefined) {
    throw refused("An access token in the query is not accepted: send it in the header");
  }
  if (authorization === "") {
    if (body === undefined) throw bearerTokenMissing("An access token is needed");
    return body;
  }
  if (body !== undefined) throw refused("The access token was sent in more than one way");
  const [, scheme, token] = /^([A-Za-z]+)(?: +(\S+))? *$/.exec(authorization) ?? [];
  if (scheme?.toLowerCase() !== "bearer") throw bearerTokenMissing("A Bearer token is needed");
  // RFC 6750 §2.1: b68token.
  if (token === undefined || !/^[A-Za-z0-9\-._~+/]+=*$/.test(token)) {
    throw refused("The Bearer token is malformed");
  }
  return token;
}

const refused = (description: string) => invalidRequest(description, { scheme: "Bearer" });
