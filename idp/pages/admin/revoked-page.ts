/**
 * GET /admin/keys/:kid/revoked: who refuses a key that was thrown out, site by site and to the second.
 * Looks again by itself while a site is still being told, without a script.
 */
import type { Context } from "koa";
import { z } from "zod";
import type { FindKeyRefusals } from "../../ending/key-refusals.ts";
import { PageProblem } from "../../http/page-problem.ts";
import { readQuery } from "../../http/parse.ts";
import { render } from "../../http/render.ts";
import { siteView } from "../../http/site-view.ts";
import type { AuditStore } from "../../records/audit/audit-store.ts";
import type { Client } from "../../records/clients/client.ts";
import { accountNames, type FindsAccounts } from "./account-names.ts";
import { type AdministratorDeps, consoleModel, findAdministrator } from "./administrator-page.ts";
import { whoIs } from "./key-history.ts";
import { KEYS_PATH, revokedPath } from "./key-paths.ts";
import type { RevokedModel } from "./revoked-model.ts";
import { isOpen, revokedSite } from "./revoked-sites.ts";

export interface RevokedPageDeps extends AdministratorDeps {
  findKeyRefusals: FindKeyRefusals;
  audit: Pick<AuditStore, "list">;
  accounts: FindsAccounts;
  clients: { find(id: string): Promise<Client | undefined> };
}

const Watch = z.object({ watch: z.enum(["no"]).optional().catch(undefined) });

/** Sites that listen refuse a key within seconds; whoever has not by then takes its time. */
const SOON_SECONDS = 300;
const LOOK_SOON_SECONDS = 2;
const LOOK_LATER_SECONDS = 30;
/** Far more than people may throw out in a month. */
const REMEMBERED_REVOCATIONS = 200;

export const revokedPage = (deps: RevokedPageDeps) => {
  const { findKeyRefusals, audit, accounts, clients, clock } = deps;

  return async (ctx: Context): Promise<void> => {
    const kid = String(ctx.params.kid);
    // What is no thumbprint is nobody's, and is not carried across the sign-in page either.
    if (!/^[\w-]{1,64}$/.test(kid)) throw notThrownOut();
    const administrator = await findAdministrator(ctx, deps, revokedPath(kid));
    if (!administrator) return;
    const refusals = await findKeyRefusals(kid);
    if (!refusals) throw notThrownOut();

    const { revokedAt, inTouchUntil, outOfTouchUntil } = refusals;
    const sites = await Promise.all(
      refusals.sites.map(async (site) => {
        const client = await clients.find(site.clientId);
        const view = client ? siteView(client) : { name: site.name, host: site.clientId };
        return revokedSite(site, view, revokedAt);
      }),
    );
    const { watch } = readQuery(ctx, Watch);
    const seconds =
      isOpen(sites) && watch !== "no" ? lookAfterSeconds(revokedAt, clock.now()) : undefined;
    // As <meta http-equiv="refresh"> would, but for this answer alone.
    if (seconds !== undefined) ctx.set("Refresh", String(seconds));
    render(ctx, "admin/revoked", {
      ...consoleModel(administrator, deps),
      kid,
      revokedAt,
      ...(await circumstances(kid)),
      sites,
      inTouchUntil,
      outOfTouchUntil,
      ...(seconds !== undefined && { watch: { seconds, stop: `${revokedPath(kid)}?watch=no` } }),
    });
  };

  /** Who did it, why, and what signs since then, from the audit. */
  async function circumstances(
    kid: string,
  ): Promise<Pick<RevokedModel, "who" | "why" | "activated" | "published">> {
    const events = await audit.list({ limit: REMEMBERED_REVOCATIONS, kind: "keys.revoked" });
    const event = events.find(({ details }) => details?.kid === kid);
    if (!event) return {};
    const { activated, published } = event.details ?? {};
    return {
      who: whoIs(event.actor, await accountNames(accounts, [event.actor])),
      why: event.reason,
      ...(typeof activated === "string" && { activated }),
      ...(typeof published === "string" && { published }),
    };
  }
};

const lookAfterSeconds = (revokedAt: Date, now: Date): number =>
  now.getTime() - revokedAt.getTime() <= SOON_SECONDS * 1000
    ? LOOK_SOON_SECONDS
    : LOOK_LATER_SECONDS;

const notThrownOut = () =>
  new PageProblem({
    status: 404,
    title: "No key of that name was thrown out",
    explanation: "The address may have been mistyped, or the key still stands.",
    whatNext: ["Look at the keys to see how each of them stands."],
    wayBack: { label: "Back to the keys", href: KEYS_PATH },
  });
