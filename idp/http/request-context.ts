/**
 * What every request carries through the house: its id, where it came from, its logger. Also writes
 * the one access line per request, which names the route and never the path or the query: both can
 * hold links, codes and tokens (security G1).
 */
import type { Context, Middleware } from "koa";
import { randomText } from "../protocol/random-text.ts";
import type { ClientAddress } from "./client-address.ts";
import type { Logger } from "./logger.ts";

export interface RequestContext {
  requestId: string;
  /** The client's IP address, as far as it can be known. */
  address: string;
  readonly logger: Logger;
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
    const requestId = randomText(12);
    const address = clientAddress(ctx.req.socket.remoteAddress, ctx.get("X-Forwarded-For"));
    contexts.set(ctx.req, new OwnContext(requestId, address, logger));
    ctx.set("X-Request-Id", requestId);

    const startedAt = performance.now();
    try {
      await next();
    } finally {
      logger.info(
        {
          requestId,
          method: ctx.method,
          route: routeOf(ctx),
          status: ctx.status,
          milliseconds: Math.round(performance.now() - startedAt),
        },
        "request",
      );
    }
  };

class OwnContext implements RequestContext {
  readonly requestId: string;
  readonly address: string;
  readonly #parent: Logger;
  #own: Logger | undefined;

  constructor(requestId: string, address: string, parent: Logger) {
    this.requestId = requestId;
    this.address = address;
    this.#parent = parent;
  }

  /** Made when it is wanted: most requests have nothing to log but their one line. */
  get logger(): Logger {
    this.#own ??= this.#parent.child({ requestId: this.requestId });
    return this.#own;
  }
}

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
