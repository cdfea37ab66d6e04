// A site's Koa application, with all that two sites would otherwise write twice: security headers, limits,
// static files, typed views, problem pages, one log line per request. The site adds its routes.
import Router from "@koa/router";
import Koa from "koa";
import type { Logger } from "pino";
import { problemRenderer } from "./problem-renderer.ts";
import type { RelyingParty } from "./relying-party.ts";
import { createRender, type Render } from "./render.ts";
import { requestLog } from "./request-log.ts";
import { securityHeaders } from "./security-headers.ts";
import type { SiteConfig } from "./site-config.ts";
import type { ProblemModel } from "./site-problem.ts";
import { staticFiles } from "./static-files.ts";
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
  /** Adds the site's own routes. */
  routes(site: { router: Router<SiteState>; render: Render<Views> }): void;
}

export function siteApp<Views extends CommonViews>(options: SiteAppOptions<Views>): Koa<SiteState> {
  const { config, relyingParty, logger } = options;
  const viewsOptions = { root: options.views, siteName: config.name };
  const app = new Koa<SiteState>();
  // What reaches Koa itself is a connection that broke while an answer was on its way.
  app.on("error", (error: unknown) => logger.debug({ err: error }, "an answer was cut off"));

  app.use(requestLog({ logger }));
  app.use(securityHeaders({ secure: config.secure }));
  app.use(problemRenderer({ render: createRender<CommonViews>(viewsOptions), logger }));
  const assets = Object.entries(options.assets).sort(([a], [b]) => b.length - a.length);
  for (const [prefix, directory] of assets) app.use(staticFiles(prefix, directory));

  const router = new Router<SiteState>();
  options.routes({ router, render: createRender<Views>(viewsOptions) });
  for (const { routes, allowedMethods } of [bound(relyingParty.routes()), bound(router)]) {
    app.use(routes).use(allowedMethods);
  }
  return app;
}

const bound = (router: Router<SiteState>) => ({
  routes: router.routes(),
  allowedMethods: router.allowedMethods(),
});
