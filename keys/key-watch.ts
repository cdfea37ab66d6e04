// When a replica looks at the key set: at its own pace, and at once when the database says that it changed.
import type { Database, Listening } from "../prisma/database.ts";

/** The database announces every change of the key set on it. */
const CHANNEL = "key_set";

export interface KeyWatch {
  start(): void;
  /** Resolves when nothing is under way any more. */
  stop(): Promise<void>;
}

export function keyWatch(deps: {
  /** Given where there may be other replicas, whose changes are to be heard of. */
  readonly database: Database | undefined;
  readonly pollSeconds: number;
  /** Never throws. */
  readonly look: () => Promise<void>;
  /** What there is time for after a look that nothing called for. */
  readonly afterwards: () => void;
}): KeyWatch {
  const { database, pollSeconds, look, afterwards } = deps;
  let timer: NodeJS.Timeout | undefined;
  let looking: Promise<void> | undefined;
  let listening: Listening | undefined;
  let hearing: Promise<void> | undefined;

  /** Never twice at the same distance: replicas that started together drift apart. */
  function lookAfterAWhile(): void {
    const seconds = pollSeconds * (0.8 + 0.2 * Math.random());
    timer = setTimeout(() => {
      looking = look().finally(() => {
        if (timer === undefined) return;
        afterwards();
        lookAfterAWhile();
      });
    }, seconds * 1000).unref();
  }

  /** Twice, since what is under way may have been asked before the change. */
  function heard(): void {
    hearing = look().then(look);
  }

  return {
    start() {
      listening = database?.listen(CHANNEL, heard);
      lookAfterAWhile();
    },
    async stop() {
      clearTimeout(timer);
      timer = undefined;
      await listening?.stop();
      await Promise.all([looking, hearing]);
    },
  };
}
