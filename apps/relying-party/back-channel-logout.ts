import type { Context } from "koa";
import type { Logger } from "pino";
import type { EndedSessions } from "./ended-sessions.ts";
import { KeysUnavailable } from "./key-cache.ts";
import { InvalidLogoutToken, type VerifyLogoutToken } from "./logout-token-verifier.ts";
import { readForm } from "./read-form.ts";

/**
 * POST /backchannel-logout: the provider ends sessions here without the browser (OpenID Connect Back-Channel
 * Logout 1.0 §2.5-2.8). Ending twice is ending once, so a token may come again; whatever does not end a session
 * is 400, since the specification has no other word for it.
 */
export function createBackChannelLogout(options: {
  verify: VerifyLogoutToken;
  ended: Pick<EndedSessions, "add">;
  accessHasEnded(): void;
  logger: Logger;
}) {
  const { verify, ended, accessHasEnded, logger } = options;

  const endingIn = async (ctx: Context) => {
    try {
      const token = (await readForm(ctx)).get("logout_token");
      if (token === undefined) throw new InvalidLogoutToken("no logout_token");
      return await verify(token);
    } catch (error) {
      logger.info({ err: error }, "logout token refused");
      // It may be good; only we cannot tell yet.
      if (error instanceof KeysUnavailable) {
        refuse(ctx, "temporarily_unavailable", "There is no key here to verify it with");
      } else {
        refuse(ctx, "invalid_request", "That is not a logout token for this site");
      }
      return undefined;
    }
  };

  return async (ctx: Context) => {
    ctx.set("Cache-Control", "no-store");
    const end = await endingIn(ctx);
    if (!end) return;
    accessHasEnded();
    try {
      await ended.add(end);
    } catch (error) {
      logger.error({ err: error }, "the end of a session was not kept");
      return refuse(ctx, "server_error", "The end of the session could not be kept");
    }
    logger.info({ end: end.kind }, "sessions ended by the provider");
    ctx.status = 200;
    ctx.body = "";
  };
}

function refuse(ctx: Context, error: string, error_description: string) {
  ctx.status = 400;
  ctx.body = { error, error_description };
}
