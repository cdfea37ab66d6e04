// Scope as a list of tokens (RFC 6749 §3.3).
import { invalidScope } from "./oauth-error.ts";

/** The scopes of OpenID Connect Core §5.4 and §11; all others belong to a resource. */
export const OIDC_SCOPES = [
  "openid",
  "profile",
  "email",
  "phone",
  "address",
  "offline_access",
] as const;

export const isOidcScope = (scope: string): boolean =>
  (OIDC_SCOPES as readonly string[]).includes(scope);

const longestScope = 1024;

/** One or more scope-token characters: printable ASCII without space, quote and backslash. */
export const isScopeToken = (text: string): boolean => /^[\x21\x23-\x5b\x5d-\x7e]+$/.test(text);

/**
 * The tokens of a scope parameter, each once, in the order given. Extra spaces are forgiven.
 * The length is looked at first, so that a huge scope costs nothing.
 * @throws OAuthError invalid_scope
 */
export function parseScope(text: string): string[] {
  if (text.length > longestScope) {
    throw invalidScope(`scope is longer than ${longestScope} characters`);
  }
  const tokens = text.split(" ").filter((token) => token !== "");
  if (!tokens.every(isScopeToken)) throw invalidScope("scope contains characters it cannot have");
  return [...new Set(tokens)];
}

export const formatScope = (scopes: readonly string[]): string => scopes.join(" ");
