// Keeps a site session's access token fresh. Two tabs that hold the same refresh token get the same new one, and a
// provider that does not answer never ends a session: only its refusal does.
import { createHash } from "node:crypto";
import { decodeProtectedHeader } from "jose";
import type { Logger } from "pino";
import {
  type AccessTokenVerifier,
  InvalidAccessToken,
  type VerifiedAccessToken,
} from "./access-token-verifier.ts";
import { type AuthorizationServer, TokenRequestRefused } from "./authorization-server.ts";
import { type Clock, numericDate } from "./clock.ts";
import type { VerifyIdToken } from "./id-token-verifier.ts";
import type { KeyCache } from "./key-cache.ts";
import type { Reachability } from "./reachability.ts";
import { createSingleFlight } from "./single-flight.ts";
import { renewSession, type SiteSession } from "./site-session.ts";
import { TokenStatusUnavailable } from "./token-status.ts";
import type { Outage } from "./visit.ts";

export type SessionState =
  | { kind: "current"; session: SiteSession; access: VerifiedAccessToken; outage?: Outage }
  /** The provider or a check said no: the person has to sign in again. */
  | { kind: "ended"; reason: unknown }
  /** The provider is away and the grace is over, or the page is strict; the session may go on when it is back. */
  | { kind: "unavailable"; reason: unknown };

/**
 * The state of a session now, after renewing it where that is due.
 * @param policy.strict  only with a current word of the provider's that its access has not been taken back
 */
export type KeepCurrent = (
  session: SiteSession,
  policy: { strict: boolean },
) => Promise<SessionState>;

type Renewal =
  | { kind: "renewed"; session: SiteSession }
  | { kind: "refused"; reason: unknown }
  | { kind: "no-answer"; reason: unknown };

/** A slow page of another tab may still write the cookie of before; its next request gets the same answer. */
const ANSWER_KEPT_SECONDS = 30;

export function createSessionRenewal(options: {
  authorizationServer: Pick<AuthorizationServer, "refresh">;
  accessTokens: AccessTokenVerifier;
  verifyIdToken: VerifyIdToken;
  keys: Pick<KeyCache, "isDistrusted">;
  reachability: Reachability;
  outageGraceSeconds: number;
  clock: Clock;
  logger: Logger;
}): KeepCurrent {
  const { authorizationServer, accessTokens, verifyIdToken, reachability, clock, logger } = options;
  const once = createSingleFlight<SiteSession>({ clock, keepSeconds: ANSWER_KEPT_SECONDS });

  const refresh = async (session: SiteSession, refreshToken: string) => {
    const tokens = await authorizationServer.refresh(refreshToken);
    reachability.answered();
    const access = await accessTokens.verify(tokens.accessToken);
    if (access.claims.sub !== session.person.subject) throw new SubjectChanged("access token");
    if (tokens.idToken !== undefined) {
      const person = await verifyIdToken(tokens.idToken, tokens.accessToken);
      if (person.subject !== session.person.subject) throw new SubjectChanged("ID token");
    }
    return renewSession(session, tokens, access);
  };
  const renew = async (session: SiteSession, refreshToken: string): Promise<Renewal> => {
    if (reachability.isPausing())
      return { kind: "no-answer", reason: "a moment ago it did not answer" };
    const key = createHash("sha256").update(refreshToken).digest("base64url");
    try {
      return { kind: "renewed", session: await once(key, () => refresh(session, refreshToken)) };
    } catch (reason) {
      if (reason instanceof TokenRequestRefused || reason instanceof SubjectChanged) {
        return { kind: "refused", reason };
      }
      // Unanswered, or answered with tokens that we cannot verify yet: the same refresh token may be tried again.
      reachability.failed();
      logger.warn({ err: reason }, "the access token was not renewed");
      return { kind: "no-answer", reason };
    }
  };
  const verified = async (
    session: SiteSession,
    { strict, outage }: { strict: boolean; outage?: Outage },
  ): Promise<SessionState> => {
    const graceSeconds = outage ? options.outageGraceSeconds : 0;
    try {
      const access = await accessTokens.verify(session.accessToken, { graceSeconds, strict });
      if (strict && outage) throw new TokenStatusUnavailable("the access token was not renewed");
      return { kind: "current", session, access, ...(outage && { outage }) };
    } catch (reason) {
      return { kind: reason instanceof InvalidAccessToken ? "ended" : "unavailable", reason };
    }
  };

  return async (session, { strict }) => {
    // Before any refresh: what a distrusted key has signed is not carried on under a better one.
    if (signersOf(session).some(options.keys.isDistrusted)) {
      return { kind: "ended", reason: "the key of its tokens is distrusted" };
    }
    const now = numericDate(clock.now());
    if (now < session.refreshAt) return verified(session, { strict });
    const expired = now >= session.accessExpiresAt;
    if (!session.refreshToken) {
      return expired
        ? { kind: "ended", reason: "no refresh token" }
        : verified(session, { strict });
    }
    const renewal = await renew(session, session.refreshToken);
    if (renewal.kind === "renewed") return verified(renewal.session, { strict });
    if (renewal.kind === "refused") return { kind: "ended", reason: renewal.reason };
    if (!expired) return verified(session, { strict });
    const pagesUntil = session.accessExpiresAt + options.outageGraceSeconds;
    if (now >= pagesUntil) return { kind: "unavailable", reason: renewal.reason };
    const since = reachability.unreachableSince() ?? clock.now();
    const outage = { since, pagesUntil: new Date(pagesUntil * 1000) };
    return verified(session, { strict, outage });
  };
}

/** OIDC Core §12.2: a refresh never brings another person. */
class SubjectChanged extends Error {
  override name = "SubjectChanged";
}

function signersOf({ accessToken, idToken }: SiteSession): string[] {
  const tokens = [accessToken, ...(idToken === undefined ? [] : [idToken])];
  return tokens.flatMap((token) => decodeProtectedHeader(token).kid ?? []);
}
