/**
 * POST /account/apps/:client/take-back: what a site was allowed, and whatever it holds, ends (security
 * A10). It is only ever the person's own that is taken back, whichever client is named (D2).
 */
import type { Context } from "koa";
import type { EndAccess } from "../../ending/end-access.ts";
import { PageProblem } from "../../http/page-problem.ts";
import { redirectTo } from "../../http/respond.ts";
import type { ConnectedAppStore } from "../../records/grants/connected-app-store.ts";
import { ACCOUNT_PATH, donePath, takeBackPath } from "./account-paths.ts";
import { CsrfForm, type PersonDeps, readPersonAct } from "./person-page.ts";

export interface TakeBackPageDeps extends PersonDeps {
  connectedApps: Pick<ConnectedAppStore, "isConnected">;
  endAccess: EndAccess;
}

export const takeBackPage = (deps: TakeBackPageDeps) => {
  const { issuer, connectedApps, endAccess, clock } = deps;

  return async (ctx: Context): Promise<void> => {
    const clientId = clientIdOf(ctx);
    const action = takeBackPath(clientId);
    const act = await readPersonAct(ctx, deps, { action, schema: CsrfForm });
    if (!act) return;
    const accountId = act.person.id;
    if (!(await connectedApps.isConnected(accountId, clientId))) throw notConnected();
    const scope = { kind: "consent", accountId, clientId } as const;
    await endAccess(scope, "consent-withdrawn", clock.now(), act.by);
    redirectTo(ctx, issuer + donePath("ended"));
  };
};

/** @throws PageProblem 404 when it has not the shape of one (RFC 6749 Appendix A.1) */
function clientIdOf(ctx: Context): string {
  const id: unknown = ctx.params.client;
  if (typeof id !== "string" || !/^[\x20-\x7e]{1,256}$/.test(id)) throw notConnected();
  return id;
}

const notConnected = () =>
  new PageProblem({
    status: 404,
    title: "This app is not connected",
    explanation: "It holds nothing of yours. You may have taken it back already.",
    whatNext: ["Look at the list again: it shows every app that is connected."],
    wayBack: { label: "See your connected apps", href: ACCOUNT_PATH },
  });
