// Who may use the admin API: the bearer of ADMIN_TOKEN (RFC 6750), which is host access. Without that
// setting there is no admin API at all.
import type { Context, Middleware } from "koa";
import { cause } from "../../http/request-context.ts";
import { hashOf, matchesHash } from "../../protocol/credential.ts";
import { bearerTokenMissing, invalidToken } from "../../protocol/oauth-error.ts";
import type { Cause } from "../../records/audit/audit-event.ts";
import type { AuditStore } from "../../records/audit/audit-store.ts";

/** How the audit names whoever holds the token. */
const OPERATOR = "operator-token";

export interface RequireOperatorDeps {
  /** Undefined: there is no admin API. */
  adminToken: string | undefined;
  audit: Pick<AuditStore, "record">;
  clock: { now(): Date };
}

export function requireOperator({ adminToken, audit, clock }: RequireOperatorDeps): Middleware {
  // Nobody answers: the 404 of any address that leads nowhere.
  if (adminToken === undefined) return async () => {};
  const tokenHash = hashOf(adminToken);
  return async (ctx, next) => {
    const [, token] = /^Bearer +([\x21-\x7e]+)$/i.exec(ctx.get("Authorization")) ?? [];
    if (token === undefined) throw bearerTokenMissing("The admin API needs the operator's token");
    // Compared by hash: equal length, and no time that depends on how much of it was right.
    if (!matchesHash(token, tokenHash)) {
      await audit.record({
        at: clock.now(),
        kind: "operator.refused",
        outcome: "refused",
        ...cause(ctx, "anonymous"),
      });
      throw invalidToken("This is not the operator's token");
    }
    await next();
  };
}

/** The operator did it, within this request, for this reason. */
export const operatorCause = (
  ctx: Context,
  { reason }: { reason?: string | undefined } = {},
): Cause => ({
  ...cause(ctx, OPERATOR),
  ...(reason === undefined ? {} : { reason }),
});
