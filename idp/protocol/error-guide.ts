// What each error code means here and what the client's developer can change: the page that every
// `error_uri` leads to (RFC 6749 §4.1.2.1, §5.2), and docs/errors.md.
import type { OAuthErrorCode } from "./oauth-error.ts";

export interface ErrorGuide {
  /** Where it is defined. */
  readonly specification: string;
  readonly means: string;
  /** What to look at, the likeliest first. */
  readonly change: readonly string[];
}

export const ERROR_GUIDE: Readonly<Record<OAuthErrorCode, ErrorGuide>> = {
  invalid_request: {
    specification: "RFC 6749, 4.1.2.1 and 5.2",
    means: "A parameter is missing, malformed, given twice, or does not go with another.",
    change: [
      "The description names the parameter. An empty one counts as missing.",
      "Every client sends code_challenge with code_challenge_method=S256, and the code_verifier to /token (PKCE, RFC 7636).",
      "Send a form as application/x-www-form-urlencoded, with each parameter once and below 2 KiB.",
      "Authenticate in one way only: the Authorization header or the body, never both.",
    ],
  },
  invalid_client: {
    specification: "RFC 6749, 5.2",
    means: "The client is not known, is disabled, or did not prove that it is who it says.",
    change: [
      "Compare client_id and secret with what registration or `signet clients add` printed; a secret can be replaced with `signet clients secret`.",
      "In HTTP Basic, encode both halves as in a form before joining them with a colon (RFC 6749, 2.3.1): most libraries do, a hand-written header often does not.",
      "Use the method the client is registered for. Whoever has proven the right credential by the wrong method is told the right one.",
    ],
  },
  invalid_grant: {
    specification: "RFC 6749, 5.2",
    means:
      "The code or refresh token is unknown, used, expired or taken back, or was given to another client, redirect_uri or code_verifier.",
    change: [
      "Redeem a code once and at once: it lives for a minute. A code that comes twice ends everything it gave.",
      "Send the redirect_uri of the authorization request, character by character, and the code_verifier whose challenge it carried.",
      "Keep the newest refresh token: each use gives a new one, and an older one that comes again counts as stolen.",
      "Otherwise the person has signed out or taken the permission back: begin a new sign-in.",
    ],
  },
  unauthorized_client: {
    specification: "RFC 6749, 4.1.2.1 and 5.2",
    means: "This client is not registered for this way of getting tokens.",
    change: [
      "Add the grant type to the registration (grant_types), or `signet clients update --grant-type`.",
    ],
  },
  unsupported_grant_type: {
    specification: "RFC 6749, 5.2",
    means: "No client can use this grant_type here.",
    change: ["The discovery document lists what there is under grant_types_supported."],
  },
  unsupported_response_type: {
    specification: "RFC 6749, 4.1.2.1",
    means: "Only the authorization code flow is offered.",
    change: [
      "Send response_type=code. The implicit and hybrid flows put tokens into addresses (RFC 9700, 2.1.2).",
    ],
  },
  invalid_scope: {
    specification: "RFC 6749, 4.1.2.1 and 5.2",
    means: "The scope is missing or malformed, or names something this client may not ask for.",
    change: [
      "Scopes are separated by single spaces; openid is needed for an ID token.",
      "Add the scope to the client's registration, or ask for less.",
      "On refresh, ask for no more than was granted.",
    ],
  },
  access_denied: {
    specification: "RFC 6749, 4.1.2.1",
    means: "The person said no, or left the sign-in page by its cancel button.",
    change: [
      "Nothing is broken. Tell the person what they cannot do without it, and offer to try again.",
    ],
  },
  server_error: {
    specification: "RFC 6749, 4.1.2.1",
    means:
      "Something went wrong on Signet's side and has been noted under the number in the answer.",
    change: ["Try again later, and tell whoever runs Signet the number."],
  },
  temporarily_unavailable: {
    specification: "RFC 6749, 4.1.2.1",
    means: "Signet cannot do it for the moment; nothing was half done.",
    change: ["Wait as long as Retry-After says and send the same request again."],
  },
  invalid_target: {
    specification: "RFC 8707, 2",
    means: "The resource is unknown, not for this client, or was not authorized.",
    change: [
      "Name the resource by its identifier, as `signet resources list` prints it.",
      "Name it at /authorize as well; at /token name exactly one.",
    ],
  },
  invalid_token: {
    specification: "RFC 6750, 3.1",
    means: "The bearer token is malformed, expired, taken back, or for another audience.",
    change: [
      "Get a new one with the refresh token; access tokens live for minutes.",
      "At /userinfo, use a token that was asked for without a resource and with the scope openid.",
      "Send the access token, not the ID token.",
    ],
  },
  insufficient_scope: {
    specification: "RFC 6750, 3.1",
    means: "The token is good, but does not allow this.",
    change: ["Ask for the scope that the WWW-Authenticate header names."],
  },
  login_required: {
    specification: "OpenID Connect Core, 3.1.2.6",
    means: "The request forbade any page (prompt=none), and the person has to sign in first.",
    change: [
      "Send the person to /authorize without prompt=none.",
      "With max_age or id_token_hint it also means: not lately enough, or somebody else is signed in.",
    ],
  },
  consent_required: {
    specification: "OpenID Connect Core, 3.1.2.6",
    means: "The request forbade any page (prompt=none), and the person has not allowed this yet.",
    change: ["Send the person to /authorize without prompt=none, once."],
  },
  interaction_required: {
    specification: "OpenID Connect Core, 3.1.2.6",
    means: "The request forbade any page (prompt=none), and one is needed.",
    change: ["Send the person to /authorize without prompt=none."],
  },
  account_selection_required: {
    specification: "OpenID Connect Core, 3.1.2.6",
    means: "The request forbade any page (prompt=none), and the person has to choose an account.",
    change: ["Send the person to /authorize without prompt=none."],
  },
  request_not_supported: {
    specification: "OpenID Connect Core, 3.1.2.6",
    means: "Request objects (the parameter request) are not offered.",
    change: ["Send plain parameters, or push them to /par, which keeps them out of the browser."],
  },
  request_uri_not_supported: {
    specification: "OpenID Connect Core, 3.1.2.6",
    means: "A request_uri of the client's own is never fetched.",
    change: ["Push the request to /par and send the request_uri that it answers with (RFC 9126)."],
  },
  registration_not_supported: {
    specification: "OpenID Connect Core, 3.1.2.6",
    means: "The parameter registration (self-issued providers) is not offered.",
    change: ["Register the client beforehand."],
  },
  unmet_authentication_requirements: {
    specification: "OpenID Connect Core Unmet Authentication Requirements 1.0",
    means: "The request needs an acr that this person cannot reach here.",
    change: ["acr_values_supported in the discovery document lists what exists."],
  },
  authorization_pending: {
    specification: "RFC 8628, 3.5",
    means: "Nobody has answered for this device yet.",
    change: ["Ask again after the interval of the device authorization answer."],
  },
  slow_down: {
    specification: "RFC 8628, 3.5",
    means: "The device asked too early; nobody has answered yet.",
    change: ["Wait five seconds longer between two questions from now on."],
  },
  expired_token: {
    specification: "RFC 8628, 3.5",
    means: "The device code is over: nobody answered in time.",
    change: ["Begin again at /device_authorization, and show the new code."],
  },
  invalid_redirect_uri: {
    specification: "RFC 7591, 3.2.2",
    means: "A redirect URI cannot be registered.",
    change: [
      "Use https, or http on a loopback host; no fragment, no user information, no wildcard.",
      "Private-use schemes need application_type native and a dot in the scheme (RFC 8252, 7.1).",
    ],
  },
  unapproved_software_statement: {
    specification: "RFC 7591, 3.2.2",
    means: "Software statements are not taken: nobody is trusted to sign them.",
    change: ["Send the metadata itself, without software_statement."],
  },
  invalid_client_metadata: {
    specification: "RFC 7591, 3.2.2",
    means: "A member of the registration is malformed, not offered, or contradicts another.",
    change: ["The description names the member and what is wrong with it."],
  },
};
