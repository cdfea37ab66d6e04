import type { Context } from "koa";
import type { Logger } from "pino";
import type { KeyCache } from "./key-cache.ts";
import type { VerifyKeyEvent } from "./key-event-verifier.ts";
import { readForm } from "./read-form.ts";
import { SiteProblem } from "./site-problem.ts";

/**
 * POST /key-events: the provider asks, or warns. A probe is answered with whether this site would accept the key
 * that signed it, and changes nothing. A notice makes the site refuse the keys that it names before it is answered.
 * Either is worth what its signature says, so there is no other authentication.
 */
export function createKeyEvents(options: {
  instance: string;
  keys: Pick<KeyCache, "suspect" | "distrusted" | "refetch">;
  verify: VerifyKeyEvent;
  logger: Logger;
}) {
  const { instance, keys, verify, logger } = options;

  const heed = async (revoked: readonly string[]) => {
    await keys.suspect(revoked);
    // The key that signs now may be new to us. Nobody waits for that.
    void keys.refetch();
    logger.warn({ kids: revoked }, "signing keys revoked by notice");
    const refused = keys.distrusted().filter(({ kid }) => revoked.includes(kid));
    return { instance, refused: refused.map(({ kid, at }) => ({ kid, at: at.toISOString() })) };
  };

  return async (ctx: Context) => {
    ctx.set("Cache-Control", "no-store");
    const token = await eventToken(ctx);
    if (typeof token === "number") return answer(ctx, token, { error: "invalid_request" });
    const event = await verify(token);
    switch (event.kind) {
      case "unreadable":
        return answer(ctx, 400, { error: "invalid_request" });
      case "probe":
        return answer(ctx, 200, { kid: event.kid, instance, verified: true });
      case "notice":
        return answer(ctx, 200, await heed(event.revoked));
      case "refused":
        logger.info({ err: event.cause }, "key event refused");
        return event.of === "probe"
          ? answer(ctx, 200, { verified: false, error: event.error })
          : answer(ctx, 400, { error: "invalid_token" });
    }
  };
}

/** The one field of the form, or the status that says why there is none. */
async function eventToken(ctx: Context): Promise<string | 400 | 413> {
  try {
    return (await readForm(ctx)).get("event_token") ?? 400;
  } catch (error) {
    if (!(error instanceof SiteProblem)) throw error;
    return error.status === 413 ? 413 : 400;
  }
}

function answer(ctx: Context, status: number, body: object) {
  ctx.status = status;
  ctx.body = body;
}
