// Who may enter the console: an administrator who is signed in. Acts upon the keys are for key
// administrators alone (security D1), and for who has given the password in the last five minutes
// (ASVS 7.5.1).
import type { Context } from "koa";
import type { CookieJar } from "../../http/cookies.ts";
import { sendToSignIn } from "../../http/own-page-door.ts";
import { PageProblem } from "../../http/page-problem.ts";
import type { InteractionStore } from "../../records/interactions/interaction-store.ts";
import type { SessionStore } from "../../records/sessions/session-store.ts";
import type { ConsoleModel } from "./console-model.ts";

export interface AdministratorDeps {
  issuer: string;
  /** Where the console is: the issuer, unless it has a port of its own. */
  adminOrigin: string;
  cookies: CookieJar;
  sessions: Pick<SessionStore, "find">;
  interactions: Pick<InteractionStore, "open">;
  clock: { now(): Date };
}

export interface Administrator {
  readonly id: string;
  readonly name: string;
  /** As the audit names them. */
  readonly actor: string;
  readonly isAdmin: boolean;
  /** May rotate, drill and throw out; who is not may look. */
  readonly isKeyAdmin: boolean;
  readonly authenticatedAt: Date;
  /** Of this session; the console's forms are bound to it. */
  readonly sessionSecret: string;
}

export const FRESH_SECONDS = 300;

export const isFresh = ({ authenticatedAt }: Administrator, now: Date): boolean =>
  now.getTime() - authenticatedAt.getTime() <= FRESH_SECONDS * 1000;

/**
 * The administrator who is signed in; when nobody is, the answer is the sign-in page and undefined.
 * @throws PageProblem 403 for everybody else
 */
export async function findAdministrator(
  ctx: Context,
  deps: AdministratorDeps,
  path: string,
): Promise<Administrator | undefined> {
  const sessionSecret = deps.cookies.read(ctx, "session");
  const found =
    sessionSecret === undefined
      ? undefined
      : await deps.sessions.find(sessionSecret, deps.clock.now());
  if (!found || sessionSecret === undefined) {
    await sendToSignIn(ctx, deps, { path });
    return undefined;
  }
  const { id, name, isAdmin, isKeyAdmin } = found.account;
  if (!isAdmin && !isKeyAdmin) throw notAnAdministrator(name);
  const { authenticatedAt } = found.session;
  const actor = `account:${id}`;
  return { id, name, actor, isAdmin, isKeyAdmin, authenticatedAt, sessionSecret };
}

/** @throws PageProblem 403 for administrators who are not key administrators */
export function requireKeyAdministrator({ name, isKeyAdmin }: Administrator): void {
  if (!isKeyAdmin) throw notAKeyAdministrator(name);
}

/** What every page of the console is given. */
export function consoleModel(
  { name, isAdmin }: Administrator,
  { issuer, adminOrigin, clock }: AdministratorDeps,
): ConsoleModel {
  return {
    person: { name, role: isAdmin ? "administrator" : "key administrator" },
    now: clock.now(),
    ...(adminOrigin !== issuer && { issuer }),
  };
}

const notAnAdministrator = (name: string) =>
  new PageProblem({
    status: 403,
    title: "This room is for administrators",
    explanation: `You are signed in as ${name}, who does not look after Signet here.`,
    whatNext: [
      "If you have an administrator's account as well, sign out and sign in with that one.",
      "If you should be an administrator, ask whoever runs Signet where you work.",
    ],
  });

const notAKeyAdministrator = (name: string) =>
  new PageProblem({
    status: 403,
    title: "This is for key administrators",
    explanation: `You are signed in as ${name}, who may look at the keys and not change them. Nothing was changed.`,
    whatNext: [
      "Ask a key administrator to do it.",
      "If you should be one, ask whoever runs Signet where you work.",
    ],
    wayBack: { label: "Back to the keys", href: "/admin/keys" },
  });
