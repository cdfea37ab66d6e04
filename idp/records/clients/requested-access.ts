/**
 * Which scopes and resources a request is about (RFC 6749 §3.3, RFC 8707 §2). Scopes nobody knows are
 * ignored (OIDC Core §3.1.2.1); those the client may not have are refused, so that it learns of it.
 */
import { invalidScope, invalidTarget } from "../../protocol/oauth-error.ts";
import { isOidcScope, parseScope } from "../../protocol/scope.ts";
import type { Client, Resource } from "./client.ts";

export interface RequestedAccess {
  question: { scope?: string | undefined; resource: readonly string[] };
  directory: { resources(): Promise<readonly Resource[]> };
}

/** @throws OAuthError invalid_scope, invalid_target */
export async function requestedAccess(
  question: RequestedAccess["question"],
  client: Pick<Client, "scopes" | "resources">,
  directory: RequestedAccess["directory"],
): Promise<{ scopes: string[]; resources: string[] }> {
  const asked = parseScope(question.scope ?? "");
  const known = await directory.resources();
  const scopes = asked.filter(
    (scope) =>
      isOidcScope(scope) || known.some((resource) => Object.hasOwn(resource.scopes, scope)),
  );
  if (scopes.length === 0) throw invalidScope("scope is missing or names nothing known here");
  const refused = scopes.find((scope) => !client.scopes.includes(scope));
  if (refused !== undefined) throw invalidScope(`This client may not ask for ${refused}`);

  const resources = [...new Set(question.resource)];
  const isAllowed = (identifier: string) =>
    known.some(
      (one) =>
        one.identifier === identifier && (one.public || client.resources.includes(identifier)),
    );
  if (!resources.every(isAllowed)) {
    throw invalidTarget("resource names something unknown, or not for this client");
  }
  return { scopes, resources };
}
