// From the members of the admin API to the columns of our own record.
import { randomBytes } from "node:crypto";
import { OIDC_SCOPES } from "../../protocol/scope.ts";
import type { Client, ClientPatch, NewClient } from "../../records/clients/client.ts";
import { logoutColumns } from "../../records/clients/logout-metadata.ts";
import { withoutNulls } from "../../records/without-nulls.ts";
import { descriptionPatch } from "./client-description.ts";
import type { ClientChange, NewClientRequest } from "./client-request.ts";

/** Why a client as described could not prove itself, or undefined when it could. */
export function keysProblem(
  client: Pick<Client, "tokenEndpointAuthMethod"> & { jwks?: unknown; jwksUri?: string | null },
): string | undefined {
  const given = [client.jwks, client.jwksUri].filter((one) => one !== undefined && one !== null);
  if (given.length > 1) return "jwks_uri: and jwks are one too many; take the other away with null";
  const needsKeys = client.tokenEndpointAuthMethod === "private_key_jwt";
  return needsKeys && given.length === 0
    ? "jwks: private_key_jwt needs jwks or jwks_uri"
    : undefined;
}

export type Members = Omit<ReturnType<typeof ClientChange.parse>, "reason">;

/** What an operator did not say is what a site run by the same company usually wants. */
export function newClient(request: ReturnType<typeof NewClientRequest.parse>): NewClient {
  return {
    id: request.client_id ?? randomBytes(12).toString("base64url"),
    tokenEndpointAuthMethod: "client_secret_basic",
    redirectUris: [],
    postLogoutRedirectUris: [],
    grantTypes: ["authorization_code", "refresh_token"],
    scopes: [...OIDC_SCOPES],
    resources: [],
    firstParty: false,
    requireAuthTime: false,
    ...withoutNulls(clientPatch(request)),
    name: request.client_name,
    metadata: {},
    ...descriptionPatch({}, request),
    origin: "operator",
  };
}

export function clientPatch(members: Members): ClientPatch {
  const given: ClientPatch = {
    ...(members.client_name !== undefined && { name: members.client_name }),
    ...(members.token_endpoint_auth_method !== undefined && {
      tokenEndpointAuthMethod: members.token_endpoint_auth_method,
    }),
    ...(members.redirect_uris && { redirectUris: members.redirect_uris }),
    ...(members.post_logout_redirect_uris && {
      postLogoutRedirectUris: members.post_logout_redirect_uris,
    }),
    ...(members.grant_types && { grantTypes: members.grant_types }),
    ...(members.scope && { scopes: members.scope }),
    ...(members.resources && { resources: members.resources }),
    ...(members.first_party !== undefined && { firstParty: members.first_party }),
    ...(members.default_max_age !== undefined && {
      defaultMaxAgeSeconds: members.default_max_age,
    }),
    ...(members.require_auth_time !== undefined && { requireAuthTime: members.require_auth_time }),
    ...(members.id_token_on_refresh !== undefined && {
      idTokenOnRefresh: members.id_token_on_refresh,
    }),
    ...(members.require_pushed_authorization_requests !== undefined && {
      requirePushedAuthorizationRequests: members.require_pushed_authorization_requests,
    }),
    ...(members.id_token_signed_response_alg !== undefined && {
      idTokenSignedResponseAlg: members.id_token_signed_response_alg,
    }),
    ...(members.userinfo_signed_response_alg !== undefined && {
      userinfoSignedResponseAlg: members.userinfo_signed_response_alg,
    }),
    ...(members.pairwise_sector !== undefined && { pairwiseSector: members.pairwise_sector }),
    ...(members.token_endpoint_auth_signing_alg !== undefined && {
      tokenEndpointAuthSigningAlg: members.token_endpoint_auth_signing_alg,
    }),
    ...(members.jwks !== undefined && { jwks: members.jwks }),
    ...(members.jwks_uri !== undefined && { jwksUri: members.jwks_uri }),
    ...(members.key_events_uri !== undefined && { keyEventsUri: members.key_events_uri }),
    ...logoutColumns(members),
  };
  return given;
}
