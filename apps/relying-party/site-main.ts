// Starts and stops a site: as its own process (`runSite`) or inside another one (`startSite`).
import type Koa from "koa";
import type { Logger } from "pino";
import type { Clock } from "./clock.ts";
import type { FetchLike } from "./outbound-fetch.ts";
import type { RelyingParty } from "./relying-party.ts";
import type { SiteConfig } from "./site-config.ts";
import type { SiteState } from "./visit.ts";

/** What a site is made of. */
export interface Site {
  /** What it asks for at the identity provider: "openid profile email accounts:read". */
  scope: string;
  /** Builds its application from parts that the kit has made. */
  app(parts: SiteParts): Koa<SiteState>;
}

export interface SiteParts {
  config: SiteConfig;
  relyingParty: RelyingParty;
  clock: Clock;
  logger: Logger;
}

export interface RunningSite {
  relyingParty: RelyingParty;
  port: number;
  /** Not ready first, then no new connections, then what is in flight (at most 20 s). */
  stop(): Promise<void>;
}

/** Listens; the identity provider need not be up yet. */
export declare function startSite(
  site: Site,
  options: { config: SiteConfig; clock?: Clock; fetch?: FetchLike; logger?: Logger },
): Promise<RunningSite>;

/**
 * A site as a process: reads settings, starts, stops on SIGTERM and SIGINT. What goes wrong at start is one
 * line on stderr and exit code 1.
 */
export declare function runSite(site: Site, readConfig: () => SiteConfig): Promise<void>;
