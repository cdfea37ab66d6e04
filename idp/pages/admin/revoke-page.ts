/**
 * GET and POST /admin/keys/revoke: a key administrator throws a key out, or asks a second one to
 * (security K4, D1). The password is asked for before the form is shown, not after it was filled in.
 */
import type { Context } from "koa";
import { z } from "zod";
import type { KeyLifecycle } from "../../../keys/key-lifecycle.ts";
import type { KeyRevocationResult, RevokeSigningKey } from "../../ending/revoke-signing-key.ts";
import { csrfToken } from "../../http/csrf.ts";
import { sendToSignIn } from "../../http/own-page-door.ts";
import { readQuery } from "../../http/parse.ts";
import { render } from "../../http/render.ts";
import { redirectTo } from "../../http/respond.ts";
import { allowFormAction } from "../../http/security-headers.ts";
import { CONFIRM_WITHIN_SECONDS } from "../../records/key-revocations/key-revocation-request.ts";
import {
  type Administrator,
  type AdministratorDeps,
  consoleModel,
  FRESH_SECONDS,
  findAdministrator,
  isFresh,
  requireKeyAdministrator,
} from "./administrator-page.ts";
import { readKeyAct } from "./key-act-page.ts";
import { KEYS_PATH, REVOKE_PATH, revokedPath } from "./key-paths.ts";
import { LONGEST_REASON } from "./reason-field.ts";
import { draftPath, RevokeDraft, readDraft } from "./revoke-draft.ts";
import { keyChoices, RevokeFields, readRevocation } from "./revoke-form.ts";
import type { RevokeProblems } from "./revoke-model.ts";

export interface RevokePageDeps extends AdministratorDeps {
  keys: Pick<KeyLifecycle, "list">;
  revokeSigningKey: Pick<RevokeSigningKey, "revoke">;
  config: {
    readonly keys: { readonly revocationByTwo: boolean; readonly jwksMaxAgeSeconds: number };
  };
}

const RevokeForm = RevokeFields.extend({ csrf: z.string().optional() });

export function revokePage(deps: RevokePageDeps) {
  const { issuer, adminOrigin, cookies, keys, revokeSigningKey, clock } = deps;
  const { revocationByTwo, jwksMaxAgeSeconds } = deps.config.keys;

  /** GET /admin/keys/revoke. */
  async function show(ctx: Context): Promise<void> {
    const browser = cookies.read(ctx, "browser");
    const typed = readDraft(browser, readQuery(ctx, RevokeDraft));
    const path = Object.keys(typed).length > 0 ? draftPath(browser, typed) : REVOKE_PATH;
    const administrator = await findAdministrator(ctx, deps, path);
    if (!administrator) return;
    requireKeyAdministrator(administrator);
    if (!isFresh(administrator, clock.now()))
      return sendToSignIn(ctx, deps, { path, maxAgeSeconds: FRESH_SECONDS });
    await draw(ctx, administrator, typed);
  }

  /** POST /admin/keys/revoke. */
  async function submit(ctx: Context): Promise<void> {
    const browser = cookies.read(ctx, "browser");
    const act = await readKeyAct(ctx, deps, {
      action: REVOKE_PATH,
      schema: RevokeForm,
      back: ({ csrf: _, ...fields }) => draftPath(browser, fields),
    });
    if (!act) return;
    const { administrator, form, by } = act;
    const read = readRevocation(form, keyChoices(await keys.list(), clock.now()));
    if (read.kind === "incomplete") {
      ctx.status = 400;
      return draw(ctx, administrator, form, read.problems);
    }
    const { kid, refreshTokens, reason } = read.revocation;
    const result = await revokeSigningKey.revoke({ kid, refreshTokens, cause: { ...by, reason } });
    redirectTo(ctx, `${adminOrigin}${afterwards(kid, result)}`);
  }

  async function draw(
    ctx: Context,
    administrator: Administrator,
    { kid, refresh_tokens: refreshTokens, reason }: RevokeFields,
    problems: RevokeProblems = {},
  ): Promise<void> {
    // The form's answer may lead to the sign-in page, which is the issuer's.
    if (adminOrigin !== issuer) allowFormAction(ctx, issuer);
    render(ctx, "admin/revoke", {
      ...consoleModel(administrator, deps),
      action: REVOKE_PATH,
      csrf: csrfToken(administrator.sessionSecret, REVOKE_PATH),
      keys: keyChoices(await keys.list(), clock.now()),
      ...(revocationByTwo && { confirmWithinSeconds: CONFIRM_WITHIN_SECONDS }),
      inTouchSeconds: jwksMaxAgeSeconds,
      longestReason: LONGEST_REASON,
      kid,
      refreshTokens,
      reason,
      problems,
    });
  }

  return { show, submit };
}

/** Where the person sees what came of it. */
function afterwards(kid: string, { kind }: KeyRevocationResult): string {
  switch (kind) {
    case "revoked":
    case "already-revoked":
      return revokedPath(kid);
    case "unknown-key":
      return REVOKE_PATH;
    default:
      return `${KEYS_PATH}?done=${kind}`;
  }
}
