import type { Context } from "koa";
import type { AuthorizationServer } from "./authorization-server.ts";
import type { Reachability } from "./reachability.ts";
import { readForm } from "./read-form.ts";
import { type CsrfTokens, requireSameOrigin } from "./request-origin.ts";
import type { SessionCookie } from "./session-cookie.ts";
import { foreignRequest, signedOutHere } from "./site-problem.ts";

/**
 * POST /sign-out: ends the session here, then sends the browser to the provider, which ends it everywhere and
 * shows the receipt (RP-Initiated Logout 1.0 §2).
 */
export function createSignOut(options: {
  sessions: SessionCookie;
  csrf: CsrfTokens;
  authorizationServer: Pick<AuthorizationServer, "endSessionUrl">;
  reachability: Reachability;
  baseUrl: string;
}) {
  const { sessions, csrf, authorizationServer, reachability, baseUrl } = options;
  return async (ctx: Context) => {
    requireSameOrigin(ctx, baseUrl);
    const form = await readForm(ctx);
    const session = await sessions.read(ctx);
    if (!session) throw signedOutHere();
    if (!csrf.isTokenFor(session.id, form.get("csrf") ?? ""))
      throw foreignRequest(new Error("csrf"));
    await sessions.end(ctx, session);
    const elsewhere = authorizationServer.endSessionUrl(session.idToken);
    if (!elsewhere || reachability.unreachableSince()) throw signedOutHere();
    ctx.status = 303;
    ctx.redirect(elsewhere.href);
  };
}
