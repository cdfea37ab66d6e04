// Lets expired rows go, a batch at a time, once a minute and sooner while there is more.
import type { Clock } from "../../../prisma/clock.ts";
import type { CleanUpStore } from "./clean-up-store.ts";

const EVERY_MS = 60_000;
const BATCH = 500;
/** Between two full batches, so that clearing a backlog never crowds out sign-ins. */
const BREATH_MS = 250;

export interface CleanUpDeps {
  readonly store: CleanUpStore;
  readonly clock: Clock;
  readonly logger: { warn(fields: object, message: string): void };
}

export interface CleanUp {
  start(): void;
  /** Resolves when a batch under way has ended. */
  stop(): Promise<void>;
}

export function cleanUp({ store, clock, logger }: CleanUpDeps): CleanUp {
  let timer: NodeJS.Timeout | undefined;
  let isStopped = true;
  let working: Promise<void> = Promise.resolve();

  async function round(): Promise<void> {
    let removed = 0;
    try {
      removed = await store.removeExpired(clock.now(), BATCH);
    } catch (error) {
      logger.warn({ error }, "expired rows stay for now");
    }
    if (!isStopped) schedule(removed >= BATCH ? BREATH_MS : EVERY_MS);
  }

  function schedule(delayMs: number): void {
    timer = setTimeout(() => {
      working = round();
    }, delayMs).unref();
  }

  return {
    start() {
      isStopped = false;
      schedule(EVERY_MS);
    },
    stop() {
      isStopped = true;
      clearTimeout(timer);
      return working;
    },
  };
}
