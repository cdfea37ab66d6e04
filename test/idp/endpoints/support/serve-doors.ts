// Doors for programs over real HTTP, with what stands around each of them in the identity provider:
// request context, errors rendered in one place, CORS.
import Router from "@koa/router";
import Koa, { type Context } from "koa";
import { afterAll } from "vitest";
import { audience } from "../../../../idp/http/audience.ts";
import { clientAddress } from "../../../../idp/http/client-address.ts";
import { openCors } from "../../../../idp/http/cors.ts";
import { renderErrors } from "../../../../idp/http/error-renderer.ts";
import { createLogger } from "../../../../idp/http/logger.ts";
import { withRequestContext } from "../../../../idp/http/request-context.ts";
import { listen } from "../../../../idp/http/server.ts";
import { temporarilyUnavailable } from "../../../../idp/protocol/oauth-error.ts";
import { DatabaseUnavailable } from "../../../../prisma/database-unavailable.ts";

type Door = (ctx: Context) => Promise<void>;

const logger = createLogger({ level: "silent" });

/** @returns the origin of a server that has these doors, e.g. `"POST /token": tokenEndpoint(…)` */
export async function serveDoors(doors: Readonly<Record<string, Door>>): Promise<string> {
  const router = new Router();
  router.use(openCors);
  for (const [route, door] of Object.entries(doors)) {
    const [method = "", path = ""] = route.split(" ");
    router.register(path, [method], door);
  }
  const app = new Koa();
  app.use(withRequestContext({ logger, clientAddress: clientAddress([]) }));
  app.use(audience([""]));
  app.use(
    renderErrors({
      issuer: "https://id.example",
      renderPage: () => {
        throw new Error("a program was shown a page");
      },
      sendAuthorizationResponse: () => {
        throw new Error("a program was redirected");
      },
      recognize: (thrown) =>
        thrown instanceof DatabaseUnavailable
          ? temporarilyUnavailable("Try again in a moment", 1, thrown)
          : undefined,
    }),
  );
  app.use(router.routes());
  app.use(router.allowedMethods());
  const server = await listen({ app: app.callback(), port: 0, host: "127.0.0.1" });
  afterAll(() => server.drain());
  return `http://127.0.0.1:${server.port}`;
}
