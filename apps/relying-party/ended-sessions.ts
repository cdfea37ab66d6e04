import { z } from "zod";
import { type Clock, numericDate } from "./clock.ts";
import { ABSOLUTE_SECONDS, type SiteSession } from "./site-session.ts";
import type { StateFile } from "./state-file.ts";

/** What ended: one session here, all that hang on one session at the provider, or all of a person up to a time. */
export type SessionEnd =
  | { kind: "session"; id: string }
  | { kind: "sid"; sid: string }
  | { kind: "subject"; subject: string; before: Date };

/**
 * The site sessions that have ended before their time. A sealed cookie cannot be called back, so whoever
 * kept a copy is refused by this list. Where several instances share a site, they share one of these.
 */
export interface EndedSessions {
  has(session: SiteSession): boolean | Promise<boolean>;
  /** Resolves when the end will be remembered by whoever is asked from now on. */
  add(end: SessionEnd): Promise<void>;
  start(): Promise<void>;
}

/** Until when it has to be remembered, and for a person, which sessions are meant; in seconds. */
const Ended = z.object({ until: z.number(), before: z.number().exactOptional() });
type Ended = z.infer<typeof Ended>;

/** By "session …", "sid …" or "subject …". Earlier versions wrote a session's bare id and the time alone. */
export const KeptEndedSessions = z.record(z.string(), z.union([Ended, z.number()]));
type KeptEndedSessions = z.infer<typeof KeptEndedSessions>;

/** A site with more ends in half a day brings a store of its own; here the oldest go. */
const MOST = 50_000;
/** No session lives longer; the rest is for two clocks that differ. */
const REMEMBERED_SECONDS = ABSOLUTE_SECONDS + 600;

/** Kept in memory, and in a file for the next start. */
export function createEndedSessions(options: {
  clock: Clock;
  file: StateFile<KeptEndedSessions>;
}): EndedSessions {
  const { clock, file } = options;
  const ended = new Map<string, Ended>();

  const forgetOld = () => {
    const now = numericDate(clock.now());
    for (const [name, { until }] of ended) {
      // Insertion order is the order of ending: the first that still counts ends the search.
      if (until > now && ended.size <= MOST) break;
      ended.delete(name);
    }
  };
  const remember = (name: string, end: Ended) => {
    // Logout tokens may arrive in another order than they were made in.
    const before = Math.max(end.before ?? 0, ended.get(name)?.before ?? 0);
    ended.delete(name);
    ended.set(name, { ...end, ...(before > 0 && { before }) });
  };

  return {
    has({ id, person }) {
      const { sid, subject, toldAt, authenticatedAt } = person;
      const before = ended.get(`subject ${subject}`)?.before;
      return (
        ended.has(`session ${id}`) ||
        (sid !== undefined && ended.has(`sid ${sid}`)) ||
        (before !== undefined && (toldAt ?? authenticatedAt) <= before)
      );
    },
    async add(end) {
      const until = numericDate(clock.now()) + REMEMBERED_SECONDS;
      if (end.kind === "session") remember(`session ${end.id}`, { until });
      if (end.kind === "sid") remember(`sid ${end.sid}`, { until });
      if (end.kind === "subject") {
        remember(`subject ${end.subject}`, { until, before: numericDate(end.before) });
      }
      forgetOld();
      await file.write(Object.fromEntries(ended));
    },
    async start() {
      const kept = Object.entries((await file.read()) ?? {}).map(([name, end]) =>
        typeof end === "number" ? { name: `session ${name}`, end: { until: end } } : { name, end },
      );
      kept.sort((one, other) => one.end.until - other.end.until);
      for (const { name, end } of kept) remember(name, end);
      forgetOld();
    },
  };
}
