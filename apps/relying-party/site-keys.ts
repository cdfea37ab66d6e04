// The provider's keys at one site: the copy that tokens are verified with, the report of what that copy holds,
// and the door at which the provider asks and warns. Signet's rotation stands on it; a plain provider has only
// the first, and nothing here misses the rest.
import { randomBytes } from "node:crypto";
import { join } from "node:path";
import type { Context } from "koa";
import type { Logger } from "pino";
import type { Clock } from "./clock.ts";
import { KeptKeys } from "./kept-keys.ts";
import { createKeyCache, type KeyCache } from "./key-cache.ts";
import { createKeyEventVerifier } from "./key-event-verifier.ts";
import { createKeyEvents } from "./key-events.ts";
import { createKeySightings } from "./key-sightings.ts";
import type { FetchLike } from "./outbound-fetch.ts";
import type { Provider } from "./provider.ts";
import type { Reachability } from "./reachability.ts";
import { stateFile } from "./state-file.ts";

export interface SiteKeys {
  keys: KeyCache;
  /** POST /key-events. */
  receive(ctx: Context): Promise<void>;
  start(): Promise<void>;
  /** Tells the provider that this instance no longer runs. Before the network is closed. */
  leave(): Promise<void>;
  stop(): Promise<void>;
}

export function createSiteKeys(options: {
  issuer: string;
  algorithms: readonly string[];
  provider: () => Pick<Provider, "known" | "metadata">;
  fetch: FetchLike;
  dataDirectory: string;
  reachability: Reachability;
  clock: Clock;
  logger: Logger;
  /** Told when other keys are held or refused than before. */
  changed: () => void;
}): SiteKeys {
  const { issuer, algorithms, provider, fetch, reachability, clock, logger } = options;
  const instance = randomBytes(12).toString("base64url");

  const keys = createKeyCache({
    issuer,
    algorithms,
    jwksUri: () => provider().metadata()?.jwks_uri,
    fetch,
    clock,
    file: stateFile(join(options.dataDirectory, "key-set.json"), KeptKeys),
    reachability,
    logger,
    changed() {
      options.changed();
      sightings.changed();
    },
  });
  const sightings = createKeySightings({
    instance,
    keys,
    provider: () => provider().known(),
    fetch,
    clock,
    logger,
  });
  const clientId = () => provider().known()?.credentials.clientId;
  const verify = createKeyEventVerifier({ issuer, clientId, algorithms, keys, clock });

  return {
    keys,
    receive: createKeyEvents({ instance, keys, verify, logger }),
    async start() {
      await keys.start();
      sightings.start();
    },
    leave: sightings.leave,
    async stop() {
      await Promise.all([keys.stop(), sightings.stop()]);
    },
  };
}
