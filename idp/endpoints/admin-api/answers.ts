// What the admin API says, on the wire (snake_case): made here from our records, read by the `signet`
// command with the same schemas. Nothing secret is in a record's view; a secret is said once, when made.
import { z } from "zod";
import type { Account } from "../../records/accounts/account.ts";
import type { RecordedEvent } from "../../records/audit/audit-event.ts";
import type { Client, Resource } from "../../records/clients/client.ts";
import type { InitialAccessToken } from "../../records/clients/initial-access-token-store.ts";
import type { Session } from "../../records/sessions/session.ts";
import { ClientDescription, clientDescription } from "./client-description.ts";

const time = z.iso.datetime();

export const AccountAnswer = z.object({
  id: z.string(),
  email: z.string(),
  email_verified: z.boolean(),
  name: z.string(),
  claims: z.record(z.string(), z.unknown()),
  admin: z.boolean(),
  key_admin: z.boolean(),
  has_password: z.boolean(),
  disabled_at: time.optional(),
  created_at: time,
});

export const PasswordLinkAnswer = z.object({ url: z.string(), expires_at: time });

export const ClientAnswer = z.object({
  client_id: z.string(),
  client_name: z.string(),
  token_endpoint_auth_method: z.string(),
  token_endpoint_auth_signing_alg: z.string().optional(),
  jwks: z.unknown().optional(),
  jwks_uri: z.string().optional(),
  redirect_uris: z.array(z.string()),
  post_logout_redirect_uris: z.array(z.string()),
  grant_types: z.array(z.string()),
  scope: z.string(),
  resources: z.array(z.string()),
  first_party: z.boolean(),
  id_token_signed_response_alg: z.string(),
  userinfo_signed_response_alg: z.string().optional(),
  pairwise_sector: z.string().optional(),
  require_pushed_authorization_requests: z.boolean(),
  id_token_on_refresh: z.boolean(),
  default_max_age: z.int().optional(),
  require_auth_time: z.boolean(),
  ...ClientDescription.shape,
  key_events_uri: z.string().optional(),
  backchannel_logout_uri: z.string().optional(),
  backchannel_logout_session_required: z.boolean(),
  frontchannel_logout_uri: z.string().optional(),
  frontchannel_logout_session_required: z.boolean(),
  origin: z.string(),
  secrets: z.array(z.object({ id: z.string(), expires_at: time.optional() })),
  disabled_at: time.optional(),
  created_at: time,
});

export const RegistrationTokenAnswer = z.object({
  id: z.string(),
  name: z.string(),
  uses: z.int(),
  maximum_uses: z.int().optional(),
  created_at: time,
  expires_at: time,
  ended_at: time.optional(),
});

export const ResourceAnswer = z.object({
  identifier: z.string(),
  name: z.string(),
  scopes: z.record(z.string(), z.string()),
  public: z.boolean(),
});

export const SessionAnswer = z.object({
  id: z.string(),
  authenticated_at: time,
  last_used_at: time,
  expires_at: time,
  acr: z.string(),
  amr: z.array(z.string()),
  user_agent: z.string(),
});

export const AuditAnswer = z.object({
  id: z.string(),
  at: time,
  kind: z.string(),
  actor: z.string(),
  outcome: z.string(),
  account_id: z.string().optional(),
  client_id: z.string().optional(),
  session_id: z.string().optional(),
  grant_id: z.string().optional(),
  request_id: z.string().optional(),
  reason: z.string().optional(),
  details: z.record(z.string(), z.unknown()),
});

export const accountAnswer = (account: Account): z.input<typeof AccountAnswer> => ({
  id: account.id,
  email: account.email,
  email_verified: account.emailVerified,
  name: account.name,
  claims: { ...account.claims },
  admin: account.isAdmin,
  key_admin: account.isKeyAdmin,
  has_password: account.passwordHash !== undefined,
  ...(account.disabledAt && { disabled_at: account.disabledAt.toISOString() }),
  created_at: account.createdAt.toISOString(),
});

export const clientAnswer = (client: Client): z.input<typeof ClientAnswer> => ({
  client_id: client.id,
  client_name: client.name,
  token_endpoint_auth_method: client.tokenEndpointAuthMethod,
  redirect_uris: [...client.redirectUris],
  post_logout_redirect_uris: [...client.postLogoutRedirectUris],
  grant_types: [...client.grantTypes],
  scope: client.scopes.join(" "),
  resources: [...client.resources],
  first_party: client.firstParty,
  id_token_signed_response_alg: client.idTokenSignedResponseAlg,
  default_max_age: client.defaultMaxAgeSeconds,
  require_auth_time: client.requireAuthTime,
  ...clientDescription(client.metadata),
  key_events_uri: client.keyEventsUri,
  token_endpoint_auth_signing_alg: client.tokenEndpointAuthSigningAlg,
  jwks: client.jwks,
  jwks_uri: client.jwksUri,
  userinfo_signed_response_alg: client.userinfoSignedResponseAlg,
  pairwise_sector: client.pairwiseSector,
  require_pushed_authorization_requests: client.requirePushedAuthorizationRequests ?? false,
  id_token_on_refresh: client.idTokenOnRefresh ?? false,
  backchannel_logout_uri: client.backchannelLogoutUri,
  backchannel_logout_session_required: client.backchannelLogoutSessionRequired ?? false,
  frontchannel_logout_uri: client.frontchannelLogoutUri,
  frontchannel_logout_session_required: client.frontchannelLogoutSessionRequired ?? false,
  origin: client.origin,
  secrets: client.secrets.map(({ id, expiresAt }) => ({
    id,
    ...(expiresAt && { expires_at: expiresAt.toISOString() }),
  })),
  ...(client.disabledAt && { disabled_at: client.disabledAt.toISOString() }),
  created_at: client.createdAt.toISOString(),
});

export const registrationTokenAnswer = (
  token: InitialAccessToken,
): z.input<typeof RegistrationTokenAnswer> => ({
  id: token.id,
  name: token.name,
  uses: token.uses,
  maximum_uses: token.maximumUses,
  created_at: token.createdAt.toISOString(),
  expires_at: token.expiresAt.toISOString(),
  ...(token.endedAt && { ended_at: token.endedAt.toISOString() }),
});

export const resourceAnswer = (resource: Resource): z.input<typeof ResourceAnswer> => ({
  identifier: resource.identifier,
  name: resource.name,
  scopes: { ...resource.scopes },
  public: resource.public,
});

export const sessionAnswer = (session: Session): z.input<typeof SessionAnswer> => ({
  id: session.id,
  authenticated_at: session.authenticatedAt.toISOString(),
  last_used_at: session.lastUsedAt.toISOString(),
  expires_at: session.expiresAt.toISOString(),
  acr: session.acr,
  amr: [...session.amr],
  user_agent: session.userAgent,
});

export const auditAnswer = (event: RecordedEvent): z.input<typeof AuditAnswer> => ({
  id: event.id,
  at: event.at.toISOString(),
  kind: event.kind,
  actor: event.actor,
  outcome: event.outcome,
  ...(event.accountId !== undefined && { account_id: event.accountId }),
  ...(event.clientId !== undefined && { client_id: event.clientId }),
  ...(event.sessionId !== undefined && { session_id: event.sessionId }),
  ...(event.grantId !== undefined && { grant_id: event.grantId }),
  ...(event.requestId !== undefined && { request_id: event.requestId }),
  ...(event.reason !== undefined && { reason: event.reason }),
  details: { ...event.details },
});
