/**
 * The person ends sign-ins of theirs (ASVS 7.4.5, 7.5.2): one, all others, or all. A session that is not
 * theirs is answered as one that does not exist (security D2).
 */
import type { Context } from "koa";
import type { EndAccess } from "../../ending/end-access.ts";
import type { SignOut } from "../../ending/sign-out.ts";
import { PageProblem } from "../../http/page-problem.ts";
import { redirectTo } from "../../http/respond.ts";
import { newCredential } from "../../protocol/credential.ts";
import type { InteractionStore } from "../../records/interactions/interaction-store.ts";
import type { SessionListStore } from "../../records/sessions/session-list-store.ts";
import {
  ACCOUNT_PATH,
  donePath,
  ELSEWHERE_PATH,
  EVERYWHERE_PATH,
  endPath,
} from "./account-paths.ts";
import { CsrfForm, type PersonDeps, readPersonAct } from "./person-page.ts";

export interface SignOutPageDeps extends PersonDeps {
  interactions: Pick<InteractionStore, "open">;
  sessionList: Pick<SessionListStore, "findOwn">;
  endAccess: EndAccess;
  signOut: SignOut;
}

export const signOutPage = (deps: SignOutPageDeps) => {
  const { issuer, cookies, interactions, sessionList, endAccess, signOut, clock } = deps;

  /** POST /account/sessions/:session/end. */
  async function one(ctx: Context): Promise<void> {
    const sessionId = sessionIdOf(ctx);
    const action = endPath(sessionId);
    const act = await readPersonAct(ctx, deps, { action, schema: CsrfForm });
    if (!act) return;
    const { person, by } = act;
    if (!(await sessionList.findOwn(person.id, sessionId))) throw sessionGone();
    await endAccess({ kind: "session", sessionId }, "signed-out", clock.now(), by);
    if (sessionId !== person.session.id) return redirectTo(ctx, issuer + donePath("ended"));
    cookies.clear(ctx, "session");
    redirectTo(ctx, `${issuer}/`);
  }

  /** POST /account/sign-out-elsewhere. */
  async function elsewhere(ctx: Context): Promise<void> {
    const act = await readPersonAct(ctx, deps, { action: ELSEWHERE_PATH, schema: CsrfForm });
    if (!act) return;
    const { person, by } = act;
    const scope = { kind: "sessions-of", accountId: person.id, except: person.session.id } as const;
    await endAccess(scope, "signed-out-everywhere", clock.now(), by);
    redirectTo(ctx, issuer + donePath("ended"));
  }

  /** POST /account/sign-out-everywhere; what ended is told at /signed-out. */
  async function everywhere(ctx: Context): Promise<void> {
    const act = await readPersonAct(ctx, deps, { action: EVERYWHERE_PATH, schema: CsrfForm });
    if (!act) return;
    const now = clock.now();
    const asked = { session: act.person.session, everywhere: true };
    const request = await signOut(asked, now, act.by);
    cookies.clear(ctx, "session");
    const browser = cookies.read(ctx, "browser") ?? newCredential("browser");
    cookies.set(ctx, "browser", browser);
    const { id } = await interactions.open({ browser, kind: "sign-out", request }, now);
    redirectTo(ctx, `${issuer}/signed-out?receipt=${id}`);
  }

  return { one, elsewhere, everywhere };
};

/** @throws PageProblem 404 when it has not the shape of one */
export function sessionIdOf(ctx: Context): string {
  const id: unknown = ctx.params.session;
  if (typeof id !== "string" || !/^[\w-]{1,64}$/.test(id)) throw sessionGone();
  return id;
}

export const sessionGone = () =>
  new PageProblem({
    status: 404,
    title: "There is no such sign-in",
    explanation: "None of yours, at least. It may have ended a while ago.",
    whatNext: ["Look at the list again: it shows all that are open."],
    wayBack: { label: "See where you are signed in", href: ACCOUNT_PATH },
  });
