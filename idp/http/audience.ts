/**
 * Whom an answer is for, told once, at the edge, by the address alone: then an unknown path or a wrong
 * method is answered in the same language as the door beside it, and no door can forget to say so.
 */
import type { Middleware } from "koa";

/** @param programPaths  what programs call, with all that lies below */
export const audience = (programPaths: readonly string[]): Middleware => {
  const known = new Set(programPaths);
  const below = programPaths.map((path) => `${path}/`);
  return (ctx, next) => {
    const { path } = ctx;
    if (known.has(path) || below.some((prefix) => path.startsWith(prefix))) {
      ctx.state.audience = "program";
    }
    return next();
  };
};
