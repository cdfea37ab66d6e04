/**
 * GET /account: where the person is signed in and which apps they have connected, with a way to end each
 * (ASVS 7.4.5, 7.5.2; security S5, A10). Shows their own, whatever the address says.
 */
import type { Context } from "koa";
import { z } from "zod";
import { readQuery } from "../../http/parse.ts";
import { render } from "../../http/render.ts";
import { redirectTo } from "../../http/respond.ts";
import type { AuditStore } from "../../records/audit/audit-store.ts";
import type { Client, Resource } from "../../records/clients/client.ts";
import type { ConnectedAppStore } from "../../records/grants/connected-app-store.ts";
import { secondsBefore } from "../../records/lifetimes.ts";
import type { SessionListStore } from "../../records/sessions/session-list-store.ts";
import { ACCOUNT_PATH, ELSEWHERE_PATH, EVERYWHERE_PATH, PASSWORD_PATH } from "./account-paths.ts";
import { appRows } from "./app-rows.ts";
import { findPerson, formOf, type Person, type PersonDeps } from "./person-page.ts";
import { sessionRows } from "./session-rows.ts";

export interface AccountPageDeps extends PersonDeps {
  sessionList: Pick<SessionListStore, "list">;
  connectedApps: Pick<ConnectedAppStore, "list">;
  clients: {
    find(id: string): Promise<Client | undefined>;
    resources(): Promise<readonly Resource[]>;
  };
  audit: Pick<AuditStore, "hasHappened">;
  lifetimes: { accessTokenSeconds: number };
}

/** Shown at once. "Everywhere else" ends those that are not shown as well. */
const MOST_SESSIONS = 50;
const APPS_A_PAGE = 25;
/** A page that was opened again says nothing of what was done long ago, or never. */
const JUST_NOW_SECONDS = 300;

const AccountQuery = z.object({
  done: z.enum(["ended", "password"]).optional().catch(undefined),
  apps: z
    .string()
    .regex(/^[1-9]\d{0,2}$/)
    .transform(Number)
    .catch(1)
    .default(1),
});

export const accountPage = (deps: AccountPageDeps) => {
  const { issuer, sessionList, connectedApps, clients, audit, lifetimes, clock } = deps;

  return async (ctx: Context): Promise<void> => {
    const person = await findPerson(ctx, deps, ACCOUNT_PATH);
    if (!person) return;
    const query = readQuery(ctx, AccountQuery);
    const { name, email, id: accountId, session } = person;
    const now = clock.now();
    const form = (action: string) => formOf(person, action);

    const own = { accountId, current: session.id, most: MOST_SESSIONS };
    const { sessions, total } = await sessionList.list(own, now);
    // One more than is shown, to know whether there is more.
    const page = { limit: APPS_A_PAGE + 1, offset: (query.apps - 1) * APPS_A_PAGE };
    const apps = await connectedApps.list(accountId, page, now);
    if (apps.length === 0 && query.apps > 1) return redirectTo(ctx, issuer + ACCOUNT_PATH);
    const shown = apps.slice(0, APPS_A_PAGE);
    const known = await clientsOf([
      ...sessions.flatMap(({ clientIds }) => clientIds),
      ...shown.map(({ clientId }) => clientId),
    ]);
    const rows = sessionRows(sessions, session.id, { clients: known, form });
    render(ctx, "account", {
      person: { name, email },
      now,
      done: await hasBeenDone(query.done, person, now),
      count: total,
      oddCount: rows.filter(({ isOdd }) => isOdd).length,
      sessions: rows,
      apps: appRows(shown, { clients: known, resources: await clients.resources(), issuer, form }),
      ...(query.apps > 1 && { earlierApps: appsPath(query.apps - 1) }),
      ...(apps.length > APPS_A_PAGE && { laterApps: appsPath(query.apps + 1) }),
      ...(total > 1 && { elsewhere: form(ELSEWHERE_PATH) }),
      everywhere: form(EVERYWHERE_PATH),
      password: PASSWORD_PATH,
      passSeconds: lifetimes.accessTokenSeconds,
    });
  };

  async function clientsOf(ids: readonly string[]): Promise<ReadonlyMap<string, Client>> {
    const found = await Promise.all([...new Set(ids)].map((id) => clients.find(id)));
    return new Map(found.flatMap((client) => (client ? [[client.id, client]] : [])));
  }

  /** Anybody can write a link that says so; it is true only if the audit says so, too. */
  async function hasBeenDone(
    done: "ended" | "password" | undefined,
    { id }: Person,
    now: Date,
  ): Promise<typeof done> {
    if (done !== "password") return done;
    const since = secondsBefore(now, JUST_NOW_SECONDS);
    return (await audit.hasHappened("account.password-set", id, since)) ? done : undefined;
  }
};

const appsPath = (page: number) => `${ACCOUNT_PATH}?apps=${page}#apps`;
