// GET /health/live: the process answers. GET /health/ready: it should get requests, 503 when not.
import type { Context } from "koa";
import { sendJson } from "../../http/respond.ts";
import type { Readiness } from "./readiness.ts";

export interface HealthEndpointDeps {
  readonly readiness: Pick<Readiness, "report">;
}

export const healthEndpoint = ({ readiness }: HealthEndpointDeps) => ({
  /** Touches nothing: not the database, not the keys. */
  live: async (ctx: Context): Promise<void> => sendJson(ctx, { status: "ok" }),
  ready: async (ctx: Context): Promise<void> => {
    const { ready, checks } = readiness.report();
    sendJson(ctx, { status: ready ? "ok" : "unavailable", checks }, { status: ready ? 200 : 503 });
  },
});
