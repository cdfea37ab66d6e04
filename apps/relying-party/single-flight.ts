import { LRUCache } from "lru-cache";
import type { Clock } from "./clock.ts";

/**
 * Runs work once per key: callers at the same time share the run, and callers within `keepSeconds` after
 * a success share its answer. Failures are not kept.
 */
export function createSingleFlight<T extends object>(options: {
  clock: Clock;
  keepSeconds: number;
}) {
  const { clock, keepSeconds } = options;
  const running = new Map<string, Promise<T>>();
  const answers = new LRUCache<string, { answer: T; until: number }>({ max: 5000 });

  const run = async (key: string, work: () => Promise<T>) => {
    try {
      const answer = await Promise.resolve().then(work);
      answers.set(key, { answer, until: clock.now().getTime() + keepSeconds * 1000 });
      return answer;
    } finally {
      running.delete(key);
    }
  };
  return (key: string, work: () => Promise<T>): Promise<T> => {
    const kept = answers.get(key);
    if (kept && clock.now().getTime() < kept.until) return Promise.resolve(kept.answer);
    const shared = running.get(key) ?? run(key, work);
    running.set(key, shared);
    return shared;
  };
}
