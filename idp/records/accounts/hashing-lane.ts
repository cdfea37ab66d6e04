// A bounded lane for slow work. Hashing and signing share Node's thread pool: a signature waits 78 ms
// behind 16 queued hashes and under 1 ms behind two, so hashes queue here, and not there.

/** There is more to do than can be done soon: come back in a while. */
export class Overloaded extends Error {
  readonly retryAfterSeconds: number;
  constructor(retryAfterSeconds: number) {
    super("Too much to do at once");
    this.retryAfterSeconds = retryAfterSeconds;
  }
}

export interface LaneLimits {
  /** How many at the same time. */
  readonly concurrency: number;
  /** How many may wait. */
  readonly queue: number;
  /** How long one may wait. */
  readonly deadlineMs: number;
}

export interface HashingLane {
  /** @throws Overloaded before `work` began, when the queue is full or the wait was too long */
  run<T>(work: () => Promise<T>): Promise<T>;
  readonly inFlight: number;
  readonly waiting: number;
}

export function hashingLane({ concurrency, queue, deadlineMs }: LaneLimits): HashingLane {
  const waiting = new Set<() => void>();
  let inFlight = 0;
  const retryAfterSeconds = Math.max(1, Math.ceil(deadlineMs / 1000));

  /** Takes a place, at once or when one is handed on. */
  function enter(): Promise<void> {
    if (inFlight < concurrency) {
      inFlight += 1;
      return Promise.resolve();
    }
    if (waiting.size >= queue) return Promise.reject(new Overloaded(retryAfterSeconds));
    return new Promise((resolve, reject) => {
      const go = () => {
        clearTimeout(timer);
        resolve();
      };
      const timer = setTimeout(() => {
        waiting.delete(go);
        reject(new Overloaded(retryAfterSeconds));
      }, deadlineMs);
      waiting.add(go);
    });
  }

  /** Hands the place to whoever has waited longest. */
  function leave(): void {
    const [next] = waiting;
    if (next) {
      waiting.delete(next);
      next();
    } else {
      inFlight -= 1;
    }
  }

  return {
    get inFlight() {
      return inFlight;
    },
    get waiting() {
      return waiting.size;
    },
    async run(work) {
      await enter();
      try {
        return await work();
      } finally {
        leave();
      }
    },
  };
}
