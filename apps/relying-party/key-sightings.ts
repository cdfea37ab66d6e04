// Tells the provider which of its keys this instance holds, so that a rotation waits for no one who is ready, and
// for everyone who is not. The answer says which keys are revoked: a site that no notice reached learns it here.
// Nothing waits for a report, and one that fails is only told again later.
import { performance } from "node:perf_hooks";
import type { Logger } from "pino";
import { z } from "zod";
import { type Clock, hasPassed } from "./clock.ts";
import type { DistrustedKey } from "./distrusted-keys.ts";
import { parseJson } from "./json.ts";
import type { KeyCache } from "./key-cache.ts";
import { Kid } from "./key-set.ts";
import { boundedFetch, type FetchLike, type OutboundRequest } from "./outbound-fetch.ts";
import type { KnownProvider } from "./provider.ts";

/** What the provider takes in one report. */
const MOST_REFUSED = 20;
const FIRST_RETRY_SECONDS = 5;
const MOST_RETRY_SECONDS = 60;
/** An answer neither makes us silent for hours nor lets us talk all the time. */
const LEAST_HEARTBEAT_SECONDS = 10;
const MOST_HEARTBEAT_SECONDS = 600;
const POLL_MILLISECONDS = 500;
/** Whoever could make keys change without end would still not make us report without pause. */
const REST_MILLISECONDS = 500;
/** Whoever wants to stop does not wait long for somebody who may be away. */
const FAREWELL_MILLISECONDS = 1000;

const Answer = z.object({
  /** Seconds until the provider forgets what was reported. */
  expires_in: z.number().positive(),
  revoked: z.array(Kid),
});

export interface KeySightings {
  /** Reports soon if there is something new, whatever the back-off says; never throws. */
  changed(): void;
  start(): void;
  /** Reports no more, and says so, lest a rotation wait for an instance that is gone. Never throws. */
  leave(): Promise<void>;
  /** Resolves when nothing is being sent or written any more. */
  stop(): Promise<void>;
}

export function createKeySightings(options: {
  /** Drawn by this process when it started: what one instance holds says nothing of another. */
  instance: string;
  keys: Pick<KeyCache, "kids" | "distrusted" | "settle">;
  provider: () => KnownProvider | undefined;
  fetch: FetchLike;
  clock: Clock;
  logger: Logger;
}): KeySightings {
  const { instance, keys, clock, logger } = options;
  const fetch = boundedFetch(options.fetch, { maxBytes: 64 * 1024, deadlineMilliseconds: 3000 });
  const farewell = boundedFetch(options.fetch, {
    maxBytes: 1024,
    deadlineMilliseconds: FAREWELL_MILLISECONDS,
  });
  const stopping = new AbortController();
  let reported: string | undefined;
  let reportedAt: Date | undefined;
  let failedAt: Date | undefined;
  let failures = 0;
  let heartbeatSeconds = LEAST_HEARTBEAT_SECONDS;
  let inFlight: Promise<void> | undefined;
  /** What was sent may have arrived, whether or not we heard so. */
  let mayBeKnown = false;
  let restsUntil = 0;
  let timer: NodeJS.Timeout | undefined;

  const isDue = () => {
    if (failures === 0) return isNews() || hasPassed(clock, heartbeatSeconds, reportedAt);
    const pause = Math.min(FIRST_RETRY_SECONDS * 2 ** (failures - 1), MOST_RETRY_SECONDS);
    return hasPassed(clock, pause, failedAt);
  };
  const isNews = () => JSON.stringify(stateOf(keys)) !== reported;

  const requestWith = async (
    { credentials, metadata }: KnownProvider,
    body: object,
  ): Promise<OutboundRequest> => {
    const { headers, parameters } = await credentials.proof(metadata.issuer);
    return {
      method: "POST",
      headers: { ...headers, "content-type": "application/json", accept: "application/json" },
      body: JSON.stringify({ instance, ...body, ...parameters }),
    };
  };
  const send = async (endpoint: string, known: KnownProvider) => {
    const state = stateOf(keys);
    // The provider counts from when it hears this, which is no earlier.
    const sentAt = clock.now();
    // Asked for now: what is suspected only later, this answer cannot confirm.
    const asked = keys.distrusted().flatMap(({ kid, confirmed }) => (confirmed ? [] : [kid]));
    const answer = await fetch(endpoint, {
      ...(await requestWith(known, state)),
      signal: stopping.signal,
    });
    if (answer.status !== 200) throw new Error(`the provider answered ${answer.status}`);
    const { expires_in, revoked } = Answer.parse(parseJson(await answer.text()));
    const third = Math.max(expires_in / 3, LEAST_HEARTBEAT_SECONDS);
    heartbeatSeconds = Math.min(third, MOST_HEARTBEAT_SECONDS);
    reported = JSON.stringify(state);
    reportedAt = sentAt;
    failures = 0;
    await keys.settle({ revoked, asked });
  };
  const report = async (endpoint: string, known: KnownProvider) => {
    try {
      await send(endpoint, known);
    } catch (error) {
      failures += 1;
      failedAt = clock.now();
      if (!stopping.signal.aborted) logger.warn({ err: error }, "key sighting not reported");
    }
  };
  const attempt = () => {
    const known = options.provider();
    const endpoint = known && endpointOf(known);
    const isQuiet = inFlight !== undefined || performance.now() < restsUntil;
    if (!endpoint || isQuiet || stopping.signal.aborted || isEmpty(stateOf(keys))) return;
    mayBeKnown = true;
    inFlight = report(endpoint, known).finally(() => {
      inFlight = undefined;
      restsUntil = performance.now() + REST_MILLISECONDS;
    });
  };

  const stop = async () => {
    clearInterval(timer);
    stopping.abort();
    await inFlight;
  };

  return {
    changed() {
      if (isNews()) attempt();
    },
    start() {
      timer = setInterval(() => {
        if (isDue()) attempt();
      }, POLL_MILLISECONDS).unref();
    },
    async leave() {
      await stop();
      const known = options.provider();
      const endpoint = known && endpointOf(known);
      if (!endpoint || !mayBeKnown) return;
      const goodbye = await requestWith(known, { kids: [], leaving: true });
      await farewell(endpoint, goodbye).catch((error: unknown) =>
        logger.info({ err: error }, "left without saying so"),
      );
    },
    stop,
  };
}

/** What there is to tell, in the words of the report. */
function stateOf(keys: Pick<KeyCache, "kids" | "distrusted">) {
  const refused = newestFirst(keys.distrusted())
    .filter(({ kid }) => isTellable(kid))
    .slice(0, MOST_REFUSED)
    .map(({ kid, at }) => ({ kid, at: at.toISOString() }));
  return { kids: keys.kids().filter(isTellable), ...(refused.length > 0 && { refused }) };
}

/** One odd name, put into a notice by whoever stole a key, must not make the whole report unacceptable. */
const isTellable = (kid: string) => /^[\x21-\x7e]{1,128}$/.test(kid);

const newestFirst = (keys: readonly DistrustedKey[]) =>
  [...keys].sort((a, b) => b.at.getTime() - a.at.getTime());

const isEmpty = ({ kids, refused }: ReturnType<typeof stateOf>) => kids.length === 0 && !refused;

/** Undefined for a provider that asks for no reports, or wants our secret over a line less safe than its own. */
function endpointOf({ metadata }: KnownProvider): string | undefined {
  const endpoint = metadata.signet_key_sightings_endpoint;
  const isDowngrade = endpoint?.startsWith("http:") && !metadata.issuer.startsWith("http:");
  return isDowngrade ? undefined : endpoint;
}
