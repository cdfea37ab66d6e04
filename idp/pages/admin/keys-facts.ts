// Everything that the page about keys is made of, read at one time.
import type { KeyLifecycle, KeyView } from "../../../keys/key-lifecycle.ts";
import { type KeyReadiness, keyReadiness } from "../../../keys/key-readiness.ts";
import type { RevokeSigningKey } from "../../ending/revoke-signing-key.ts";
import { siteView } from "../../http/site-view.ts";
import type { SiteView } from "../../http/views.ts";
import type { RecordedEvent } from "../../records/audit/audit-event.ts";
import type { AuditStore } from "../../records/audit/audit-store.ts";
import type { Client } from "../../records/clients/client.ts";
import type { KeyProbeStore } from "../../records/key-probes/key-probe-store.ts";
import type { KeyRevocationRequest } from "../../records/key-revocations/key-revocation-request.ts";
import type { KeySightingStore } from "../../records/key-sightings/key-sighting-store.ts";
import { secondsBefore } from "../../records/lifetimes.ts";
import { accountNames, type FindsAccounts } from "./account-names.ts";
import { type AccountNames, KEY_EVENTS } from "./key-history.ts";
import { type ReadyModel, readyModel } from "./site-rows.ts";

export interface KeysFactsDeps {
  keys: Pick<KeyLifecycle, "list">;
  sightings: Pick<KeySightingStore, "sites">;
  keyProbes: Pick<KeyProbeStore, "latest">;
  revokeSigningKey: Pick<RevokeSigningKey, "open">;
  audit: Pick<AuditStore, "list">;
  accounts: FindsAccounts;
  clients: { find(id: string): Promise<Client | undefined> };
  config: {
    readonly signingAlgs: readonly string[];
    readonly keys: { readonly leadSeconds: number; readonly changesPerDay: number };
  };
}

export interface KeysFacts {
  readonly keys: readonly KeyView[];
  readonly readiness: KeyReadiness;
  readonly ready: ReadyModel;
  /** What waits for a second person. */
  readonly requests: readonly KeyRevocationRequest[];
  /** The newest first. */
  readonly events: readonly RecordedEvent[];
  /** When people rotated or threw out within the last 24 hours, the newest first. */
  readonly changesToday: readonly Date[];
  /** Of everybody who is named in the events and the requests. */
  readonly names: AccountNames;
}

const ONE_DAY_SECONDS = 86_400;
const EVENTS = 50;

export async function keysFacts(deps: KeysFactsDeps, now: Date): Promise<KeysFacts> {
  const { leadSeconds } = deps.config.keys;
  const [keys, sites, requests, events, changesToday] = await Promise.all([
    deps.keys.list(),
    deps.sightings.sites(secondsBefore(now, leadSeconds), now),
    deps.revokeSigningKey.open(),
    deps.audit.list({ limit: EVENTS, kind: KEY_EVENTS }),
    findChanges(deps, secondsBefore(now, ONE_DAY_SECONDS)),
  ]);
  const pending = keys.filter(({ state }) => state === "pending").map(({ kid }) => kid);
  const actors = [...events, ...requests].map((one) =>
    "actor" in one ? one.actor : one.requestedBy,
  );
  const [probes, names] = await Promise.all([
    deps.keyProbes.latest(pending),
    accountNames(deps.accounts, actors),
  ]);
  const readiness = keyReadiness({ keys, algs: deps.config.signingAlgs, sites, probes, now });
  const ready = await readyModel(readiness, viewOf(deps), leadSeconds);
  return { keys, readiness, ready, requests, events, changesToday, names };
}

/** What counts towards the day's limit: whoever asked, and not the schedule. */
async function findChanges({ audit, config }: KeysFactsDeps, since: Date): Promise<Date[]> {
  const events = await audit.list({
    limit: 2 * config.keys.changesPerDay + 100,
    kind: ["keys.rotated", "keys.revoked"],
  });
  return events.filter(({ at, actor }) => actor !== "system" && at > since).map(({ at }) => at);
}

const viewOf =
  ({ clients }: KeysFactsDeps) =>
  async ({ clientId, name }: { clientId: string; name: string }): Promise<SiteView> => {
    const client = await clients.find(clientId);
    return client ? siteView(client) : { name, host: clientId };
  };
