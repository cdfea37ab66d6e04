// What a request has proved by the time a site's handler sees it. The middleware of the kit writes these;
// handlers read them with `visitOf` and `accessOf`.
import type { Middleware, ParameterizedContext } from "koa";
import type { AccessTokenClaims } from "./access-token-claims.ts";
import type { PassReport } from "./pass-report.ts";

/** The person, as the ID token said (OIDC Core §2). Key your records by issuer + subject, never by e-mail. */
export interface SignedIn {
  issuer: string;
  subject: string;
  name: string;
  email?: string;
  sid?: string;
  authenticatedAt: Date;
  /** When the provider said so: the ID token's `iat`. */
  toldAt?: Date;
  acr?: string;
  amr: string[];
}

/** The identity provider cannot be reached and the access token has expired: pages go on until `pagesUntil`. */
export interface Outage {
  since: Date;
  pagesUntil: Date;
}

/** One page view by a signed-in person. */
export interface Visit {
  signedIn: SignedIn;
  pass: PassReport;
  outage?: Outage;
  /** For the hidden `csrf` field of every form. */
  csrfToken: string;
}

/** `ctx.state` of a site built on the kit. */
export interface SiteState extends Partial<Visit> {
  requestId?: string;
  /** Of the site session; what its forms' tokens are bound to. */
  sessionId?: string;
  /** Set by `requireAccess`: the claims of the bearer token. */
  access?: AccessTokenClaims;
}

export type SiteMiddleware = Middleware<SiteState>;
export type SiteContext = ParameterizedContext<SiteState>;

/** What `requireSession` established; throws when a route forgot that middleware. */
export function visitOf(ctx: { state: SiteState }): Visit {
  const { signedIn, pass, csrfToken, outage } = ctx.state;
  if (!signedIn || !pass || csrfToken === undefined) {
    throw new Error("this route lacks requireSession");
  }
  return { signedIn, pass, csrfToken, ...(outage && { outage }) };
}

/** What `requireAccess` established; throws when a route forgot that middleware. */
export function accessOf(ctx: { state: SiteState }): AccessTokenClaims {
  if (!ctx.state.access) throw new Error("this route lacks requireAccess");
  return ctx.state.access;
}
