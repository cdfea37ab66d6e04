import { permissions } from "../../http/permissions.ts";
import { siteView } from "../../http/site-view.ts";
import type { Client, Resource } from "../../records/clients/client.ts";
import type { ConnectedApp } from "../../records/grants/connected-app-store.ts";
import type { AccountForm, AppRow } from "./account-model.ts";
import { takeBackPath } from "./account-paths.ts";

export interface AppWords {
  readonly clients: ReadonlyMap<string, Client>;
  readonly resources: readonly Resource[];
  readonly form: (to: string) => AccountForm;
}

/** The person's connected apps, each with what it may do in the words in which it was asked for. */
export function appRows(
  apps: readonly ConnectedApp[],
  { clients, resources, form }: AppWords,
): AppRow[] {
  return apps.flatMap((app): AppRow[] => {
    const client = clients.get(app.clientId);
    if (!client) return [];
    const named = resources.filter(({ identifier }) => app.resources.includes(identifier));
    const { since, lastUsedAt, isLive, offlineUntil } = app;
    return [
      {
        site: siteView(client),
        isOwn: client.firstParty,
        may: permissions(app.scopes, named).may,
        since,
        lastUsedAt,
        isLive,
        offlineUntil,
        takeBack: form(takeBackPath(client.id)),
      },
    ];
  });
}
