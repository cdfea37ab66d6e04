// GET /status-lists/:list and GET /status-lists: which grants have ended, for whoever verifies their access
// tokens (Token Status List, draft-20 §8, §9). The same for everybody, and open to every origin.
import type { IncomingHttpHeaders } from "node:http";
import type { Context } from "koa";
import { answerTo, type PreparedAnswer, sendPrepared } from "../../http/prepared-answer.ts";
import type { Ready } from "../../http/ready-answers.ts";
import { sendJson } from "../../http/respond.ts";
import type { Statuses } from "../../records/statuses/statuses.ts";
import {
  type PublishedStatusListsDeps,
  publishedStatusLists,
  STATUS_LIST_TYPE,
} from "./published-status-lists.ts";

export interface StatusListEndpointDeps extends PublishedStatusListsDeps {
  readonly statuses: Pick<Statuses, "list" | "lists">;
}

const PREFIX = "/status-lists/";
const PLAINLY_ACCEPTED: ReadonlySet<string> = new Set(["*/*", STATUS_LIST_TYPE]);
/** One spelling of each number: no sign, no leading zero. */
const LIST_NUMBER = /^(?:0|[1-9]\d{0,8})$/;

export const statusListEndpoint = (deps: StatusListEndpointDeps) => {
  const { statuses, statusListUri } = deps;
  const publish = publishedStatusLists(deps);

  /** Undefined for a list that is none, or not in use. */
  async function answer(
    list: string,
    headers: IncomingHttpHeaders,
  ): Promise<PreparedAnswer | undefined> {
    const published = LIST_NUMBER.test(list) ? await publish(Number(list)) : undefined;
    return published && answerTo(headers["if-none-match"], published);
  }

  async function readyAt(list: string, headers: IncomingHttpHeaders): Promise<Ready | undefined> {
    const found = await answer(list, headers);
    return found && { route: `${PREFIX}:list`, answer: found };
  }

  return {
    /** The same in front of everything else, for a request that says nothing unusual. */
    ready(target: string, headers: IncomingHttpHeaders): Promise<Ready | undefined> | undefined {
      const { accept = "*/*" } = headers;
      const isPlain = target.startsWith(PREFIX) && PLAINLY_ACCEPTED.has(accept);
      return isPlain ? readyAt(target.slice(PREFIX.length), headers) : undefined;
    },

    /** GET /status-lists/:list */
    async show(ctx: Context): Promise<void> {
      // What was true at another time is not kept (§8.4).
      if (new URLSearchParams(ctx.querystring).has("time"))
        ctx.throw(501, "No status list of another time is kept", { expose: true });
      const found = await answer(String(ctx.params.list), ctx.req.headers);
      if (found === undefined) ctx.throw(404, "There is no such status list");
      if (!acceptsJwt(ctx)) ctx.throw(406, `Status lists come as ${STATUS_LIST_TYPE}`);
      sendPrepared(ctx, found);
    },

    /** GET /status-lists: every list in use. */
    async aggregate(ctx: Context): Promise<void> {
      sendJson(ctx, { status_lists: (await statuses.lists()).map(statusListUri) });
    },
  };
};

/** Whoever names no type, or any application type, can take it. */
const acceptsJwt = (ctx: Context): boolean =>
  ctx.get("Accept") === "" || ctx.accepts(STATUS_LIST_TYPE) === STATUS_LIST_TYPE;
