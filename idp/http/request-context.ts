/**
 * What every request carries through the house: its id, where it came from, its logger. Also writes
 * the one access line per request, which names the route and never the path or the query: both can
 * hold links, codes and tokens (security G1).
 */
import { randomBytes } from "node:crypto";
import type { Context, Middleware } from "koa";
import type { ClientAddress } from "./client-address.ts";
import type { Logger } from "./logger.ts";

export interface RequestContext {
  requestId: string;
  /** The client's IP address, as far as it can be known. */
  address: string;
  logger: Logger;
}

/** Who did something and within which request, as the audit records it. */
export interface RequestCause {
  actor: string;
  requestId: string;
}

const contexts = new WeakMap<Context["req"], RequestContext>();

export interface RequestContextDeps {
  logger: Logger;
  clientAddress: ClientAddress;
}

/** The outermost middleware but for nothing: everything below may ask `requestContext(ctx)`. */
export const withRequestContext =
  ({ logger, clientAddress }: RequestContextDeps): Middleware =>
  async (ctx, next) => {
    const requestId = randomBytes(12).toString("base64url");
    const child = logger.child({ requestId });
    const address = clientAddress(ctx.req.socket.remoteAddress, ctx.get("X-Forwarded-For"));
    contexts.set(ctx.req, { requestId, address, logger: child });
    ctx.set("X-Request-Id", requestId);

    const startedAt = performance.now();
    try {
      await next();
    } finally {
      child.info(
        {
          method: ctx.method,
          route: routeOf(ctx),
          status: ctx.status,
          milliseconds: Math.round(performance.now() - startedAt),
        },
        "request",
      );
    }
  };

/** @throws Error when `withRequestContext` does not stand in front */
export function requestContext(ctx: Context): RequestContext {
  const found = contexts.get(ctx.req);
  if (!found) throw new Error("withRequestContext is not mounted");
  return found;
}

/** @param actor `account:<id>`, `client:<id>`, `operator-token`, `anonymous` or `system` */
export function cause(ctx: Context, actor: string): RequestCause {
  return { actor, requestId: requestContext(ctx).requestId };
}

function routeOf(ctx: Context): string {
  const route: unknown = ctx._matchedRoute;
  return typeof route === "string" ? route : "(no route)";
}
