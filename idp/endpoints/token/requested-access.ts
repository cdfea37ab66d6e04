import type { Client } from "../../records/clients/client.ts";
import type { ClientDirectory } from "../../records/clients/client-directory.ts";
import type { Grant } from "../../records/grants/grant.ts";
import { allowedResource } from "./allowed-resource.ts";
import { narrowedScopes, scopesFor, targetResource } from "./audience.ts";

export interface RequestedAccessDeps {
  readonly issuer: string;
  readonly clients: Pick<ClientDirectory, "resource">;
}

export interface AccessRequest {
  /** The resource the request names (RFC 8707 §2.2). */
  readonly resource?: string | undefined;
  /** The part of the grant's scopes the request asks for; all of them when absent. */
  readonly scopes?: readonly string[] | undefined;
}

export interface Access {
  readonly audience: string;
  /** Of the access token: what its audience knows. */
  readonly accessScopes: readonly string[];
  /** Of the request as a whole: what else is in the answer goes by these. */
  readonly scopes: readonly string[];
}

/**
 * What a request gets out of its grant.
 * @throws OAuthError invalid_target, invalid_scope
 */
export async function requestedAccess(
  { issuer, clients }: RequestedAccessDeps,
  grant: Pick<Grant, "scopes" | "resources">,
  request: AccessRequest,
  client: Client,
): Promise<Access> {
  const named = targetResource(grant.resources, request.resource);
  const resource = named === undefined ? undefined : await allowedResource(clients, client, named);
  // What the client may have can shrink after the grant; what it has then shrinks with it.
  const granted = grant.scopes.filter((scope) => client.scopes.includes(scope));
  const scopes = narrowedScopes(granted, request.scopes);
  return {
    audience: resource?.identifier ?? issuer,
    accessScopes: scopesFor(scopes, resource?.scopes),
    scopes,
  };
}
