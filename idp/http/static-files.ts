/**
 * Style sheets, fonts, icons and the few scripts. The same for everyone, so any cache may keep them;
 * an ETag makes asking again cheap.
 */
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Context, Middleware, Next } from "koa";
import sirv from "sirv";

export interface StaticFilesOptions {
  /** Path under which the files are served, without a trailing slash, e.g. `/assets`. */
  prefix: string;
  directory: string;
  maxAgeSeconds: number;
}

/** Answers GET and HEAD below the prefix; anything not there goes on to the next middleware. */
export function staticFiles({ prefix, directory, maxAgeSeconds }: StaticFilesOptions): Middleware {
  const serve = sirv(directory, { etag: true, maxAge: maxAgeSeconds, dotfiles: false });
  const below = `${prefix}/`;

  return (ctx, next) => {
    const isRead = ctx.method === "GET" || ctx.method === "HEAD";
    return isRead && ctx.path.startsWith(below) ? answer(ctx, next) : next();
  };

  async function answer(ctx: Context, next: Next): Promise<void> {
    const isServed = await served(serve, ctx.req, ctx.res, ctx.path.slice(prefix.length));
    if (!isServed) return next();
    // The answer is on its way already; Koa must not send one of its own.
    ctx.respond = false;
  }
}

/** Resolves false when there is no such file. */
function served(
  serve: ReturnType<typeof sirv>,
  request: IncomingMessage,
  response: ServerResponse,
  path: string,
): Promise<boolean> {
  return new Promise((resolve) => {
    const original = request.url;
    request.url = path;
    response.once("close", () => resolve(true));
    response.once("finish", () => resolve(true));
    serve(request, response, () => {
      request.url = original;
      resolve(false);
    });
  });
}
