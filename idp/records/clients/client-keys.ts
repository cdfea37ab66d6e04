// Where a client's public keys are: in its registration, or at its jwks_uri, of which a copy is kept. A copy
// serves for minutes, a key that is new is looked for at once, and the last good copy outlives failures.
import { LRUCache } from "lru-cache";
import type { Clock } from "../../../prisma/clock.ts";
import { type ClientKey, clientKeys as keysIn } from "../../protocol/client-key-set.ts";
import type { Client } from "./client.ts";

export interface ClientKeys {
  /** Empty for a client without any. */
  of(client: Client): Promise<readonly ClientKey[]>;
  /** After a signature by a key that is new; undefined when there can be nothing newer yet. */
  newer(client: Client): Promise<readonly ClientKey[] | undefined>;
}

export interface ClientKeysDeps {
  /** The document at an address, or undefined for any failure. Judges the address itself (security F2). */
  readonly fetchDocument: (uri: string) => Promise<string | undefined>;
  readonly clock: Clock;
}

interface Copy {
  keys: readonly ClientKey[];
  /** Of the last good answer. */
  fetchedAt: Date;
  triedAt: Date;
}

const FRESH_SECONDS = 600;
/** Whoever makes keys up makes us ask that often and no more. */
const PAUSE_SECONDS = 5;
/** A client that has taken a key away is not believed by an old copy for ever. */
const STALE_SECONDS = 86_400;
const REMEMBERED = 1_000;

export function clientKeys({ fetchDocument, clock }: ClientKeysDeps): ClientKeys {
  const copies = new LRUCache<string, Copy>({ max: REMEMBERED });
  const underWay = new Map<string, Promise<readonly ClientKey[]>>();
  const inline = new WeakMap<Client, readonly ClientKey[]>();

  const ageSeconds = (since: Date) => (clock.now().getTime() - since.getTime()) / 1000;

  async function refresh(uri: string): Promise<readonly ClientKey[]> {
    const triedAt = clock.now();
    const before = copies.get(uri) ?? { keys: [], fetchedAt: new Date(0), triedAt };
    copies.set(uri, { ...before, triedAt });
    const found = keysOf(await fetchDocument(uri));
    if (found) copies.set(uri, { keys: found, fetchedAt: triedAt, triedAt });
    return usable(copies.get(uri));
  }

  const usable = (copy: Copy | undefined) =>
    copy && ageSeconds(copy.fetchedAt) < STALE_SECONDS ? copy.keys : [];

  /** Those who ask meanwhile share the answer. */
  function refreshed(uri: string): Promise<readonly ClientKey[]> {
    const running = underWay.get(uri) ?? refresh(uri).finally(() => underWay.delete(uri));
    underWay.set(uri, running);
    return running;
  }

  function registered(client: Client): readonly ClientKey[] {
    const known = inline.get(client) ?? keysIn(client.jwks) ?? [];
    inline.set(client, known);
    return known;
  }

  const mayAsk = (copy: Copy | undefined) => !copy || ageSeconds(copy.triedAt) >= PAUSE_SECONDS;

  return {
    async of(client) {
      const { jwksUri: uri } = client;
      if (uri === undefined) return registered(client);
      const copy = copies.get(uri);
      if (copy && ageSeconds(copy.fetchedAt) < FRESH_SECONDS) return copy.keys;
      return mayAsk(copy) || underWay.has(uri) ? refreshed(uri) : usable(copy);
    },

    async newer({ jwksUri: uri }) {
      if (uri === undefined) return undefined;
      return mayAsk(copies.get(uri)) || underWay.has(uri) ? refreshed(uri) : undefined;
    },
  };
}

function keysOf(document: string | undefined): ClientKey[] | undefined {
  try {
    return document === undefined ? undefined : keysIn(JSON.parse(document));
  } catch {
    return undefined;
  }
}
