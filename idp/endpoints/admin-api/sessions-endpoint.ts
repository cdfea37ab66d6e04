import type { Context } from "koa";
import { z } from "zod";
import type { EndAccess } from "../../ending/end-access.ts";
import { readQuery } from "../../http/parse.ts";
import { sendJson } from "../../http/respond.ts";
import type { Account } from "../../records/accounts/account.ts";
import type { AccountStore } from "../../records/accounts/account-store.ts";
import type { SessionStore } from "../../records/sessions/session-store.ts";
import { sessionAnswer } from "./answers.ts";
import { operatorCause } from "./operator-endpoint.ts";
import { readRequest } from "./request-endpoint.ts";
import { reason } from "./words.ts";

export interface SessionsEndpointDeps {
  accounts: Pick<AccountStore, "find" | "findByEmail">;
  sessions: Pick<SessionStore, "list">;
  endAccess: EndAccess;
  clock: { now(): Date };
}

const account = z.string().min(1).max(254);
const OfAccount = z.object({ account });
/** One session of the account, or all of them. */
const Ending = z.strictObject({ account, session: z.string().min(1).max(100).optional(), reason });

/** Who is signed in where, and the end of it. */
export const sessionsEndpoint = ({
  accounts,
  sessions,
  endAccess,
  clock,
}: SessionsEndpointDeps) => {
  const requireAccount = async (ctx: Context, named: string): Promise<Account> => {
    const found = await (named.includes("@") ? accounts.findByEmail(named) : accounts.find(named));
    return found ?? ctx.throw(404, "There is no such account");
  };

  return {
    async list(ctx: Context) {
      const { id } = await requireAccount(ctx, readQuery(ctx, OfAccount).account);
      sendJson(ctx, { sessions: (await sessions.list(id, clock.now())).map(sessionAnswer) });
    },

    async end(ctx: Context) {
      const request = await readRequest(ctx, Ending);
      const { id } = await requireAccount(ctx, request.account);
      const now = clock.now();
      const open = await sessions.list(id, now);
      if (request.session !== undefined && !open.some((one) => one.id === request.session))
        ctx.throw(404, "There is no such session of this account");
      const scope =
        request.session === undefined
          ? ({ kind: "sessions-of", accountId: id } as const)
          : ({ kind: "session", sessionId: request.session } as const);
      const why = operatorCause(ctx, request);
      const ended = await endAccess(scope, "ended-by-administrator", now, why);
      sendJson(ctx, { sessions_ended: ended.sessionIds.length, grants_ended: ended.grants });
    },
  };
};
