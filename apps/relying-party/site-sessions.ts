// People's sessions at one site: the sealed cookies, the tokens of their forms, and the memory of what has ended
// before its time, which the provider's logout tokens add to.
import { join } from "node:path";
import type { Context } from "koa";
import type { Logger } from "pino";
import { createBackChannelLogout } from "./back-channel-logout.ts";
import type { Clock } from "./clock.ts";
import { createEndedSessions, type EndedSessions, KeptEndedSessions } from "./ended-sessions.ts";
import type { VerifyLogoutToken } from "./logout-token-verifier.ts";
import { type CsrfTokens, createCsrfTokens } from "./request-origin.ts";
import { createSeal } from "./seal.ts";
import { createSessionCookie, type SessionCookie } from "./session-cookie.ts";
import { createSignInCookie, type SignInCookie } from "./sign-in-cookie.ts";
import type { SiteConfig } from "./site-config.ts";
import { siteCookies } from "./site-cookies.ts";
import { stateFile } from "./state-file.ts";

export interface SiteSessions {
  sessions: SessionCookie;
  signIns: SignInCookie;
  csrf: CsrfTokens;
  /** POST /backchannel-logout. */
  receiveLogout(ctx: Context): Promise<void>;
  start(): Promise<void>;
}

export function createSiteSessions(options: {
  config: SiteConfig;
  /** Where ended sessions are remembered, when several instances share it; DATA_DIR otherwise. */
  endedSessions: EndedSessions | undefined;
  verifyLogoutToken: VerifyLogoutToken;
  /** Told of every logout token that was right. */
  accessHasEnded(): void;
  clock: Clock;
  logger: Logger;
}): SiteSessions {
  const { config, verifyLogoutToken: verify, accessHasEnded, clock, logger } = options;
  const { sessionKeys, dataDirectory } = config;
  const cookies = siteCookies({ prefix: config.cookiePrefix, secure: config.secure });
  const file = stateFile(join(dataDirectory, "ended-sessions.json"), KeptEndedSessions);
  const ended = options.endedSessions ?? createEndedSessions({ clock, file });
  const seal = (purpose: string) => createSeal(sessionKeys, purpose);
  return {
    sessions: createSessionCookie({ cookies, seal: seal("session"), ended, clock }),
    signIns: createSignInCookie({ cookies, seal: seal("sign-in"), clock }),
    csrf: createCsrfTokens(sessionKeys),
    receiveLogout: createBackChannelLogout({ verify, ended, accessHasEnded, logger }),
    start: () => ended.start(),
  };
}
