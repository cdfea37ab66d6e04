// What the provider says of itself (OpenID Connect Discovery §3, RFC 8414 §2, RFC 9207 §3): generated
// from what is mounted and enabled, so that it cannot promise anything else.
import { SUPPORTED_ACR_VALUES } from "../../protocol/acr.ts";
import { SUPPORTED_CLAIMS } from "../../protocol/claims.ts";
import { CLIENT_SIGNING_ALGS } from "../../protocol/client-key-set.ts";
import { OIDC_SCOPES } from "../../protocol/scope.ts";
import { TOKEN_ENDPOINT_AUTH_METHODS } from "../../records/clients/client.ts";

/** The metadata member of each endpoint that can be mounted. */
export type EndpointMember =
  | "authorization_endpoint"
  | "pushed_authorization_request_endpoint"
  | "device_authorization_endpoint"
  | "token_endpoint"
  | "userinfo_endpoint"
  | "jwks_uri"
  | "registration_endpoint"
  | "revocation_endpoint"
  | "introspection_endpoint"
  | "end_session_endpoint"
  /** Token Status List, draft-20 §9.1. */
  | "status_list_aggregation_endpoint"
  /** Signet's own: where the kit of a site says which signing keys it holds. */
  | "signet_key_sightings_endpoint";

export interface Provider {
  readonly issuer: string;
  /** The path of every endpoint that is mounted, and of no other. */
  readonly endpoints: Readonly<Partial<Record<EndpointMember, string>>>;
  /** What /token redeems. */
  readonly grantTypes: readonly string[];
  /** What ID tokens are signed with. */
  readonly signingAlgs: readonly string[];
}

const authenticationMethods = TOKEN_ENDPOINT_AUTH_METHODS;
const provingMethods = authenticationMethods.filter((method) => method !== "none");

export function providerMetadata({ issuer, endpoints, grantTypes, signingAlgs }: Provider) {
  const base = issuer.replace(/\/$/, "");
  return {
    issuer,
    ...Object.fromEntries(
      Object.entries(endpoints).map(([member, path]) => [member, `${base}${path}`]),
    ),
    ...(endpoints.pushed_authorization_request_endpoint
      ? { require_pushed_authorization_requests: false }
      : {}),
    response_types_supported: ["code"],
    response_modes_supported: ["query", "form_post"],
    grant_types_supported: grantTypes,
    // Resources have scopes of their own besides; RFC 8414 §2 lets them be told to their clients.
    scopes_supported: OIDC_SCOPES,
    subject_types_supported: ["public", "pairwise"],
    id_token_signing_alg_values_supported: signingAlgs,
    ...(endpoints.userinfo_endpoint ? { userinfo_signing_alg_values_supported: signingAlgs } : {}),
    token_endpoint_auth_methods_supported: authenticationMethods,
    token_endpoint_auth_signing_alg_values_supported: CLIENT_SIGNING_ALGS,
    ...(endpoints.revocation_endpoint
      ? {
          revocation_endpoint_auth_methods_supported: authenticationMethods,
          revocation_endpoint_auth_signing_alg_values_supported: CLIENT_SIGNING_ALGS,
        }
      : {}),
    ...(endpoints.introspection_endpoint
      ? {
          introspection_endpoint_auth_methods_supported: provingMethods,
          introspection_endpoint_auth_signing_alg_values_supported: CLIENT_SIGNING_ALGS,
        }
      : {}),
    ...(endpoints.end_session_endpoint
      ? {
          backchannel_logout_supported: true,
          backchannel_logout_session_supported: true,
          frontchannel_logout_supported: true,
          frontchannel_logout_session_supported: true,
        }
      : {}),
    code_challenge_methods_supported: ["S256"],
    prompt_values_supported: ["none", "login", "consent", "select_account"],
    acr_values_supported: SUPPORTED_ACR_VALUES,
    claim_types_supported: ["normal"],
    claims_supported: SUPPORTED_CLAIMS,
    authorization_response_iss_parameter_supported: true,
    claims_parameter_supported: true,
    // Said aloud because the default of the last one is true (OpenID Connect Discovery §3).
    request_parameter_supported: false,
    request_uri_parameter_supported: false,
  };
}
