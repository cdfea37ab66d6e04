import { formatScope } from "../../protocol/scope.ts";
import type { Client } from "../../records/clients/client.ts";

/** What a client alone is told of its registration. */
export interface OwnInformation {
  /** `/registration`, absolute. */
  readonly registrationEndpoint: string;
  readonly registrationToken: string;
  /** In the answer that made it, and in no other. */
  readonly clientSecret?: string | undefined;
}

/**
 * The answer to a registration, and to its client afterwards (RFC 7591 §3.2.1, RFC 7592 §3): all that
 * is registered, defaults included, as it is kept. `undefined` members are not sent.
 */
export function clientInformation(
  client: Client,
  { registrationEndpoint, registrationToken, clientSecret }: OwnInformation,
) {
  return {
    client_id: client.id,
    client_id_issued_at: Math.floor(client.createdAt.getTime() / 1000),
    client_secret: clientSecret,
    // RFC 7591 §3.2.1: 0 says that it does not expire; required with a secret.
    client_secret_expires_at: clientSecret === undefined ? undefined : 0,
    registration_access_token: registrationToken,
    registration_client_uri: `${registrationEndpoint}/${client.id}`,
    ...registeredMetadata(client),
  };
}

const registeredMetadata = (client: Client) => ({
  client_name: client.name,
  redirect_uris: client.redirectUris,
  post_logout_redirect_uris: client.postLogoutRedirectUris,
  token_endpoint_auth_method: client.tokenEndpointAuthMethod,
  grant_types: client.grantTypes,
  scope: formatScope(client.scopes),
  token_endpoint_auth_signing_alg: client.tokenEndpointAuthSigningAlg,
  jwks: client.jwks,
  jwks_uri: client.jwksUri,
  userinfo_signed_response_alg: client.userinfoSignedResponseAlg,
  require_pushed_authorization_requests: client.requirePushedAuthorizationRequests ?? false,
  id_token_on_refresh: client.idTokenOnRefresh ?? false,
  id_token_signed_response_alg: client.idTokenSignedResponseAlg,
  default_max_age: client.defaultMaxAgeSeconds,
  require_auth_time: client.requireAuthTime,
  key_events_uri: client.keyEventsUri,
  backchannel_logout_uri: client.backchannelLogoutUri,
  backchannel_logout_session_required: client.backchannelLogoutSessionRequired,
  frontchannel_logout_uri: client.frontchannelLogoutUri,
  frontchannel_logout_session_required: client.frontchannelLogoutSessionRequired,
  ...client.metadata,
});
