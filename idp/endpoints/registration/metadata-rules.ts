// Rules between members of client metadata, and of addresses, which are judged by where we are ourselves.
import { keySetProblem } from "../../protocol/client-key-set.ts";
import { calledUriProblem, isAtOriginOf } from "../../protocol/client-uri.ts";
import { invalidClientMetadata, invalidRedirectUri } from "../../protocol/oauth-error.ts";
import { isAcceptableRedirectUri } from "../../protocol/redirect-uri.ts";
import { DEVICE_CODE, type Members } from "./metadata-members.ts";

/** @throws OAuthError invalid_redirect_uri, or invalid_client_metadata naming the member */
export function requireConsistent(metadata: Members, issuer: string): void {
  requireRedirects(metadata);
  requireOwnKeyEvents(metadata, issuer);
  requireLogoutUris(metadata, issuer);
  requireInitiateLogin(metadata, issuer);
  requireSector(metadata, issuer);
  requireKeys(metadata, issuer);
}

function requireRedirects(metadata: Members): void {
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
function requireOwnKeyEvents({ key_events_uri: uri, redirect_uris }: Members, issuer: string) {
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
function requireLogoutUris(metadata: Members, issuer: string): void {
  for (const member of ["backchannel_logout_uri", "frontchannel_logout_uri"] as const) {
    const uri = metadata[member];
    const problem = uri === undefined ? undefined : calledUriProblem(uri, issuer);
    if (problem !== undefined) throw refused(member, problem);
  }
  const { frontchannel_logout_uri: uri, redirect_uris } = metadata;
  if (uri !== undefined && !isAtOriginOf(uri, redirect_uris))
    throw refused("frontchannel_logout_uri", "is not at the origin of one of the redirect_uris");
}

/** RFC 7591 §2: keys are registered or pointed to, never both; private_key_jwt is nothing without any. */
function requireKeys(metadata: Members, issuer: string): void {
  const { jwks, jwks_uri: uri, token_endpoint_auth_method: method } = metadata;
  if (jwks !== undefined && uri !== undefined)
    throw refused("jwks_uri", "and jwks are one too many");
  const inline = jwks === undefined ? undefined : keySetProblem(jwks);
  if (inline !== undefined) throw refused("jwks", inline);
  const pointed = uri === undefined ? undefined : calledUriProblem(uri, issuer);
  if (pointed !== undefined) throw refused("jwks_uri", pointed);
  if (method !== "private_key_jwt") return;
  if (jwks === undefined && uri === undefined)
    throw refused("token_endpoint_auth_method", "private_key_jwt needs jwks or jwks_uri");
}

/** OpenID Connect Core §8.1: pairwise subjects are made for one host, and no client chooses whose. */
function requireSector(metadata: Members, issuer: string): void {
  const { subject_type: type, sector_identifier_uri: uri, redirect_uris: redirects } = metadata;
  if (uri !== undefined) {
    const problem = calledUriProblem(uri, issuer);
    if (problem !== undefined) throw refused("sector_identifier_uri", problem);
    return;
  }
  const hosts = new Set(redirects.map((one) => new URL(one).host));
  // A private-use scheme has no host at all.
  if (type === "pairwise" && (hosts.size !== 1 || hosts.has(""))) {
    throw refused("subject_type", "pairwise needs one redirect host or a sector_identifier_uri");
  }
}

/** OIDC Core §4 wants https; a site on loopback beside an issuer on loopback has none. */
function requireInitiateLogin({ initiate_login_uri: uri }: Members, issuer: string): void {
  const problem = uri === undefined ? undefined : calledUriProblem(uri, issuer);
  if (problem !== undefined) throw refused("initiate_login_uri", problem);
}

/** RFC 7591 §2.1: the grants and the response types must belong together. */
export function consistentResponseTypes(metadata: Members): readonly "code"[] {
  const { grant_types: grants, token_endpoint_auth_method: method } = metadata;
  const byCode = grants.includes("authorization_code");
  if (grants.includes("refresh_token") && !byCode && !grants.includes(DEVICE_CODE)) {
    throw refused("grant_types", "has refresh_token without a grant of a person's to begin with");
  }
  // RFC 6749 §4.4: only a client that can prove who it is may act for itself.
  if (grants.includes("client_credentials") && method === "none") {
    throw refused(
      "grant_types",
      "has client_credentials, which needs a client that can prove who it is",
    );
  }
  const responseTypes = metadata.response_types ?? (byCode ? ["code"] : []);
  if (responseTypes.includes("code") !== byCode) {
    throw refused("response_types", "and grant_types do not belong together");
  }
  return responseTypes;
}

const shown = (uri: string) => (uri.length > 100 ? `${uri.slice(0, 100)}...` : uri);

/** RFC 7591 §3.2.2: names the member that is wrong. */
export const refused = (member: string, problem: string) =>
  invalidClientMetadata(`${member} ${problem}`);
