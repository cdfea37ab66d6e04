// The metadata a client may register (RFC 7591 §2, OpenID Connect Registration §2): every member that is
// understood is checked and its default filled in; what is unknown is ignored; what is understood but
// not offered is refused by name, so that nobody believes to have what they have not.
import { z } from "zod";
import { calledUriProblem, isAtOriginOf } from "../../protocol/client-uri.ts";
import {
  invalidClientMetadata,
  invalidRedirectUri,
  unapprovedSoftwareStatement,
} from "../../protocol/oauth-error.ts";
import { isPlainText } from "../../protocol/plain-text.ts";
import { isAcceptableRedirectUri } from "../../protocol/redirect-uri.ts";
import { parseScope } from "../../protocol/scope.ts";

/** Members of features that Signet does not offer. */
const notOffered = [
  "jwks",
  "jwks_uri",
  "sector_identifier_uri",
  "request_uris",
  "request_object_signing_alg",
  "request_object_encryption_alg",
  "request_object_encryption_enc",
  "userinfo_signed_response_alg",
  "userinfo_encrypted_response_alg",
  "userinfo_encrypted_response_enc",
  "id_token_encrypted_response_alg",
  "id_token_encrypted_response_enc",
  "token_endpoint_auth_signing_alg",
] as const;

const text = (longest: number) => z.string().min(1).max(longest).refine(isPlainText);

/** Shown to people as a link or an image; never fetched by us. */
const webUrl = text(2048).refine(isWebUrl);

/** What a sign-in here can say of itself (OIDC Core §2); the same list is in the discovery document. */
const ACR_VALUES = ["pwd"] as const;

const offered = ["authorization_code", "refresh_token", "client_credentials"] as const;

const Metadata = z.object({
  redirect_uris: z.array(z.string()).max(50).default([]),
  post_logout_redirect_uris: z.array(z.string()).max(50).default([]),
  token_endpoint_auth_method: z
    .enum(["client_secret_basic", "client_secret_post", "none"])
    .default("client_secret_basic"),
  grant_types: z.array(z.enum(offered)).min(1).max(10).default(["authorization_code"]),
  response_types: z.array(z.literal("code")).max(1).optional(),
  scope: z.string().optional(),
  client_name: text(200).optional(),
  application_type: z.enum(["web", "native"]).default("web"),
  subject_type: z.literal("public").default("public"),
  default_max_age: z.int().min(0).max(31_536_000).optional(),
  require_auth_time: z.boolean().default(false),
  client_uri: webUrl.optional(),
  logo_uri: webUrl.optional(),
  policy_uri: webUrl.optional(),
  tos_uri: webUrl.optional(),
  contacts: z.array(text(320)).max(20).optional(),
  software_id: text(200).optional(),
  software_version: text(200).optional(),
  initiate_login_uri: z.string().optional(),
  default_acr_values: z.array(z.enum(ACR_VALUES)).max(10).optional(),
  /** Signet's own: where the client's kit hears probes and notices about signing keys. */
  key_events_uri: z.string().optional(),
  backchannel_logout_uri: z.string().optional(),
  backchannel_logout_session_required: z.boolean().default(false),
  frontchannel_logout_uri: z.string().optional(),
  frontchannel_logout_session_required: z.boolean().default(false),
});

export type ClientMetadata = Omit<z.output<typeof Metadata>, "response_types" | "scope"> & {
  readonly response_types: readonly "code"[];
  readonly id_token_signed_response_alg: string;
  readonly scopes: readonly string[];
};

export interface MetadataRules {
  /** Every scope a registered client may have. */
  readonly scopes: readonly string[];
  readonly signingAlgs: readonly string[];
  readonly issuer: string;
}

/**
 * @param presented  the request's JSON object
 * @throws OAuthError invalid_redirect_uri, or invalid_client_metadata naming the member
 */
export function clientMetadata(
  presented: Readonly<Record<string, unknown>>,
  { scopes, signingAlgs, issuer }: MetadataRules,
): ClientMetadata {
  for (const member of notOffered) {
    if (isPresent(presented[member])) throw refused(member, "is not supported");
  }
  if (isPresent(presented.software_statement))
    throw unapprovedSoftwareStatement("software_statement is not accepted: no issuer is approved");
  const { scope, ...metadata } = checked(presented);
  requireRedirects(metadata);
  requireOwnKeyEvents(metadata, issuer);
  requireLogoutUris(metadata, issuer);
  requireInitiateLogin(metadata, issuer);
  return {
    ...metadata,
    redirect_uris: distinct(metadata.redirect_uris),
    post_logout_redirect_uris: distinct(metadata.post_logout_redirect_uris),
    grant_types: distinct(metadata.grant_types),
    response_types: consistentResponseTypes(metadata),
    id_token_signed_response_alg: signingAlg(presented.id_token_signed_response_alg, signingAlgs),
    scopes: allowedScopes(scope, scopes),
  };
}

/** RFC 7591 §2: null and an empty value count as omitted, as the metadata is JSON written by programs. */
const isPresent = (value: unknown) => value !== undefined && value !== null;

function checked(presented: Readonly<Record<string, unknown>>): z.output<typeof Metadata> {
  const present = Object.entries(presented).filter(([, value]) => isPresent(value));
  const result = Metadata.safeParse(Object.fromEntries(present));
  if (result.success) return result.data;
  const member = String(result.error.issues[0]?.path[0] ?? "the metadata");
  if (member === "redirect_uris") throw invalidRedirectUri("redirect_uris is not a list of URIs");
  throw refused(member, "has a value that is not supported");
}

type Checked = Omit<z.output<typeof Metadata>, "scope">;

function requireRedirects(metadata: Checked): void {
  const native = metadata.application_type === "native";
  if (metadata.grant_types.includes("authorization_code") && metadata.redirect_uris.length === 0) {
    throw invalidRedirectUri("redirect_uris is required for the authorization_code grant");
  }
  for (const uri of metadata.redirect_uris) {
    const problem = isAcceptableRedirectUri(uri, { native });
    if (problem !== undefined) throw invalidRedirectUri(`${shown(uri)} ${problem}`);
  }
  for (const uri of metadata.post_logout_redirect_uris) {
    const problem = isAcceptableRedirectUri(uri, { native });
    if (problem !== undefined)
      throw refused("post_logout_redirect_uris", `has one that ${problem}`);
  }
}

/** It is called by Signet itself: never anywhere but where the client's codes are sent. */
function requireOwnKeyEvents({ key_events_uri: uri, redirect_uris }: Checked, issuer: string) {
  if (uri === undefined) return;
  const problem = calledUriProblem(uri, issuer);
  if (problem !== undefined) throw refused("key_events_uri", problem);
  if (!isAtOriginOf(uri, redirect_uris))
    throw refused("key_events_uri", "is not at the origin of one of the redirect_uris");
}

/**
 * A browser loads the one with the person's cookies, so it must be where the client is (Front-Channel
 * Logout §2). The other may be on another host of the client's: it is told nothing that it could not know.
 */
function requireLogoutUris(metadata: Checked, issuer: string): void {
  for (const member of ["backchannel_logout_uri", "frontchannel_logout_uri"] as const) {
    const uri = metadata[member];
    const problem = uri === undefined ? undefined : calledUriProblem(uri, issuer);
    if (problem !== undefined) throw refused(member, problem);
  }
  const { frontchannel_logout_uri: uri, redirect_uris } = metadata;
  if (uri !== undefined && !isAtOriginOf(uri, redirect_uris))
    throw refused("frontchannel_logout_uri", "is not at the origin of one of the redirect_uris");
}

/** OIDC Core §4 wants https; a site on loopback beside an issuer on loopback has none. */
function requireInitiateLogin({ initiate_login_uri: uri }: Checked, issuer: string): void {
  const problem = uri === undefined ? undefined : calledUriProblem(uri, issuer);
  if (problem !== undefined) throw refused("initiate_login_uri", problem);
}

/** RFC 7591 §2.1: the grants and the response types must belong together. */
function consistentResponseTypes(metadata: Checked): readonly "code"[] {
  const { grant_types: grants, token_endpoint_auth_method: method } = metadata;
  const byCode = grants.includes("authorization_code");
  if (grants.includes("refresh_token") && !byCode) {
    throw refused("grant_types", "has refresh_token without authorization_code to begin with");
  }
  // RFC 6749 §4.4: only a client that can prove who it is may act for itself.
  if (grants.includes("client_credentials") && method === "none") {
    throw refused("grant_types", "has client_credentials, which needs a client secret");
  }
  const responseTypes = metadata.response_types ?? (byCode ? ["code"] : []);
  if (responseTypes.includes("code") !== byCode) {
    throw refused("response_types", "and grant_types do not belong together");
  }
  return responseTypes;
}

function signingAlg(presented: unknown, [first = "RS256", ...others]: readonly string[]): string {
  if (!isPresent(presented)) return first;
  const alg = [first, ...others].find((supported) => supported === presented);
  if (alg === undefined) throw refused("id_token_signed_response_alg", "is not supported");
  return alg;
}

/** RFC 7591 §2: the server may give less than was asked, and says so in its answer; never nothing. */
function allowedScopes(scope: string | undefined, known: readonly string[]): readonly string[] {
  if (scope === undefined) return known;
  const asked = scopeTokens(scope);
  const allowed = asked.filter((token) => known.includes(token));
  if (allowed.length === 0) throw refused("scope", "names no scope that exists here");
  return allowed;
}

function scopeTokens(scope: string): string[] {
  try {
    return parseScope(scope);
  } catch {
    throw refused("scope", "is malformed");
  }
}

function isWebUrl(candidate: string): boolean {
  return URL.canParse(candidate) && /^https?:\/\//.test(candidate);
}

const distinct = <T>(values: readonly T[]): T[] => [...new Set(values)];

const shown = (uri: string) => (uri.length > 100 ? `${uri.slice(0, 100)}...` : uri);

const refused = (member: string, problem: string) => invalidClientMetadata(`${member} ${problem}`);
