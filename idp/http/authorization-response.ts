/**
 * How an authorization request is answered at the client's redirect URI (RFC 6749 §4.1.2): always
 * with `state` as it came and with `iss`, so that a client that talks to several providers knows
 * who answered (RFC 9207).
 */
import type { Context } from "koa";
import type { OAuthError } from "../protocol/oauth-error.ts";
import type { VerifiedRedirect } from "../protocol/redirect-uri.ts";
import { sendFormPost } from "./form-post.ts";
import { redirectTo } from "./respond.ts";
import { type RegisteredSite, siteView } from "./site-view.ts";
import type { SiteView } from "./views.ts";

export type ResponseMode = "query" | "form_post";

/** Where an answer may go. Exists only once the redirect URI has been verified. */
export interface ResponseTarget {
  redirectUri: VerifiedRedirect;
  responseMode: ResponseMode;
  state?: string | undefined;
  /** Whom the answer is for, as the person knows it. */
  site: SiteView;
}

/** @param asked  an authorization whose redirect URI has just been matched with the registration */
export const responseTarget = ({
  request,
  client,
  redirectUri,
}: {
  request: Pick<ResponseTarget, "responseMode" | "state">;
  client: RegisteredSite;
  redirectUri: VerifiedRedirect;
}): ResponseTarget => ({
  redirectUri,
  responseMode: request.responseMode,
  state: request.state,
  site: siteView(client),
});

/** An error that the client, not the person, is told. */
export class AuthorizationRefused extends Error {
  readonly target: ResponseTarget;
  readonly error: OAuthError;

  constructor(target: ResponseTarget, error: OAuthError) {
    super(error.message, { cause: error });
    this.name = "AuthorizationRefused";
    this.target = target;
    this.error = error;
  }
}

export type ResponseParameters = Readonly<Record<string, string>>;
export type SendAuthorizationResponse = (
  ctx: Context,
  target: ResponseTarget,
  parameters: ResponseParameters,
) => void;

/** @param issuer  our own; also what the form_post page calls itself by */
export const authorizationResponse =
  ({ issuer }: { issuer: string }): SendAuthorizationResponse =>
  (ctx, { redirectUri, responseMode, state, site }, parameters) => {
    const answer = { ...parameters, ...(state === undefined ? {} : { state }), iss: issuer };
    if (responseMode === "query") redirectTo(ctx, withQuery(redirectUri, answer));
    else sendFormPost(ctx, { issuer, redirectUri, site, parameters: answer });
  };

/**
 * Adds parameters and leaves the registered URI as it was written: no parser touches it, so that
 * what was compared is what is redirected to.
 */
export function withQuery(uri: string, parameters: ResponseParameters): string {
  const query = new URLSearchParams(parameters).toString();
  if (query === "") return uri;
  const separator = !uri.includes("?") ? "?" : /[?&]$/.test(uri) ? "" : "&";
  return `${uri}${separator}${query}`;
}
