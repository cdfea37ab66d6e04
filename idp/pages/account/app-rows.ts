import { permissions } from "../../http/permissions.ts";
import { openingAddress, siteView } from "../../http/site-view.ts";
import type { Client, Resource } from "../../records/clients/client.ts";
import type { ConnectedApp } from "../../records/grants/connected-app-store.ts";
import type { AccountForm, AppRow } from "./account-model.ts";
import { takeBackPath } from "./account-paths.ts";

export interface AppWords {
  readonly clients: ReadonlyMap<string, Client>;
  readonly resources: readonly Resource[];
  readonly issuer: string;
  readonly form: (to: string) => AccountForm;
}

/** In the order in which a person would ask. `offline_access` is told with its date. */
const OF_THE_PERSON = ["openid", "profile", "email", "phone", "address"];

/** The person's connected apps, each with what it may do in the words in which it was asked for. */
export function appRows(
  apps: readonly ConnectedApp[],
  { clients, resources, issuer, form }: AppWords,
): AppRow[] {
  return apps.flatMap((app): AppRow[] => {
    const client = clients.get(app.clientId);
    if (!client) return [];
    const named = resources.filter(({ identifier }) => app.resources.includes(identifier));
    const { since, lastUsedAt, isLive, offlineUntil } = app;
    const ofThePerson = OF_THE_PERSON.filter((scope) => app.scopes.includes(scope));
    const others = app.scopes.filter(
      (scope) => scope !== "offline_access" && !ofThePerson.includes(scope),
    );
    return [
      {
        site: siteView(client),
        open: openingAddress(client, issuer),
        isOwn: client.firstParty,
        may: inOneSentence(permissions(ofThePerson, []).may),
        mayUse: inOneSentence(permissions(others, named).may),
        since,
        lastUsedAt,
        isLive,
        offlineUntil,
        takeBack: form(takeBackPath(client.id)),
      },
    ];
  });
}

const inOneSentence = (clauses: readonly string[]): string =>
  clauses
    .map((clause, index) =>
      index === 0 ? clause : clause.charAt(0).toLocaleLowerCase("en") + clause.slice(1),
    )
    .join("; ");
