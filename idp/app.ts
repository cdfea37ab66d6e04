// The identity provider, assembled: what is known (capabilities.ts), the doors over it (routes.ts), and
// the edge around every request.
import type { RequestListener } from "node:http";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import type Router from "@koa/router";
import Koa, { type Middleware } from "koa";
import { KeysUnavailable } from "../keys/key-ring.ts";
import { KeySealUnavailable } from "../keys/key-seal.ts";
import type { DatabaseClock } from "../prisma/clock.ts";
import { type Database, DatabaseUnavailable } from "../prisma/database.ts";
import { type Capabilities, capabilities } from "./capabilities.ts";
import type { Config } from "./config.ts";
import { readiness } from "./endpoints/health/readiness.ts";
import { audience } from "./http/audience.ts";
import { authorizationResponse } from "./http/authorization-response.ts";
import { clientAddress } from "./http/client-address.ts";
import { cookieJar } from "./http/cookies.ts";
import { openCors } from "./http/cors.ts";
import { renderErrors } from "./http/error-renderer.ts";
import type { Logger } from "./http/logger.ts";
import { readyAnswers } from "./http/ready-answers.ts";
import { withRequestContext } from "./http/request-context.ts";
import { securityHeaders } from "./http/security-headers.ts";
import { staticFiles } from "./http/static-files.ts";
import { errorPage } from "./pages/error/error-page.ts";
import { type OAuthError, temporarilyUnavailable } from "./protocol/oauth-error.ts";
import { Overloaded } from "./records/accounts/hashing-lane.ts";
import { cleanUp } from "./records/clean-up/clean-up.ts";
import {
  adminRoutes,
  isOpenToAllOrigins,
  PROGRAM_PATHS,
  personRoutes,
  programRoutes,
} from "./routes.ts";

export interface IdpDeps {
  readonly config: Config;
  readonly database: Database;
  readonly clock: DatabaseClock;
  readonly logger: Logger;
}

export interface Idp {
  readonly callback: RequestListener;
  /** Present when the console and its API have a listener of their own. */
  readonly adminCallback?: RequestListener;
  readonly capabilities: Capabilities;
  /** Loads the keys, making the first ones; then follows the database. @throws KeyEncryptionKeyWrong */
  start(): Promise<void>;
  /** Not ready from now on; requests are still answered. */
  drain(): void;
  stop(): Promise<void>;
}

const FONT_FAMILIES = ["ysabeau", "hanken-grotesk", "red-hat-mono"];
const ONE_HOUR_SECONDS = 3_600;
const ONE_YEAR_SECONDS = 31_536_000;

export function createIdp({ config, database, clock, logger }: IdpDeps): Idp {
  const known = capabilities({ config, database, clock, logger });
  const ready = readiness({
    checks: {
      database: async () => (await database.time()) instanceof Date,
      keys: () => known.keys.isReady(),
      clock: () => clock.isTrusted(),
    },
  });
  const sendAuthorizationResponse = authorizationResponse(config);
  const deps = {
    ...known,
    config,
    cookies: cookieJar(config),
    readiness: ready,
    sendAuthorizationResponse,
  };
  const edge = [
    withRequestContext({ logger, clientAddress: clientAddress(config.trustedProxies) }),
    audience(PROGRAM_PATHS),
    securityHeaders(config),
    renderErrors({
      issuer: config.issuer,
      renderPage: errorPage({ issuer: config.issuer, clock }),
      sendAuthorizationResponse,
      recognize: passingTrouble,
    }),
    ...assets(),
    openCorsWhereNeeded,
  ];
  const admin = adminRoutes(deps);
  const programs = programRoutes(deps);
  const doors = [programs.router, personRoutes(deps)];
  const inFront = readyAnswers({ find: programs.findReady, config, logger });
  const sweeper = cleanUp({ store: known.cleanUp, clock, logger });

  return {
    callback: inFront(
      application(edge, config.adminPort === undefined ? [...doors, ...admin] : doors),
    ),
    ...(config.adminPort === undefined ? {} : { adminCallback: application(edge, admin) }),
    capabilities: known,
    async start() {
      await known.keys.start();
      await known.statuses.start();
      await known.subjects.start();
      known.clients.start();
      sweeper.start();
      known.sender.start();
      await ready.start();
    },
    drain: () => ready.drain(),
    async stop() {
      ready.stop();
      known.clients.stop();
      await sweeper.stop();
      // It signs what it sends.
      await known.sender.stop();
      await known.keys.stop();
    },
  };
}

function application(edge: readonly Middleware[], routers: readonly Router[]): RequestListener {
  const app = new Koa();
  for (const middleware of edge) app.use(middleware);
  for (const router of routers) app.use(router.routes());
  // The last word on methods belongs to one router, which then knows the paths of all of them.
  for (const router of routers) app.use(router.allowedMethods());
  return app.callback();
}

const openCorsWhereNeeded: Middleware = (ctx, next) =>
  isOpenToAllOrigins(ctx.path) ? openCors(ctx, next) : next();

/** Style sheets and scripts of ours; fonts from their packages, under one path. */
function assets(): Middleware[] {
  const require = createRequire(import.meta.url);
  const fonts = FONT_FAMILIES.map((family) =>
    staticFiles({
      prefix: "/assets/fonts",
      directory: join(
        dirname(require.resolve(`@fontsource-variable/${family}/package.json`)),
        "files",
      ),
      maxAgeSeconds: ONE_YEAR_SECONDS,
    }),
  );
  const own = staticFiles({
    prefix: "/assets",
    directory: fileURLToPath(new URL("./public", import.meta.url)),
    maxAgeSeconds: ONE_HOUR_SECONDS,
  });
  return [...fonts, own];
}

/** What is wrong now and may be right in a moment: 503 with Retry-After, never a 500. */
function passingTrouble(thrown: unknown): OAuthError | undefined {
  if (
    thrown instanceof DatabaseUnavailable ||
    thrown instanceof KeysUnavailable ||
    thrown instanceof KeySealUnavailable
  ) {
    return temporarilyUnavailable("The service is not available for the moment", 5, thrown);
  }
  if (thrown instanceof Overloaded) {
    return temporarilyUnavailable(
      "There is too much to do at once",
      thrown.retryAfterSeconds,
      thrown,
    );
  }
  return undefined;
}
