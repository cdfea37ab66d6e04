// Every member of client metadata that is understood here, each by itself (RFC 7591 §2, OpenID Connect
// Registration §2, Back-Channel Logout §2.2, Front-Channel Logout §2, RFC 9126 §6).
import { z } from "zod";
import { SUPPORTED_ACR_VALUES } from "../../protocol/acr.ts";
import { CLIENT_SIGNING_ALGS } from "../../protocol/client-key-set.ts";
import { isPlainText } from "../../protocol/plain-text.ts";
import { TOKEN_ENDPOINT_AUTH_METHODS } from "../../records/clients/client.ts";

/** Members of features that Signet does not offer. */
export const NOT_OFFERED = [
  "request_uris",
  "request_object_signing_alg",
  "request_object_encryption_alg",
  "request_object_encryption_enc",
  "userinfo_encrypted_response_alg",
  "userinfo_encrypted_response_enc",
  "id_token_encrypted_response_alg",
  "id_token_encrypted_response_enc",
] as const;

const text = (longest: number) => z.string().min(1).max(longest).refine(isPlainText);

/** Shown to people as a link or an image; never fetched by us. */
const webUrl = text(2048).refine(isWebUrl);

/** RFC 8628 §3.4. */
export const DEVICE_CODE = "urn:ietf:params:oauth:grant-type:device_code";

const offered = ["authorization_code", "refresh_token", "client_credentials", DEVICE_CODE] as const;

export const Metadata = z.object({
  redirect_uris: z.array(z.string()).max(50).default([]),
  post_logout_redirect_uris: z.array(z.string()).max(50).default([]),
  token_endpoint_auth_method: z.enum(TOKEN_ENDPOINT_AUTH_METHODS).default("client_secret_basic"),
  token_endpoint_auth_signing_alg: z.enum(CLIENT_SIGNING_ALGS).optional(),
  jwks: z.unknown().optional(),
  jwks_uri: z.string().optional(),
  grant_types: z.array(z.enum(offered)).min(1).max(10).default(["authorization_code"]),
  response_types: z.array(z.literal("code")).max(1).optional(),
  scope: z.string().optional(),
  client_name: text(200).optional(),
  application_type: z.enum(["web", "native"]).default("web"),
  subject_type: z.enum(["public", "pairwise"]).default("public"),
  /** Fetched once, by `pairwise-sector.ts`. */
  sector_identifier_uri: webUrl.optional(),
  userinfo_signed_response_alg: z.string().optional(),
  default_max_age: z.int().min(0).max(31_536_000).optional(),
  require_auth_time: z.boolean().default(false),
  require_pushed_authorization_requests: z.boolean().default(false),
  /** Signet's own: an ID token with every refresh, asked for or not. */
  id_token_on_refresh: z.boolean().default(false),
  client_uri: webUrl.optional(),
  logo_uri: webUrl.optional(),
  policy_uri: webUrl.optional(),
  tos_uri: webUrl.optional(),
  contacts: z.array(text(320)).max(20).optional(),
  software_id: text(200).optional(),
  software_version: text(200).optional(),
  initiate_login_uri: z.string().optional(),
  default_acr_values: z.array(z.enum(SUPPORTED_ACR_VALUES)).max(10).optional(),
  /** Signet's own: where the client's kit hears probes and notices about signing keys. */
  key_events_uri: z.string().optional(),
  backchannel_logout_uri: z.string().optional(),
  backchannel_logout_session_required: z.boolean().default(false),
  frontchannel_logout_uri: z.string().optional(),
  frontchannel_logout_session_required: z.boolean().default(false),
});

/** All of it but the scope, which is judged by what there is. */
export type Members = Omit<z.output<typeof Metadata>, "scope">;

function isWebUrl(candidate: string): boolean {
  return URL.canParse(candidate) && /^https?:\/\//.test(candidate);
}
