import { createHash } from "node:crypto";
import type { Context } from "koa";
import { AuthorizationResponseError } from "openid-client";
import type { AccessTokenVerifier } from "./access-token-verifier.ts";
import type { AuthorizationServer } from "./authorization-server.ts";
import type { Clock } from "./clock.ts";
import type { VerifyIdToken } from "./id-token-verifier.ts";
import { KeysUnavailable } from "./key-cache.ts";
import { Unreachable } from "./outbound-fetch.ts";
import type { SessionCookie } from "./session-cookie.ts";
import type { SignIn, SignInCookie } from "./sign-in-cookie.ts";
import { createSingleFlight } from "./single-flight.ts";
import {
  type SiteProblem,
  signInNotCompleted,
  signInNotPossible,
  signInRefused,
  signInUnknown,
} from "./site-problem.ts";
import { beginSession, type SiteSession } from "./site-session.ts";

/** A browser that asks twice must not redeem the code twice: that would revoke the grant (RFC 6749 §4.1.2). */
const ANSWER_KEPT_SECONDS = 30;

/**
 * GET /callback: the provider's answer. Accepted only in the browser that began this very sign-in (state, nonce,
 * PKCE) and only from our issuer (RFC 9207); tokens never reach the browser in the clear.
 */
export function createCallback(options: {
  authorizationServer: Pick<AuthorizationServer, "redeem">;
  accessTokens: AccessTokenVerifier;
  verifyIdToken: VerifyIdToken;
  signIns: SignInCookie;
  sessions: SessionCookie;
  redirectUri: string;
  clock: Clock;
}) {
  const { authorizationServer, accessTokens, verifyIdToken, signIns, sessions, clock } = options;
  const once = createSingleFlight<SiteSession>({ clock, keepSeconds: ANSWER_KEPT_SECONDS });

  const complete = async (callback: URL, signIn: SignIn) => {
    const tokens = await authorizationServer.redeem(callback, signIn);
    const { idToken, accessToken } = tokens;
    if (idToken === undefined) throw new Error("the answer holds no ID token");
    const person = await verifyIdToken(idToken, accessToken);
    const access = await accessTokens.verify(accessToken);
    if (access.claims.sub !== person.subject) throw new Error("the two tokens are of two people");
    return beginSession(person, tokens, access, clock.now());
  };

  return async (ctx: Context) => {
    const state = new URLSearchParams(ctx.querystring).get("state") ?? "";
    const signIn = await signIns.read(ctx, state);
    if (!signIn) {
      // The back button, or a second click: whoever is signed in has nothing to do here.
      if (!(await sessions.read(ctx))) throw signInUnknown();
      return seeOther(ctx, "/");
    }
    const callback = new URL(`${options.redirectUri}?${ctx.querystring}`);
    const key = createHash("sha256")
      .update(`${signIn.state} ${callback.search}`)
      .digest("base64url");
    try {
      const session = await once(key, () => complete(callback, signIn));
      // A logout may overtake the answer that it is about.
      if (await sessions.hasEnded(session)) throw new EndedMeanwhile();
      await sessions.write(ctx, session);
    } catch (error) {
      // While nobody answers, reloading this address may still work, so the sign-in stays open.
      const problem = problemOf(error);
      if (problem.status !== 503) signIns.clear(ctx, state);
      throw problem;
    }
    signIns.clear(ctx, state);
    seeOther(ctx, signIn.returnTo);
  };
}

/** The provider has ended the session that this answer speaks of. */
class EndedMeanwhile extends Error {
  override name = "EndedMeanwhile";
}

function seeOther(ctx: Context, path: string) {
  ctx.status = 303;
  ctx.redirect(path);
}

/** What a person is told; the cause goes to the log. */
function problemOf(error: unknown): SiteProblem {
  if (error instanceof AuthorizationResponseError) {
    const denied = error.error === "access_denied";
    return signInNotCompleted(
      denied
        ? "You chose not to go on, and that is fine."
        : "Signet could not sign you in this time.",
      error,
    );
  }
  if (error instanceof EndedMeanwhile) {
    return signInNotCompleted("You have signed out at Signet since this sign-in began.", error);
  }
  const mayPass = error instanceof Unreachable || error instanceof KeysUnavailable;
  return mayPass ? signInNotPossible(error) : signInRefused(error);
}
