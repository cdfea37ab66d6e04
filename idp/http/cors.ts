/**
 * Open CORS for the doors that any page of any site may call with a token or without anything:
 * discovery, keys, token, userinfo, revocation. `*` and no credentials, so no cookie ever travels.
 */
import type { Middleware } from "koa";

export const OPEN_CORS: readonly (readonly [name: string, value: string])[] = [
  ["Access-Control-Allow-Origin", "*"],
  ["Access-Control-Expose-Headers", "WWW-Authenticate, Retry-After, X-Request-Id"],
];

export const openCors: Middleware = async (ctx, next) => {
  for (const [name, value] of OPEN_CORS) ctx.res.setHeader(name, value);
  const isPreflight = ctx.method === "OPTIONS" && ctx.get("Access-Control-Request-Method") !== "";
  if (!isPreflight) return next();
  ctx.set("Access-Control-Allow-Methods", "GET, HEAD, POST");
  ctx.set("Access-Control-Allow-Headers", "Authorization, Content-Type");
  ctx.set("Access-Control-Max-Age", "3600");
  ctx.status = 204;
};
