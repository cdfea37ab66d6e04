import type { Context } from "koa";

/** GET /health/live says that the process runs; GET /health/ready, that it can verify tokens and begin sign-ins. */
export function createHealth({ isReady }: { isReady: () => boolean }) {
  return {
    live(ctx: Context) {
      ctx.body = { status: "live" };
    },
    ready(ctx: Context) {
      const ready = isReady();
      ctx.status = ready ? 200 : 503;
      ctx.body = { status: ready ? "ready" : "not ready" };
    },
  };
}
