// What a token request asks for by name: a resource (RFC 8707 §2.2) and a part of the scopes (RFC 6749
// §6). What its client may not ask for at all is refused here, before anything is used up; that the
// grant reaches so far is a condition of the statement that uses the code or the refresh token.
import { invalidScope, invalidTarget } from "../../protocol/oauth-error.ts";
import { parseScope } from "../../protocol/scope.ts";
import type { Client, Resource } from "../../records/clients/client.ts";
import type { ClientDirectory } from "../../records/clients/client-directory.ts";
import { allowedResource } from "./allowed-resource.ts";
import { namedResource } from "./audience.ts";

export interface RequestedAccess {
  readonly resource?: Resource | undefined;
  /** All of the grant's when absent. */
  readonly scopes?: readonly string[] | undefined;
}

/** @throws OAuthError invalid_target, invalid_scope */
export async function requestedAccess(
  clients: Pick<ClientDirectory, "resource">,
  request: { readonly resource: readonly string[]; readonly scope?: string | undefined },
  client: Client,
): Promise<RequestedAccess> {
  const named = namedResource(request.resource);
  const resource = named === undefined ? undefined : await allowedResource(clients, client, named);
  const scopes = request.scope === undefined ? undefined : parseScope(request.scope);
  if (scopes?.some((scope) => !client.scopes.includes(scope))) throw scopeTooWide();
  return { resource, scopes };
}

/** More than was granted, or than its client may still have (RFC 6749 §6). */
export const scopeTooWide = () => invalidScope("scope asks for more than was granted");

/** Of this client's resources, but not of this grant's (RFC 8707 §2). */
export const resourceNotAuthorized = () => invalidTarget("This resource was not authorized");
