/**
 * POST /admin/keys/revocations/:id/confirm and …/refuse: the second person's decision about a key that
 * somebody wants thrown out (security D1).
 */
import type { Context } from "koa";
import { z } from "zod";
import type { RevokeSigningKey } from "../../ending/revoke-signing-key.ts";
import { redirectTo } from "../../http/respond.ts";
import type { AdministratorDeps } from "./administrator-page.ts";
import { readKeyAct } from "./key-act-page.ts";
import { KEYS_PATH, revocationAct, revokedPath } from "./key-paths.ts";

export interface RevocationRequestsPageDeps extends AdministratorDeps {
  revokeSigningKey: Pick<RevokeSigningKey, "confirm" | "refuse" | "open">;
}

const DecisionForm = z.object({ csrf: z.string().optional() });

export function revocationRequestsPage(deps: RevocationRequestsPageDeps) {
  const { adminOrigin, revokeSigningKey } = deps;

  async function readDecision(ctx: Context, kind: "confirm" | "refuse") {
    const id = String(ctx.params.id);
    const action = revocationAct(id, kind);
    const act = await readKeyAct(ctx, deps, { action, schema: DecisionForm });
    return act && { id, by: act.by };
  }

  return {
    async confirm(ctx: Context): Promise<void> {
      const decision = await readDecision(ctx, "confirm");
      if (!decision) return;
      const { id, by } = decision;
      const asked = (await revokeSigningKey.open()).find((request) => request.id === id);
      const result = await revokeSigningKey.confirm(id, by);
      const isDone = result.kind === "revoked" || result.kind === "already-revoked";
      const path =
        isDone && asked ? revokedPath(asked.kid) : `${KEYS_PATH}?done=${newsOf(result.kind)}`;
      redirectTo(ctx, `${adminOrigin}${path}`);
    },

    async refuse(ctx: Context): Promise<void> {
      const decision = await readDecision(ctx, "refuse");
      if (!decision) return;
      const { kind } = await revokeSigningKey.refuse(decision.id, decision.by);
      redirectTo(ctx, `${adminOrigin}${KEYS_PATH}?done=${newsOf(kind)}`);
    },
  };
}

/** To the person it is one thing: there is nothing to decide here any more. */
const newsOf = (kind: string): string =>
  ["unknown-request", "expired", "unknown-key", "revoked", "already-revoked"].includes(kind)
    ? "decided"
    : kind;
