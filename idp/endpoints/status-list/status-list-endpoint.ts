// GET /status-lists/:list and GET /status-lists: which grants have ended, for whoever verifies their access
// tokens (Token Status List, draft-20 §8, §9). The same for everybody, and open to every origin.
import type { Context } from "koa";
import { hasThis } from "../../http/public-document.ts";
import { sendJson } from "../../http/respond.ts";
import type { Statuses } from "../../records/statuses/statuses.ts";
import { type PublishedStatusListsDeps, publishedStatusLists } from "./published-status-lists.ts";

export interface StatusListEndpointDeps extends PublishedStatusListsDeps {
  readonly statuses: Pick<Statuses, "list" | "lists">;
}

const MEDIA_TYPE = "application/statuslist+jwt";
/** One spelling of each number: no sign, no leading zero. */
const LIST_NUMBER = /^(?:0|[1-9]\d{0,8})$/;

export const statusListEndpoint = (deps: StatusListEndpointDeps) => {
  const { statuses, statusListUri } = deps;
  const publish = publishedStatusLists(deps);

  return {
    /** GET /status-lists/:list */
    async show(ctx: Context): Promise<void> {
      const list = String(ctx.params.list);
      // What was true at another time is not kept (§8.4).
      if (new URLSearchParams(ctx.querystring).has("time"))
        ctx.throw(501, "No status list of another time is kept", { expose: true });
      const published = LIST_NUMBER.test(list) ? await publish(Number(list)) : undefined;
      if (published === undefined) ctx.throw(404, "There is no such status list");
      if (!acceptsJwt(ctx)) ctx.throw(406, `Status lists come as ${MEDIA_TYPE}`);
      // `ttl` says how long a copy is good for; a cache in between must not add to that.
      ctx.set("Cache-Control", "no-cache");
      ctx.set("Vary", "Accept");
      ctx.set("ETag", published.etag);
      if (hasThis(ctx.get("If-None-Match"), published.etag)) {
        ctx.status = 304;
        return;
      }
      ctx.status = 200;
      ctx.type = MEDIA_TYPE;
      ctx.body = published.token;
    },

    /** GET /status-lists: every list in use. */
    async aggregate(ctx: Context): Promise<void> {
      sendJson(ctx, { status_lists: (await statuses.lists()).map(statusListUri) });
    },
  };
};

/** Whoever names no type, or any application type, can take it. */
const acceptsJwt = (ctx: Context): boolean =>
  ctx.get("Accept") === "" || ctx.accepts(MEDIA_TYPE) === MEDIA_TYPE;
