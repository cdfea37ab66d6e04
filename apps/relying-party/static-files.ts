import type { Context, Middleware } from "koa";
import sirv from "sirv";

const MAX_AGE_SECONDS = 3600;

/** Serves a directory's files below a path, to GET and HEAD; what is not there goes on to the next middleware. */
export function staticFiles(prefix: string, directory: string): Middleware {
  const serve = sirv(directory, {
    etag: true,
    dotfiles: false,
    // The same for everyone, unlike the pages, whose no-store is set already.
    setHeaders: (response) => {
      response.setHeader("Cache-Control", `public, max-age=${MAX_AGE_SECONDS}`);
    },
  });
  return async (ctx, next) => {
    const isRead = ctx.method === "GET" || ctx.method === "HEAD";
    if (!isRead || !ctx.path.startsWith(`${prefix}/`)) return next();
    if (!(await isServed(serve, ctx, prefix))) return next();
    // The file is on its way; Koa must not send an answer of its own.
    ctx.respond = false;
  };
}

function isServed(serve: ReturnType<typeof sirv>, ctx: Context, prefix: string): Promise<boolean> {
  const { req, res } = ctx;
  const { url } = req;
  return new Promise((resolve) => {
    res.once("close", () => resolve(true));
    req.url = ctx.path.slice(prefix.length);
    serve(req, res, () => {
      req.url = url;
      resolve(false);
    });
  });
}
