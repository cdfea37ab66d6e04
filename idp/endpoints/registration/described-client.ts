import { randomBytes } from "node:crypto";
import type { ClientPatch, NewClient } from "../../records/clients/client.ts";
import { withoutNulls } from "../../records/without-nulls.ts";
import type { ClientMetadata } from "./client-metadata.ts";

/**
 * The client that this metadata describes, with an id of its own. Never first-party: consent is asked.
 * @param sector  of its pairwise subjects, if it has them
 */
export function newClient(metadata: ClientMetadata, sector: string | undefined): NewClient {
  // 128 random bits (RFC 7591 §3.2.1 wants it unique); hexadecimal survives every encoding.
  const id = randomBytes(16).toString("hex");
  return {
    id,
    resources: [],
    firstParty: false,
    origin: "registration",
    ...withoutNulls(describedClient(id, metadata, sector)),
  };
}

/** Whether the text has the shape of the ids made above. Checked before any look-up. */
export const isRegisteredId = (text: string): boolean => /^[0-9a-f]{32}$/.test(text);

/**
 * Everything that metadata says of a client; null where it says nothing (RFC 7592 §2.2).
 * @param sector  of its pairwise subjects, if it has them
 */
export const describedClient = (id: string, metadata: ClientMetadata, sector: string | undefined) =>
  ({
    // RFC 7591 §2: without a name, people are shown the client_id.
    name: metadata.client_name ?? id,
    tokenEndpointAuthMethod: metadata.token_endpoint_auth_method,
    redirectUris: metadata.redirect_uris,
    postLogoutRedirectUris: metadata.post_logout_redirect_uris,
    grantTypes: metadata.grant_types,
    scopes: metadata.scopes,
    idTokenSignedResponseAlg: metadata.id_token_signed_response_alg,
    tokenEndpointAuthSigningAlg: metadata.token_endpoint_auth_signing_alg ?? null,
    jwks: metadata.jwks ?? null,
    jwksUri: metadata.jwks_uri ?? null,
    userinfoSignedResponseAlg: metadata.userinfo_signed_response_alg ?? null,
    pairwiseSector: sector ?? null,
    keyEventsUri: metadata.key_events_uri ?? null,
    backchannelLogoutUri: metadata.backchannel_logout_uri ?? null,
    backchannelLogoutSessionRequired: metadata.backchannel_logout_session_required,
    frontchannelLogoutUri: metadata.frontchannel_logout_uri ?? null,
    frontchannelLogoutSessionRequired: metadata.frontchannel_logout_session_required,
    defaultMaxAgeSeconds: metadata.default_max_age ?? null,
    requireAuthTime: metadata.require_auth_time,
    requirePushedAuthorizationRequests: metadata.require_pushed_authorization_requests,
    idTokenOnRefresh: metadata.id_token_on_refresh,
    metadata: descriptive(metadata),
  }) satisfies ClientPatch;

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
  "default_acr_values",
] as const;

/** The members that inform people and decide nothing. */
const descriptive = (metadata: ClientMetadata): Record<string, unknown> =>
  Object.fromEntries(
    descriptiveMembers
      .filter((member) => metadata[member] !== undefined)
      .map((member) => [member, metadata[member]]),
  );
