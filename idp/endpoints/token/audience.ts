// What one access token is for (RFC 8707, RFC 9068 §3): exactly one audience, and of the grant's scopes
// those that this audience knows. Pure; design: "Tokens".
import { invalidTarget } from "../../protocol/oauth-error.ts";
import { isOidcScope } from "../../protocol/scope.ts";

/** The one resource a token request may name. @throws OAuthError invalid_target */
export function namedResource(resources: readonly string[]): string | undefined {
  if (new Set(resources).size > 1) throw invalidTarget("A token is for one resource: name one");
  return resources[0];
}

/**
 * Which resource a token is for when its request names none: the only one that was authorized; with
 * none or several it is undefined, and the token is for the issuer.
 */
export const soleResource = (authorized: readonly string[]): string | undefined =>
  authorized.length === 1 ? authorized[0] : undefined;

/** A resource gets its own scopes; the issuer those of OpenID Connect, for /userinfo. */
export const scopesFor = (
  scopes: readonly string[],
  resourceScopes: Readonly<Record<string, string>> | undefined,
): string[] =>
  scopes.filter((scope) =>
    resourceScopes ? Object.hasOwn(resourceScopes, scope) : isOidcScope(scope),
  );
