import { randomBytes } from "node:crypto";
import { z } from "zod";
import type { VerifiedAccessToken } from "./access-token-verifier.ts";
import type { Tokens } from "./authorization-server.ts";
import { numericDate } from "./clock.ts";
import type { SignedIn } from "./visit.ts";

export const IDLE_SECONDS = 30 * 60;
export const ABSOLUTE_SECONDS = 12 * 3600;
/** Seen again within this time, a session is not sealed anew: most answers then carry no cookie. */
const TOUCH_SECONDS = 60;

const Seconds = z.int().positive();

/** A person's session at one site, as it is sealed into the cookie. Times are in seconds. */
export const SiteSession = z.object({
  id: z.string().length(22),
  person: z.object({
    issuer: z.string(),
    subject: z.string(),
    name: z.string(),
    email: z.string().exactOptional(),
    sid: z.string().exactOptional(),
    authenticatedAt: Seconds,
    toldAt: Seconds.exactOptional(),
    acr: z.string().exactOptional(),
    amr: z.array(z.string()),
  }),
  accessToken: z.string(),
  /** From here on a new access token is asked for. */
  refreshAt: Seconds,
  accessExpiresAt: Seconds,
  refreshToken: z.string().exactOptional(),
  /** The `id_token_hint` of sign-out; left out when the cookie would grow too large. */
  idToken: z.string().exactOptional(),
  startedAt: Seconds,
  seenAt: Seconds,
});
export type SiteSession = z.infer<typeof SiteSession>;

/** A new session for a person whose tokens have been verified. */
export function beginSession(
  person: SignedIn,
  tokens: Tokens,
  access: VerifiedAccessToken,
  now: Date,
): SiteSession {
  const startedAt = numericDate(now);
  const { authenticatedAt, toldAt, ...others } = person;
  return {
    id: randomBytes(16).toString("base64url"),
    person: {
      ...others,
      authenticatedAt: numericDate(authenticatedAt),
      ...(toldAt && { toldAt: numericDate(toldAt) }),
    },
    ...tokens,
    ...accessTimes(access),
    startedAt,
    seenAt: startedAt,
  };
}

/**
 * The same session with what a refresh brought, which may be no new refresh or ID token (RFC 6749 §6). When
 * and how the person signed in stays what it was (OIDC Core §12.2).
 */
export function renewSession(
  session: SiteSession,
  tokens: Tokens,
  access: VerifiedAccessToken,
): SiteSession {
  return { ...session, ...tokens, ...accessTimes(access) };
}

/** Whether the session is within both its limits. */
export function isLive(session: SiteSession, now: Date): boolean {
  const at = numericDate(now);
  return at < session.seenAt + IDLE_SECONDS && at < session.startedAt + ABSOLUTE_SECONDS;
}

export const needsTouch = (session: SiteSession, now: Date): boolean =>
  numericDate(now) >= session.seenAt + TOUCH_SECONDS;

export function personOf({ person }: SiteSession): SignedIn {
  const { authenticatedAt, toldAt, ...others } = person;
  return {
    ...others,
    authenticatedAt: new Date(authenticatedAt * 1000),
    ...(toldAt !== undefined && { toldAt: new Date(toldAt * 1000) }),
  };
}

/** Renew a minute before expiry, or in the last fifth of a short life. */
function accessTimes({ claims }: VerifiedAccessToken) {
  const margin = Math.min(60, Math.ceil((claims.exp - claims.iat) / 5));
  return { refreshAt: claims.exp - margin, accessExpiresAt: claims.exp };
}
