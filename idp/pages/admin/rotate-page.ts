/**
 * POST /admin/keys/rotate: the same act as in the admin API; here it carries the administrator's name.
 */
import type { Context } from "koa";
import { z } from "zod";
import type { KeyLifecycle } from "../../../keys/key-lifecycle.ts";
import { redirectTo } from "../../http/respond.ts";
import type { AdministratorDeps } from "./administrator-page.ts";
import { readKeyAct } from "./key-act-page.ts";
import { KEYS_PATH, ROTATE_PATH } from "./key-paths.ts";
import { Reason } from "./reason-field.ts";

export interface RotatePageDeps extends AdministratorDeps {
  keys: Pick<KeyLifecycle, "rotate">;
}

const RotateForm = z.object({ csrf: z.string().optional(), reason: Reason.optional() });

export const rotatePage =
  (deps: RotatePageDeps) =>
  async (ctx: Context): Promise<void> => {
    const act = await readKeyAct(ctx, deps, { action: ROTATE_PATH, schema: RotateForm });
    if (!act) return;
    const reason = act.form.reason || "rotated in the console";
    const { kind } = await deps.keys.rotate({ ...act.by, reason });
    redirectTo(ctx, `${deps.adminOrigin}${KEYS_PATH}?done=${kind}`);
  };
