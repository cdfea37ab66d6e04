// What one access token is for (RFC 8707, RFC 9068 §3): exactly one audience, and of the grant's scopes
// those that this audience knows. Pure; design: "Tokens".
import { invalidScope, invalidTarget } from "../../protocol/oauth-error.ts";
import { isOidcScope } from "../../protocol/scope.ts";

/** The one resource a token request may name. @throws OAuthError invalid_target */
export function namedResource(resources: readonly string[]): string | undefined {
  if (new Set(resources).size > 1) throw invalidTarget("A token is for one resource: name one");
  return resources[0];
}

/**
 * Which resource an access token of this grant is for, or undefined for the issuer itself: the one
 * that was named; else the only one that was authorized; with none or several, the issuer.
 * @throws OAuthError invalid_target
 */
export function targetResource(
  authorized: readonly string[],
  named: string | undefined,
): string | undefined {
  if (named === undefined) return authorized.length === 1 ? authorized[0] : undefined;
  if (!authorized.includes(named)) throw invalidTarget("This resource was not authorized");
  return named;
}

/** A resource gets its own scopes; the issuer those of OpenID Connect, for /userinfo. */
export const scopesFor = (
  scopes: readonly string[],
  resourceScopes: Readonly<Record<string, string>> | undefined,
): string[] =>
  scopes.filter((scope) =>
    resourceScopes ? Object.hasOwn(resourceScopes, scope) : isOidcScope(scope),
  );

/**
 * The scopes of a token request: what was granted, or the part of it that was asked for.
 * @throws OAuthError invalid_scope when more is asked for than was granted (RFC 6749 §6)
 */
export function narrowedScopes(
  granted: readonly string[],
  asked: readonly string[] | undefined,
): readonly string[] {
  if (asked === undefined) return granted;
  if (!asked.every((scope) => granted.includes(scope))) {
    throw invalidScope("scope asks for more than was granted");
  }
  return asked;
}
