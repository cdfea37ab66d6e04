// Clients and resources from memory, since every request asks for one. A replica learns within a
// second that another has changed them; what must hold at once (a disabled client) is in the WHERE
// of the statements that issue, not here.
import { LRUCache } from "lru-cache";
import type { Client, Resource } from "./client.ts";
import type { ClientStore } from "./client-store.ts";

const POLL_MS = 1_000;
/** Bounds both what we know and what strangers make us look up in vain. */
const REMEMBERED_CLIENTS = 10_000;
const REMEMBERED_STRANGERS = 1_000;

export interface ClientDirectoryDeps {
  readonly clients: Pick<ClientStore, "find" | "listResources" | "directoryVersion">;
}

export interface ClientDirectory {
  /** Also finds a disabled client: see `disabledAt`. */
  find(id: string): Promise<Client | undefined>;
  resource(identifier: string): Promise<Resource | undefined>;
  resources(): Promise<readonly Resource[]>;
  /** Forgets everything when another process has changed something. */
  refresh(): Promise<void>;
  /** After a change of our own, which should be seen at once. */
  forget(): void;
  start(): void;
  stop(): void;
}

export function clientDirectory({ clients }: ClientDirectoryDeps): ClientDirectory {
  const known = new LRUCache<string, Client>({ max: REMEMBERED_CLIENTS });
  const strangers = new LRUCache<string, true>({ max: REMEMBERED_STRANGERS });
  let resources: Promise<readonly Resource[]> | undefined;
  let version: number | undefined;
  // Rises with each forgetting, so that an answer which was under way then is not remembered.
  let epoch = 0;
  let timer: NodeJS.Timeout | undefined;

  function forget() {
    epoch += 1;
    known.clear();
    strangers.clear();
    resources = undefined;
  }

  async function find(id: string): Promise<Client | undefined> {
    const remembered = known.get(id);
    if (remembered || strangers.has(id)) return remembered;
    const askedIn = epoch;
    const client = await clients.find(id);
    if (askedIn === epoch) {
      if (client) known.set(id, client);
      else strangers.set(id, true);
    }
    return client;
  }

  function allResources(): Promise<readonly Resource[]> {
    if (resources) return resources;
    const asked = clients.listResources();
    resources = asked;
    // A failed answer is not kept: the next caller asks again.
    asked.catch(() => {
      if (resources === asked) resources = undefined;
    });
    return asked;
  }

  async function refresh(): Promise<void> {
    const current = await clients.directoryVersion();
    if (version !== undefined && current !== version) forget();
    version = current;
  }

  return {
    find,
    resources: allResources,
    async resource(identifier) {
      return (await allResources()).find((resource) => resource.identifier === identifier);
    },
    refresh,
    forget,
    start() {
      // What the database cannot tell now, the next second will; meanwhile the copy serves.
      timer ??= setInterval(() => void refresh().catch(() => {}), POLL_MS).unref();
    },
    stop() {
      clearInterval(timer);
      timer = undefined;
    },
  };
}
