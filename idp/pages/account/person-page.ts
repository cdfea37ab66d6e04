// Who is at one of a person's own pages: whoever is signed in here. What they do asks, in this order: a
// session, a form from a page of ours, and a token bound to session and act (security S4).
import type { Context } from "koa";
import { type ZodObject, z } from "zod";
import type { CookieJar } from "../../http/cookies.ts";
import { csrfToken, requireCsrf, requireSameOrigin } from "../../http/csrf.ts";
import { sendToSignIn } from "../../http/own-page-door.ts";
import { readForm } from "../../http/parse.ts";
import { cause, type RequestCause } from "../../http/request-context.ts";
import type { InteractionStore } from "../../records/interactions/interaction-store.ts";
import type { Session } from "../../records/sessions/session.ts";
import type { SessionStore } from "../../records/sessions/session-store.ts";
import type { AccountForm } from "./account-model.ts";
import { ACCOUNT_PATH } from "./account-paths.ts";

export interface PersonDeps {
  issuer: string;
  cookies: CookieJar;
  sessions: Pick<SessionStore, "find">;
  interactions: Pick<InteractionStore, "open">;
  clock: { now(): Date };
}

export interface Person {
  readonly id: string;
  readonly name: string;
  readonly email: string;
  readonly session: Session;
  /** The cookie; what this person's forms are bound to. */
  readonly sessionSecret: string;
}

export interface PersonAct<Form> {
  readonly person: Person;
  readonly form: Form;
  /** As the audit names who did it. */
  readonly by: RequestCause;
}

export const CsrfForm = z.object({ csrf: z.string().optional() });

/** Whoever is signed in; when nobody is, the answer is the sign-in page, which leads back, and undefined. */
export async function findPerson(
  ctx: Context,
  deps: PersonDeps,
  path: string,
): Promise<Person | undefined> {
  const sessionSecret = deps.cookies.read(ctx, "session");
  const found = sessionSecret && (await deps.sessions.find(sessionSecret, deps.clock.now()));
  if (!found) {
    await sendToSignIn(ctx, deps, { path });
    return undefined;
  }
  const { id, name, email } = found.account;
  return { id, name, email, session: found.session, sessionSecret };
}

/**
 * The form of an act, from somebody who is signed in. Otherwise the answer is the sign-in page, which
 * leads to `back`: nothing is done that was asked before.
 * @param action  where the form posts to
 * @throws PageProblem 403; OAuthError invalid_request
 */
export async function readPersonAct<Schema extends ZodObject<{ csrf: z.ZodOptional<z.ZodString> }>>(
  ctx: Context,
  deps: PersonDeps,
  { action, schema, back = ACCOUNT_PATH }: { action: string; schema: Schema; back?: string },
): Promise<PersonAct<z.output<Schema>> | undefined> {
  const person = await findPerson(ctx, deps, back);
  if (!person) return undefined;
  requireSameOrigin(ctx, deps.issuer);
  const form = await readForm(ctx, schema);
  requireCsrf(form.csrf as string | undefined, person.sessionSecret, action);
  return { person, form, by: cause(ctx, `account:${person.id}`) };
}

/** A form of this person's. */
export const formOf = ({ sessionSecret }: Person, action: string): AccountForm => ({
  action,
  csrf: csrfToken(sessionSecret, action),
});
