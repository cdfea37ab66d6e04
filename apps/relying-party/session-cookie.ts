import type { Context } from "koa";
import { type Clock, numericDate } from "./clock.ts";
import type { EndedSessions } from "./ended-sessions.ts";
import type { Seal } from "./seal.ts";
import { CookieTooLarge, type SiteCookies } from "./site-cookies.ts";
import { isLive, SiteSession } from "./site-session.ts";

const NAME = "session";

/** The site session, sealed into one cookie. */
export interface SessionCookie {
  /** The live session of this browser; undefined when there is none, or it has ended, or the cookie is garbage. */
  read(ctx: Context): Promise<SiteSession | undefined>;
  /** Seals the session as seen now. */
  write(ctx: Context, session: SiteSession): Promise<void>;
  /** Whether a session has ended before its time, by whichever of its names. */
  hasEnded(session: SiteSession): Promise<boolean>;
  /** Ends the session here: the cookie goes, and a copy of it is refused from now on. */
  end(ctx: Context, session: SiteSession): Promise<void>;
}

export function createSessionCookie(options: {
  cookies: SiteCookies;
  seal: Seal;
  ended: EndedSessions;
  clock: Clock;
}): SessionCookie {
  const { cookies, seal, ended, clock } = options;
  const hasEnded = async (session: SiteSession) => ended.has(session);
  return {
    hasEnded,
    async read(ctx) {
      const sealed = cookies.read(ctx, NAME);
      if (!sealed) return undefined;
      const session = SiteSession.safeParse(await seal.open(sealed)).data;
      if (!session || !isLive(session, clock.now())) return undefined;
      return (await hasEnded(session)) ? undefined : session;
    },
    async write(ctx, session) {
      const seen = { ...session, seenAt: numericDate(clock.now()) };
      try {
        cookies.set(ctx, NAME, await seal.seal(seen));
      } catch (error) {
        if (!(error instanceof CookieTooLarge)) throw error;
        // Without the hint sign-out asks one question more; without a cookie there is no session at all.
        const { idToken: _, ...smaller } = seen;
        cookies.set(ctx, NAME, await seal.seal(smaller));
      }
    },
    async end(ctx, session) {
      cookies.clear(ctx, NAME);
      await ended.add({ kind: "session", id: session.id });
    },
  };
}
