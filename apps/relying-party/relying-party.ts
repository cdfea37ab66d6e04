// The relying-party kit: what a site needs to let people in by an OpenID provider, and nothing else.
// It owns the redirect to the provider, the callback, the site session, bearer tokens on /api and sign-out;
// it leaves pages and data to the site. OpenID Connect Core 1.0, RFC 9068, RFC 6750, RFC 9207, RP-Initiated Logout 1.0.
import type Router from "@koa/router";
import type { Middleware } from "koa";
import type { Logger } from "pino";
import type { Clock } from "./clock.ts";
import type { FetchLike } from "./outbound-fetch.ts";
import type { SiteConfig } from "./site-config.ts";
import type { SiteState } from "./visit.ts";

export type SiteMiddleware = Middleware<SiteState>;

export interface RelyingPartyOptions {
  config: SiteConfig;
  /** What to ask for: "openid profile email accounts:read". */
  scope: string;
  logger: Logger;
  clock?: Clock;
  /** The access tokens' audience; the site's own API unless told otherwise. */
  resource?: string;
  fetch?: FetchLike;
}

export interface RelyingParty {
  /** GET /sign-in, GET /callback, POST /sign-out, GET /health/live, GET /health/ready. */
  routes(): Router<SiteState>;
  /** For pages: no session → off to the identity provider and back here. Sets what `visitOf` reads. */
  requireSession: SiteMiddleware;
  /** For /api: a bearer access token with this scope (RFC 6750). Sets what `accessOf` reads. */
  requireAccess(needed: { scope: string }): SiteMiddleware;
  /** Whether the kit can verify tokens and begin sign-ins. */
  isReady(): boolean;
  /** Distrusts a key now: tokens by it, verified before or not, are refused. */
  distrust(kid: string): Promise<void>;
  start(): Promise<void>;
  stop(): Promise<void>;
}

export declare function createRelyingParty(options: RelyingPartyOptions): RelyingParty;
