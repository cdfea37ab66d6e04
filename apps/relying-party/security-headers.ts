import type { Context, Middleware } from "koa";

const policy = (formAction: readonly string[]) =>
  [
    "default-src 'none'",
    "style-src 'self'",
    "script-src 'self'",
    "font-src 'self'",
    "img-src 'self'",
    `form-action ${["'self'", ...formAction].join(" ")}`,
    "frame-ancestors 'none'",
    "base-uri 'none'",
    "object-src 'none'",
  ].join("; ");

/** The headers of every answer, errors included. Nothing personal is ever kept by a cache. */
export function securityHeaders({ secure }: { secure: boolean }): Middleware {
  const headers = {
    "Content-Security-Policy": policy([]),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
    ...(secure && { "Strict-Transport-Security": "max-age=31536000; includeSubDomains" }),
  };
  return (ctx, next) => {
    ctx.set(headers);
    return next();
  };
}

/** Lets this page's forms go on to another origin as well. */
export function allowFormAction(ctx: Context, origin: string): void {
  ctx.set("Content-Security-Policy", policy([origin]));
}
