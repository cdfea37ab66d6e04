/**
 * GET and POST /account/sessions/:session/not-me: the person does not recognize a sign-in. Everything of
 * theirs ends, this session included, and the sign-in page leads on to a new password. It asks for the
 * old one there: whoever merely holds a session can end it, and can lock nobody out.
 */
import type { Context } from "koa";
import type { EndAccess } from "../../ending/end-access.ts";
import { sendToSignIn } from "../../http/own-page-door.ts";
import { render } from "../../http/render.ts";
import { deviceInWords } from "../../records/sessions/device-words.ts";
import type { SessionListStore } from "../../records/sessions/session-list-store.ts";
import { ACCOUNT_PATH, notMePath, PASSWORD_PATH } from "./account-paths.ts";
import { CsrfForm, findPerson, formOf, type PersonDeps, readPersonAct } from "./person-page.ts";
import { sessionGone, sessionIdOf } from "./sign-out-page.ts";

export interface NotMePageDeps extends PersonDeps {
  sessionList: Pick<SessionListStore, "findOwn">;
  endAccess: EndAccess;
  lifetimes: { accessTokenSeconds: number };
}

export const notMePage = (deps: NotMePageDeps) => {
  const { cookies, sessionList, endAccess, lifetimes, clock } = deps;

  async function show(ctx: Context): Promise<void> {
    const path = notMePath(sessionIdOf(ctx));
    const person = await findPerson(ctx, deps, path);
    if (!person) return;
    const { userAgent, authenticatedAt } = await requireOwn(ctx, person.id);
    render(ctx, "account/not-me", {
      ...formOf(person, path),
      person: { name: person.name, email: person.email },
      now: clock.now(),
      device: deviceInWords(userAgent),
      signedInAt: authenticatedAt,
      passSeconds: lifetimes.accessTokenSeconds,
      stay: ACCOUNT_PATH,
    });
  }

  async function submit(ctx: Context): Promise<void> {
    const action = notMePath(sessionIdOf(ctx));
    const act = await readPersonAct(ctx, deps, { action, schema: CsrfForm, back: PASSWORD_PATH });
    if (!act) return;
    await requireOwn(ctx, act.person.id);
    const scope = { kind: "sessions-of", accountId: act.person.id } as const;
    await endAccess(scope, "not-me", clock.now(), act.by);
    cookies.clear(ctx, "session");
    await sendToSignIn(ctx, deps, { path: PASSWORD_PATH, because: "everything-ended" });
  }

  /** @throws PageProblem 404 for a session of somebody else's, as for one that never was */
  async function requireOwn(ctx: Context, accountId: string) {
    const session = await sessionList.findOwn(accountId, sessionIdOf(ctx));
    if (!session) throw sessionGone();
    return session;
  }

  return { show, submit };
};
