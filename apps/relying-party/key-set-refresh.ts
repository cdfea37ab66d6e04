// When a site asks the provider for the key set: in the background, for a token by a key that is new to it,
// and out of turn after a notice. One request at a time, at the pace that fetch-pace.ts allows.
import type { Clock } from "./clock.ts";
import { createFetchPace } from "./fetch-pace.ts";

export interface KeySetRefresh {
  /** If the pace allows; concurrent callers share one request. */
  now(): Promise<void>;
  /** The same; where the pace does not allow it, out of turn, but so at most once in 30 seconds. */
  urgently(): Promise<void>;
  /** Whatever the pace says, but so at most once in 5 seconds. */
  outOfTurn(): Promise<void>;
  /** If the copy in hand has become too old. Does not wait. */
  ifDue(): void;
  /** Asks by itself whenever it is due. */
  start(): void;
  /** Resolves when nothing is under way any more. */
  stop(): Promise<void>;
}

const POLL_MILLISECONDS = 500;

export function createKeySetRefresh(options: {
  clock: Clock;
  /** What the site has, by the provider's word on how long it may be kept. */
  copy(): "none" | "fresh" | "old";
  /** Asks the provider. Never throws; undefined when it is not known yet where to ask. */
  ask(): Promise<"good" | "bad"> | undefined;
}): KeySetRefresh {
  const { clock, copy, ask } = options;
  const pace = createFetchPace({ clock });
  let inFlight: Promise<void> | undefined;
  let timer: NodeJS.Timeout | undefined;

  const isDue = () => {
    const has = copy();
    return has === "none" ? pace.allowsFirst() : has === "old" && pace.allowsDue();
  };
  const askOnce = async () => {
    const asking = ask();
    if (!asking) return;
    pace.began();
    pace.ended(await asking);
  };
  const askShared = () => {
    inFlight ??= askOnce().finally(() => {
      inFlight = undefined;
    });
    return inFlight;
  };
  const askAfresh = async () => {
    // What is under way may have been asked for before there was news.
    await inFlight;
    await askShared();
  };
  const now = async () => {
    if (inFlight || pace.allows()) await askShared();
  };
  const ifDue = () => {
    if (!inFlight && isDue()) void askShared();
  };

  return {
    now,
    async urgently() {
      if (pace.allows() || !pace.takeUrgent()) await now();
      else await askAfresh();
    },
    async outOfTurn() {
      if (pace.takeExtra()) await askAfresh();
    },
    ifDue,
    start() {
      timer = setInterval(ifDue, POLL_MILLISECONDS).unref();
    },
    async stop() {
      clearInterval(timer);
      await inFlight;
    },
  };
}
