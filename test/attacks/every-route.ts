// Every route that is mounted, read off the routers themselves, so that a new one is attacked as well.
import type Router from "@koa/router";
import { readiness } from "../../idp/endpoints/health/readiness.ts";
import { authorizationResponse } from "../../idp/http/authorization-response.ts";
import { cookieJar } from "../../idp/http/cookies.ts";
import { adminRoutes, personRoutes, programRoutes } from "../../idp/routes.ts";
import type { TestIdp } from "../support/an-idp.ts";

export interface MountedRoute {
  readonly methods: readonly string[];
  /** With its parameters' names, as in `/sign-in/:interaction`. */
  readonly path: string;
}

export function everyRoute({ known, config }: TestIdp): MountedRoute[] {
  const deps = {
    ...known,
    config,
    cookies: cookieJar(config),
    readiness: readiness({ checks: {} }),
    sendAuthorizationResponse: authorizationResponse(config),
  };
  const routers: Router[] = [programRoutes(deps).router, personRoutes(deps), ...adminRoutes(deps)];
  return routers.flatMap((router) =>
    router.stack
      .filter(({ methods }) => methods.length > 0)
      .map(({ methods, path }) => ({ methods, path: String(path) })),
  );
}

/** The route's address with the same text for each of its parameters. */
export const addressOf = ({ path }: MountedRoute, parameter: string): string =>
  path.replaceAll(/:\w+/g, parameter);
