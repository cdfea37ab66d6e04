// Starts and stops a site: as its own process (`runSite`) or inside another one (`startSite`).
import type Koa from "koa";
import type { Logger } from "pino";
import { type Clock, systemClock } from "./clock.ts";
import type { FetchLike } from "./outbound-fetch.ts";
import { createRelyingParty, type RelyingParty } from "./relying-party.ts";
import { type SiteConfig, SiteConfigError } from "./site-config.ts";
import { createSiteLogger } from "./site-log.ts";
import { listen } from "./site-server.ts";
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
export async function startSite(
  site: Site,
  options: { config: SiteConfig; clock?: Clock; fetch?: FetchLike; logger?: Logger },
): Promise<RunningSite> {
  const { config, clock = systemClock, fetch } = options;
  const logger = options.logger ?? createSiteLogger({ level: config.logLevel, site: config.name });
  const relyingParty = createRelyingParty({
    config,
    scope: site.scope,
    clock,
    logger,
    ...(fetch && { fetch }),
  });
  const app = site.app({ config, relyingParty, clock, logger });
  const server = await listen(app.callback(), config);
  await relyingParty.start().catch(async (error: unknown) => {
    await server.drain();
    throw error;
  });
  logger.info({ address: config.baseUrl, port: server.port }, "listening");
  return {
    relyingParty,
    port: server.port,
    async stop() {
      relyingParty.drain();
      await server.drain();
      await relyingParty.stop();
    },
  };
}

/**
 * A site as a process: reads settings, starts, stops on SIGTERM and SIGINT. What goes wrong at start is one
 * line on stderr and exit code 1.
 */
export async function runSite(site: Site, readConfig: () => SiteConfig): Promise<void> {
  try {
    const config = readConfig();
    const running = await startSite(site, { config }).catch((error: unknown) => {
      throw portProblem(error, config.port);
    });
    const stop = () => void running.stop().then(() => process.exit(0));
    process.once("SIGTERM", stop);
    process.once("SIGINT", stop);
  } catch (error) {
    if (!(error instanceof SiteConfigError)) throw error;
    process.stderr.write(`${error.message}\n`);
    process.exitCode = 1;
  }
}

function portProblem(error: unknown, port: number): unknown {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  if (code === "EADDRINUSE") return new SiteConfigError(`PORT: ${port} is already in use`);
  if (code === "EACCES") return new SiteConfigError(`PORT: ${port} may not be used by this user`);
  if (code === "EADDRNOTAVAIL") return new SiteConfigError("HOST: not an address of this machine");
  return error;
}
