// The errors of OAuth 2.0 and OpenID Connect as values: a code from the specifications, words for
// the client's developer, and what the renderer needs to know. Status, headers and form are chosen
// in http/error-renderer.ts alone.

/** Every error code Signet answers with, and the document that defines it. */
export type OAuthErrorCode =
  // RFC 6749 §4.1.2.1, §5.2
  | "invalid_request"
  | "invalid_client"
  | "invalid_grant"
  | "unauthorized_client"
  | "unsupported_grant_type"
  | "unsupported_response_type"
  | "invalid_scope"
  | "access_denied"
  | "server_error"
  | "temporarily_unavailable"
  // RFC 8707 §2
  | "invalid_target"
  // RFC 6750 §3.1
  | "invalid_token"
  | "insufficient_scope"
  // OpenID Connect Core §3.1.2.6
  | "login_required"
  | "consent_required"
  | "interaction_required"
  | "account_selection_required"
  | "request_not_supported"
  | "request_uri_not_supported"
  | "registration_not_supported"
  // OpenID Connect Core Error Code unmet_authentication_requirements 1.0
  | "unmet_authentication_requirements"
  // RFC 8628 §3.5
  | "authorization_pending"
  | "slow_down"
  | "expired_token"
  // RFC 7591 §3.2.2
  | "invalid_redirect_uri"
  | "invalid_client_metadata"
  | "unapproved_software_statement";

export interface OAuthErrorOptions {
  /** What really went wrong. For the log, never for the answer. */
  readonly cause?: unknown;
  /** For `Retry-After`. */
  readonly retryAfterSeconds?: number;
  /** The scope that would have been enough (RFC 6750 §3). */
  readonly scope?: string;
  /** The scheme of the `WWW-Authenticate` challenge that goes with the refusal, if any. */
  readonly scheme?: "Basic" | "Bearer";
  /**
   * No credentials came at all: the Bearer challenge then carries no error code, and neither does
   * the body need one (RFC 6750 §3.1, last paragraph). Status 401 whatever the code.
   */
  readonly credentialsMissing?: boolean;
}

export class OAuthError extends Error {
  readonly code: OAuthErrorCode;
  /** Public, and only of characters RFC 6749 §5.2 allows. */
  readonly description: string;
  readonly options: OAuthErrorOptions;

  constructor(code: OAuthErrorCode, description: string, options: OAuthErrorOptions = {}) {
    const shown = printable(description);
    super(`${code}: ${shown}`, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = "OAuthError";
    this.code = code;
    this.description = shown;
    this.options = options;
  }
}

/** `error_description` allows %x20-21 / %x23-5B / %x5D-7E (RFC 6749 §5.2), and it is quoted in headers. */
const printable = (text: string) =>
  text
    .slice(0, 400)
    .replaceAll('"', "'")
    .replace(/[^\x20\x21\x23-\x5b\x5d-\x7e]/g, "?");

export const invalidRequest = (description: string, options?: OAuthErrorOptions) =>
  new OAuthError("invalid_request", description, options);

/** @param options  `scheme: "Basic"` when the client tried the Authorization header (RFC 6749 §5.2) */
export const invalidClient = (description: string, options?: OAuthErrorOptions) =>
  new OAuthError("invalid_client", description, options);

export const invalidGrant = (description: string, options?: OAuthErrorOptions) =>
  new OAuthError("invalid_grant", description, options);

export const unauthorizedClient = (description: string) =>
  new OAuthError("unauthorized_client", description);

export const unsupportedGrantType = (description: string) =>
  new OAuthError("unsupported_grant_type", description);

export const unsupportedResponseType = (description: string) =>
  new OAuthError("unsupported_response_type", description);

export const invalidScope = (description: string) => new OAuthError("invalid_scope", description);

export const invalidTarget = (description: string) => new OAuthError("invalid_target", description);

export const accessDenied = (description: string) => new OAuthError("access_denied", description);

export const loginRequired = (description: string) => new OAuthError("login_required", description);

export const consentRequired = (description: string) =>
  new OAuthError("consent_required", description);

export const requestNotSupported = (description: string) =>
  new OAuthError("request_not_supported", description);

export const requestUriNotSupported = (description: string) =>
  new OAuthError("request_uri_not_supported", description);

export const registrationNotSupported = (description: string) =>
  new OAuthError("registration_not_supported", description);

export const unmetAuthenticationRequirements = (description: string) =>
  new OAuthError("unmet_authentication_requirements", description);

export const authorizationPending = (description: string) =>
  new OAuthError("authorization_pending", description);

export const slowDown = (description: string) => new OAuthError("slow_down", description);

export const expiredToken = (description: string) => new OAuthError("expired_token", description);

/** The bearer token is malformed, expired, revoked or not for here (RFC 6750 §3.1). */
export const invalidToken = (description: string, options?: OAuthErrorOptions) =>
  new OAuthError("invalid_token", description, { ...options, scheme: "Bearer" });

/** No bearer token came at all: a challenge without an error code (RFC 6750 §3.1). */
export const bearerTokenMissing = (description: string) =>
  new OAuthError("invalid_token", description, { scheme: "Bearer", credentialsMissing: true });

export const insufficientScope = (description: string, scope: string) =>
  new OAuthError("insufficient_scope", description, { scheme: "Bearer", scope });

export const invalidRedirectUri = (description: string) =>
  new OAuthError("invalid_redirect_uri", description);

/** The description names the member that is wrong (RFC 7591 §3.2.2). */
export const invalidClientMetadata = (description: string) =>
  new OAuthError("invalid_client_metadata", description);

/** Nobody's statements are believed here (RFC 7591 §3.2.2). */
export const unapprovedSoftwareStatement = (description: string) =>
  new OAuthError("unapproved_software_statement", description);

/** Anything unexpected; the cause is for the log only. */
export const serverError = (cause: unknown) =>
  new OAuthError("server_error", "Something went wrong on our side; it has been noted", { cause });

export const temporarilyUnavailable = (
  description: string,
  retryAfterSeconds: number,
  cause?: unknown,
) => new OAuthError("temporarily_unavailable", description, { retryAfterSeconds, cause });
