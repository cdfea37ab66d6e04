// What every act upon the keys asks before anything else, in this order: a key administrator, a form of
// ours, and the password in the last five minutes (security D1, ASVS 3.5.1, 7.5.1).
import type { Context } from "koa";
import type { ZodObject, z } from "zod";
import { requireCsrf, requireSameOrigin } from "../../http/csrf.ts";
import { sendToSignIn } from "../../http/own-page-door.ts";
import { readForm } from "../../http/parse.ts";
import { cause, type RequestCause } from "../../http/request-context.ts";
import {
  type Administrator,
  type AdministratorDeps,
  FRESH_SECONDS,
  findAdministrator,
  isFresh,
  requireKeyAdministrator,
} from "./administrator-page.ts";
import { KEYS_PATH } from "./key-paths.ts";

export interface KeyAct<Form> {
  readonly administrator: Administrator;
  readonly form: Form;
  /** As the audit names who did it. */
  readonly by: RequestCause;
}

interface KeyActForm<Schema extends ZodObject> {
  /** Where the form posts to, which its token is bound to. */
  readonly action: string;
  readonly schema: Schema;
  /** Where to go on after the password was asked for, which loses the form. */
  readonly back?: (form: z.output<Schema>) => string;
}

/**
 * The form of an act, from somebody who may do it now. Otherwise the answer is the sign-in page, which
 * leads back, and undefined.
 * @throws PageProblem 403; OAuthError invalid_request
 */
export async function readKeyAct<Schema extends ZodObject<{ csrf: z.ZodOptional<z.ZodString> }>>(
  ctx: Context,
  deps: AdministratorDeps,
  { action, schema, back = () => KEYS_PATH }: KeyActForm<Schema>,
): Promise<KeyAct<z.output<Schema>> | undefined> {
  const administrator = await findAdministrator(ctx, deps, KEYS_PATH);
  if (!administrator) return undefined;
  requireKeyAdministrator(administrator);
  requireSameOrigin(ctx, deps.adminOrigin);
  const form = await readForm(ctx, schema);
  requireCsrf(form.csrf as string | undefined, administrator.sessionSecret, action);
  if (!isFresh(administrator, deps.clock.now())) {
    await sendToSignIn(ctx, deps, { path: back(form), maxAgeSeconds: FRESH_SECONDS });
    return undefined;
  }
  return { administrator, form, by: cause(ctx, administrator.actor) };
}
