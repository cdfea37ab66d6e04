import { randomBytes } from "node:crypto";
import type { NewClient } from "../../records/clients/client.ts";
import { logoutColumns } from "../../records/clients/logout-metadata.ts";
import { withoutNulls } from "../../records/without-nulls.ts";
import type { ClientMetadata } from "./client-metadata.ts";

/**
 * The client that this metadata describes, with an id of its own. Never first-party: consent is asked.
 * @param sector  of its pairwise subjects, if it has them
 */
export function newClient(metadata: ClientMetadata, sector: string | undefined): NewClient {
  // 128 random bits (RFC 7591 §3.2.1 wants it unique); hexadecimal survives every encoding.
  const id = randomBytes(16).toString("hex");
  const { default_max_age: maxAge, key_events_uri: keyEventsUri } = metadata;
  const { userinfo_signed_response_alg: userinfoAlg, jwks, jwks_uri: jwksUri } = metadata;
  const { token_endpoint_auth_signing_alg: assertionAlg } = metadata;
  return {
    id,
    // RFC 7591 §2: without a name, people are shown the client_id.
    name: metadata.client_name ?? id,
    tokenEndpointAuthMethod: metadata.token_endpoint_auth_method,
    redirectUris: metadata.redirect_uris,
    postLogoutRedirectUris: metadata.post_logout_redirect_uris,
    grantTypes: metadata.grant_types,
    scopes: metadata.scopes,
    resources: [],
    firstParty: false,
    idTokenSignedResponseAlg: metadata.id_token_signed_response_alg,
    ...(assertionAlg === undefined ? {} : { tokenEndpointAuthSigningAlg: assertionAlg }),
    ...(jwks === undefined ? {} : { jwks }),
    ...(jwksUri === undefined ? {} : { jwksUri }),
    ...(userinfoAlg === undefined ? {} : { userinfoSignedResponseAlg: userinfoAlg }),
    ...(sector === undefined ? {} : { pairwiseSector: sector }),
    ...(keyEventsUri === undefined ? {} : { keyEventsUri }),
    ...withoutNulls(logoutColumns(metadata)),
    ...(maxAge === undefined ? {} : { defaultMaxAgeSeconds: maxAge }),
    requireAuthTime: metadata.require_auth_time,
    requirePushedAuthorizationRequests: metadata.require_pushed_authorization_requests,
    metadata: descriptive(metadata),
    origin: "registration",
  };
}

const descriptiveMembers = [
  "application_type",
  "subject_type",
  "sector_identifier_uri",
  "response_types",
  "client_uri",
  "logo_uri",
  "policy_uri",
  "tos_uri",
  "contacts",
  "software_id",
  "software_version",
  "initiate_login_uri",
] as const;

/** The members that inform people and decide nothing. */
const descriptive = (metadata: ClientMetadata): Record<string, unknown> =>
  Object.fromEntries(
    descriptiveMembers
      .filter((member) => metadata[member] !== undefined)
      .map((member) => [member, metadata[member]]),
  );
