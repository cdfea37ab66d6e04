/**
 * An answer as a form that submits itself (OAuth 2.0 Form Post Response Mode): by our own script, or
 * by its button where scripts are off. Every value is escaped by the template (security A12).
 */
import type { Context } from "koa";
import type { VerifiedRedirect } from "../protocol/redirect-uri.ts";
import { render } from "./render.ts";
import { allowFormAction, crossOriginOpener } from "./security-headers.ts";
import type { SiteView } from "./views.ts";

export interface FormPost {
  issuer: string;
  redirectUri: VerifiedRedirect;
  site: SiteView;
  parameters: Readonly<Record<string, string>>;
}

export function sendFormPost(ctx: Context, { issuer, redirectUri, site, parameters }: FormPost) {
  ctx.status = 200;
  crossOriginOpener(ctx, "unsafe-none");
  allowFormAction(ctx, redirectUri);
  render(ctx, "form-post", {
    issuerHost: new URL(issuer).host,
    client: site,
    action: redirectUri,
    parameters: Object.entries(parameters),
  });
}
