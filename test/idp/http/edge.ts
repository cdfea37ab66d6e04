// A small Koa application behind the real edge, listening on a port of its own: what the tests of
// this folder put their handlers into.
import { Writable } from "node:stream";
import type Router from "@koa/router";
import Koa, { type Middleware } from "koa";
import { afterAll } from "vitest";
import { audience } from "../../../idp/http/audience.ts";
import { authorizationResponse } from "../../../idp/http/authorization-response.ts";
import { clientAddress } from "../../../idp/http/client-address.ts";
import { type ErrorRendererDeps, renderErrors } from "../../../idp/http/error-renderer.ts";
import { createLogger } from "../../../idp/http/logger.ts";
import { withRequestContext } from "../../../idp/http/request-context.ts";
import { securityHeaders } from "../../../idp/http/security-headers.ts";
import { listen, type RunningServer } from "../../../idp/http/server.ts";
import { errorPage } from "../../../idp/pages/error/error-page.ts";

export const ISSUER = "https://id.example";

export interface Edge {
  url: string;
  server: RunningServer;
  /** Everything logged so far. */
  log(): string;
}

const running: RunningServer[] = [];
afterAll(() => Promise.all(running.map((server) => server.drain())));

export async function edge(
  handler: Middleware | Router,
  options: {
    secure?: boolean;
    trustedProxies?: string[];
    recognize?: ErrorRendererDeps["recognize"];
    renderPage?: ErrorRendererDeps["renderPage"];
    /** Every path of it is one that programs call. */
    forPrograms?: boolean;
  } = {},
): Promise<Edge> {
  const lines: string[] = [];
  const destination = new Writable({
    write(chunk, _encoding, done) {
      lines.push(String(chunk));
      done();
    },
  });
  const { recognize } = options;
  const app = new Koa();
  app.use(
    withRequestContext({
      logger: createLogger({ level: "info", destination }),
      clientAddress: clientAddress(options.trustedProxies ?? []),
    }),
  );
  app.use(audience(options.forPrograms ? [""] : []));
  app.use(securityHeaders({ secure: options.secure ?? true }));
  app.use(
    renderErrors({
      issuer: ISSUER,
      renderPage:
        options.renderPage ?? errorPage({ issuer: ISSUER, clock: { now: () => new Date() } }),
      sendAuthorizationResponse: authorizationResponse({ issuer: ISSUER }),
      ...(recognize && { recognize }),
    }),
  );
  if (typeof handler === "function") app.use(handler);
  else app.use(handler.routes());
  const server = await listen({ app: app.callback(), port: 0, host: "127.0.0.1" });
  running.push(server);
  return { url: `http://127.0.0.1:${server.port}`, server, log: () => lines.join("") };
}

/** A form as a browser sends it. */
export const form = (fields: Record<string, string> | string): RequestInit => ({
  method: "POST",
  redirect: "manual",
  headers: { "Content-Type": "application/x-www-form-urlencoded" },
  body: typeof fields === "string" ? fields : new URLSearchParams(fields).toString(),
});
