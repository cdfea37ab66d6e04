import type { Context } from "koa";
import type { Logger } from "pino";
import type { Clock } from "./clock.ts";
import type { KeyCache } from "./key-cache.ts";
import { reportPass } from "./pass-report.ts";
import type { CsrfTokens } from "./request-origin.ts";
import { allowFormAction } from "./security-headers.ts";
import type { SessionCookie } from "./session-cookie.ts";
import type { KeepCurrent, SessionState } from "./session-renewal.ts";
import type { BeginSignIn } from "./sign-in.ts";
import { mustWait, signInNeeded, signInNotPossible } from "./site-problem.ts";
import { needsTouch, personOf, type SiteSession } from "./site-session.ts";
import { TokenStatusUnavailable } from "./token-status.ts";
import type { SiteMiddleware } from "./visit.ts";

/**
 * For pages: lets a signed-in person through with a renewed session, and sends everyone else to sign in and back.
 * Verification is offline; only a renewal that is due asks the provider. A strict page, one that does something
 * that cannot be undone, needs a current word that access has not been taken back, and waits while there is none.
 */
export function createRequireSession(options: {
  sessions: SessionCookie;
  keepCurrent: KeepCurrent;
  beginSignIn: BeginSignIn;
  keys: KeyCache;
  csrf: CsrfTokens;
  issuer: string;
  clock: Clock;
  logger: Logger;
}) {
  const { sessions, keepCurrent, beginSignIn, keys, csrf, clock, logger } = options;

  const signIn = (ctx: Context) => {
    if (!isNavigation(ctx)) throw signInNeeded();
    return beginSignIn(ctx, ctx.originalUrl);
  };
  const admit = async (
    ctx: Parameters<SiteMiddleware>[0],
    before: SiteSession,
    state: SessionState & { kind: "current" },
  ) => {
    const { session, access, outage } = state;
    if (session !== before || needsTouch(session, clock.now())) await sessions.write(ctx, session);
    ctx.state.signedIn = personOf(session);
    ctx.state.pass = reportPass(session.accessToken, access, keys.fetchedAt() ?? access.verifiedAt);
    ctx.state.sessionId = session.id;
    ctx.state.csrfToken = csrf.tokenFor(session.id);
    if (outage) ctx.state.outage = outage;
    // Signing out goes on to the provider, and a page's form-action covers the whole chain of redirects.
    allowFormAction(ctx, new URL(options.issuer).origin);
  };

  return ({ strict = false }: { strict?: boolean } = {}): SiteMiddleware =>
    async (ctx, next) => {
      const session = await sessions.read(ctx);
      if (!session) return signIn(ctx);
      const state = await keepCurrent(session, { strict });
      if (state.kind === "unavailable") throw problemOf(state.reason);
      if (state.kind === "ended") {
        logger.info({ err: state.reason }, "site session ended");
        await sessions.end(ctx, session);
        return signIn(ctx);
      }
      // Asking the provider takes its time, in which a logout token may have been answered.
      if (await sessions.hasEnded(session)) return signIn(ctx);
      await admit(ctx, session, state);
      return next();
    };
}

const problemOf = (reason: unknown) =>
  reason instanceof TokenStatusUnavailable ? mustWait(reason) : signInNotPossible(reason);

/** Whether a redirect to a sign-in page makes sense: not for a form's POST, an image or a script's request. */
function isNavigation(ctx: Context): boolean {
  const destination = ctx.get("sec-fetch-dest");
  return (
    (ctx.method === "GET" || ctx.method === "HEAD") && (!destination || destination === "document")
  );
}
