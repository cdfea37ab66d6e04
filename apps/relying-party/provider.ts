// The identity provider as this site knows it: its metadata and our credentials there. Kept in DATA_DIR, so that a
// restart during an outage still knows whom to trust; fetched with patience, so that a site may start first.
import type { Logger } from "pino";
import { type ClientCredentials, readClientCredentials } from "./client-credentials.ts";
import type { ClientKey } from "./client-key.ts";
import type { FetchLike } from "./outbound-fetch.ts";
import { discoverProvider, type ProviderMetadata } from "./provider-metadata.ts";
import type { Reachability } from "./reachability.ts";
import type { ClientSource } from "./site-config.ts";
import type { StateFile } from "./state-file.ts";

export interface KnownProvider {
  metadata: ProviderMetadata;
  credentials: ClientCredentials;
}

export interface Provider {
  /** Undefined until discovery has succeeded once, now or in an earlier process, and credentials exist. */
  known(): KnownProvider | undefined;
  metadata(): ProviderMetadata | undefined;
  /** One round of discovery; concurrent callers share it. Tells whether the provider answered as itself. */
  refresh(): Promise<boolean>;
  start(): Promise<void>;
  /** Resolves when nothing is being fetched or written any more. */
  stop(): Promise<void>;
}

const FIRST_RETRY_SECONDS = 0.25;
/** Small, so that a site is never late by more than a tenth of the time it has waited. */
const RETRY_GROWTH = 1.1;
const MOST_RETRY_SECONDS = 30;
const REFRESH_SECONDS = 3600;

export function createProvider(options: {
  issuer: string;
  client: ClientSource;
  ownKey: () => ClientKey;
  fetch: FetchLike;
  file: StateFile<ProviderMetadata>;
  reachability: Reachability;
  logger: Logger;
  /** Told after each discovery. */
  discovered: () => void;
}): Provider {
  const { issuer, client, fetch, file, reachability, logger } = options;
  let metadata: ProviderMetadata | undefined;
  let credentials: ClientCredentials | undefined;
  let inFlight: Promise<boolean> | undefined;
  let timer: NodeJS.Timeout | undefined;
  let stopped = false;
  let failures = 0;

  const discover = async () => {
    try {
      metadata = await discoverProvider(issuer, fetch);
      reachability.answered();
      options.discovered();
    } catch (error) {
      reachability.failed();
      logger.warn({ err: error, issuer }, "the identity provider does not answer yet");
      return false;
    }
    await file
      .write(metadata)
      .catch((error: unknown) => logger.warn({ err: error }, "could not keep the metadata"));
    return true;
  };
  const readCredentials = async () => {
    credentials = (await readClientCredentials(client, options.ownKey)) ?? credentials;
    if (!credentials) logger.warn({ client }, "waiting for this site's client credentials");
    return credentials !== undefined;
  };
  const round = async () => {
    const [discovered, hasCredentials] = await Promise.all([discover(), readCredentials()]);
    return discovered && hasCredentials;
  };
  const refresh = () => {
    inFlight ??= round().finally(() => {
      inFlight = undefined;
    });
    return inFlight;
  };
  /** Growing pauses until it worked, then once an hour. */
  const keepTrying = async () => {
    failures = (await refresh()) ? 0 : failures + 1;
    const pause =
      failures === 0
        ? REFRESH_SECONDS
        : Math.min(FIRST_RETRY_SECONDS * RETRY_GROWTH ** (failures - 1), MOST_RETRY_SECONDS);
    if (!stopped) timer = setTimeout(() => void keepTrying(), pause * 1000).unref();
  };

  return {
    known: () => (metadata && credentials ? { metadata, credentials } : undefined),
    metadata: () => metadata,
    refresh,
    async start() {
      const kept = await file.read();
      if (kept?.issuer === issuer) metadata = kept;
      await readCredentials();
      void keepTrying();
    },
    async stop() {
      stopped = true;
      clearTimeout(timer);
      await inFlight;
    },
  };
}
