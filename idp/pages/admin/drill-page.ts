/**
 * POST /admin/keys/drill: every site that can be asked verifies a probe by the keys that sign next.
 * Changes nothing; what came of it stands beside each site.
 */
import type { Context } from "koa";
import { z } from "zod";
import { redirectTo } from "../../http/respond.ts";
import type { Drill } from "../../sending/drill.ts";
import type { AdministratorDeps } from "./administrator-page.ts";
import { readKeyAct } from "./key-act-page.ts";
import { DRILL_PATH, KEYS_PATH } from "./key-paths.ts";

export interface DrillPageDeps extends AdministratorDeps {
  /** Ends when every site has answered, or has not in time. */
  drill: Drill;
}

const DrillForm = z.object({ csrf: z.string().optional() });

export const drillPage =
  (deps: DrillPageDeps) =>
  async (ctx: Context): Promise<void> => {
    const act = await readKeyAct(ctx, deps, { action: DRILL_PATH, schema: DrillForm });
    if (!act) return;
    await deps.drill(act.by, deps.clock.now());
    redirectTo(ctx, `${deps.adminOrigin}${KEYS_PATH}?done=drilled#ready`);
  };
