/** Answers that are not pages. Nothing here may be kept by a cache (RFC 6749 §5.1). */
import type { Context } from "koa";

export function sendJson(ctx: Context, body: unknown, { status = 200 } = {}): void {
  ctx.status = status;
  ctx.set("Cache-Control", "no-store");
  // JSON is UTF-8 by definition and has no charset (RFC 8259 §11). Before the body, which would guess one.
  ctx.set("Content-Type", "application/json");
  ctx.body = JSON.stringify(body);
}

/** A signed token as the whole answer (OpenID Connect Core §5.3.2). */
export function sendJwt(ctx: Context, token: string): void {
  ctx.set("Cache-Control", "no-store");
  ctx.set("Content-Type", "application/jwt");
  ctx.body = token;
}

/**
 * 303, so that the browser never repeats a POST (with a password in it) at the new place
 * (RFC 9700 §4.12).
 * @param location  a URL built from configuration or a verified redirect; never from the request
 */
export function redirectTo(ctx: Context, location: string): void {
  ctx.status = 303;
  ctx.set("Cache-Control", "no-store");
  ctx.set("Location", location);
  ctx.body = "";
}
