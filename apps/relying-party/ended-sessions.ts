import { z } from "zod";
import { type Clock, numericDate } from "./clock.ts";
import { ABSOLUTE_SECONDS } from "./site-session.ts";
import type { StateFile } from "./state-file.ts";

/**
 * The site sessions that have ended before their time. A sealed cookie cannot be called back, so whoever
 * kept a copy is refused by this list. Where several instances share a site, they share one of these.
 */
export interface EndedSessions {
  has(sessionId: string): boolean | Promise<boolean>;
  /** Resolves when the end will be remembered by whoever is asked from now on. */
  add(sessionId: string): Promise<void>;
  start(): Promise<void>;
}

/** Ended session ids, each with the time (seconds) after which no copy of its cookie could count. */
export const KeptEndedSessions = z.record(z.string(), z.number());
type KeptEndedSessions = z.infer<typeof KeptEndedSessions>;

const MOST = 50_000;

/** Kept in memory, and in a file for the next start. */
export function createEndedSessions(options: {
  clock: Clock;
  file: StateFile<KeptEndedSessions>;
}): EndedSessions {
  const { clock, file } = options;
  const ended = new Map<string, number>();

  const forgetOld = () => {
    const now = numericDate(clock.now());
    for (const [id, until] of ended) {
      // Insertion order is the order of ending: the first that still counts ends the search.
      if (until > now && ended.size <= MOST) break;
      ended.delete(id);
    }
  };

  return {
    has: (sessionId) => ended.has(sessionId),
    async add(sessionId) {
      ended.set(sessionId, numericDate(clock.now()) + ABSOLUTE_SECONDS);
      forgetOld();
      await file.write(Object.fromEntries(ended));
    },
    async start() {
      const kept = Object.entries((await file.read()) ?? {});
      for (const [id, until] of kept.sort(([, one], [, other]) => one - other))
        ended.set(id, until);
      forgetOld();
    },
  };
}
