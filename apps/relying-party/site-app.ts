// A site's Koa application, with all that two sites would otherwise write twice: security headers, limits,
// static files, typed views, problem pages, one log line per request. The site adds its routes.
import type Router from "@koa/router";
import type Koa from "koa";
import type { Logger } from "pino";
import type { Clock } from "./clock.ts";
import type { RelyingParty } from "./relying-party.ts";
import type { Render } from "./render.ts";
import type { SiteConfig } from "./site-config.ts";
import type { ProblemModel } from "./site-problem.ts";
import type { SiteState } from "./visit.ts";

/** Every site has this view; a site's own `Views` extends it. */
export interface CommonViews {
  problem: ProblemModel;
}

export interface SiteAppOptions<Views extends CommonViews> {
  config: SiteConfig;
  relyingParty: RelyingParty;
  /** Directory of the .ejs views, `problem.ejs` among them. */
  views: string;
  /** Directories served below a path: `{ "/assets": "…/public", "/assets/fonts": "…/files" }`. Longest path wins. */
  assets: Record<string, string>;
  logger: Logger;
  clock: Clock;
  /** Adds the site's own routes. */
  routes(site: { router: Router<SiteState>; render: Render<Views> }): void;
}

export declare function siteApp<Views extends CommonViews>(
  options: SiteAppOptions<Views>,
): Koa<SiteState>;
