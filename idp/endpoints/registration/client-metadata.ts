// The metadata a client may register (RFC 7591 §2, OpenID Connect Registration §2): every member that is
// understood is checked and its default filled in; what is unknown is ignored; what is understood but
// not offered is refused by name, so that nobody believes to have what they have not.
import type { z } from "zod";
import { invalidRedirectUri, unapprovedSoftwareStatement } from "../../protocol/oauth-error.ts";
import { parseScope } from "../../protocol/scope.ts";
import { type Members, Metadata, NOT_OFFERED } from "./metadata-members.ts";
import { consistentResponseTypes, refused, requireConsistent } from "./metadata-rules.ts";

export type ClientMetadata = Omit<Members, "response_types"> & {
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
  for (const member of NOT_OFFERED) {
    if (isPresent(presented[member])) throw refused(member, "is not supported");
  }
  if (isPresent(presented.software_statement))
    throw unapprovedSoftwareStatement("software_statement is not accepted: no issuer is approved");
  const { scope, ...metadata } = checked(presented);
  requireConsistent(metadata, issuer);
  const { userinfo_signed_response_alg: userinfoAlg } = metadata;
  if (userinfoAlg !== undefined && !signingAlgs.includes(userinfoAlg))
    throw refused("userinfo_signed_response_alg", "is not supported");
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

const distinct = <T>(values: readonly T[]): T[] => [...new Set(values)];
