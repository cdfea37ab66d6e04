/**
 * GET /admin/keys: what signs, what waits, who is ready for it, what was done and what may be done. The
 * acts have pages of their own.
 */
import type { Context } from "koa";
import { z } from "zod";
import { csrfToken } from "../../http/csrf.ts";
import { readQuery } from "../../http/parse.ts";
import { render } from "../../http/render.ts";
import { redirectTo } from "../../http/respond.ts";
import { allowFormAction } from "../../http/security-headers.ts";
import {
  type Administrator,
  type AdministratorDeps,
  consoleModel,
  findAdministrator,
  isFresh,
} from "./administrator-page.ts";
import type { Notice } from "./console-model.ts";
import { keyHistory } from "./key-history.ts";
import { DRILL_PATH, KEYS_PATH, REVOKE_PATH, ROTATE_PATH } from "./key-paths.ts";
import { keysPicture } from "./key-picture.ts";
import { keyWarnings } from "./key-warnings.ts";
import { type KeysFacts, type KeysFactsDeps, keysFacts } from "./keys-facts.ts";
import type { ActsModel } from "./keys-model.ts";
import { NEWS, noticeOf } from "./keys-news.ts";
import { PICTURE_SPANS } from "./picture-axis.ts";
import { type RotateStanding, rotateStanding } from "./rotate-standing.ts";
import { shownKeys } from "./shown-keys.ts";
import { waitingRevocations } from "./waiting-revocations.ts";

export interface AdminKeysPageDeps extends AdministratorDeps, KeysFactsDeps {
  config: KeysFactsDeps["config"] & {
    /** Settings that make Signet weaker than it is by itself. */
    readonly weakenings: readonly Pick<Notice, "title" | "text">[];
    readonly keys: { readonly rotationSeconds: number; readonly revocationByTwo: boolean };
  };
}

const Query = z.object({
  done: z.enum(NEWS).optional().catch(undefined),
  span: z.enum(PICTURE_SPANS).catch("now"),
});

export const adminKeysPage = (deps: AdminKeysPageDeps) => {
  const { issuer, adminOrigin, clock } = deps;
  const { keys: keyRules, weakenings } = deps.config;
  const { rotationSeconds, changesPerDay, revocationByTwo } = keyRules;

  /** GET /admin. */
  function home(ctx: Context): void {
    redirectTo(ctx, `${adminOrigin}${KEYS_PATH}`);
  }

  /** GET /admin/keys. */
  async function show(ctx: Context): Promise<void> {
    const administrator = await findAdministrator(ctx, deps, KEYS_PATH);
    if (!administrator) return;
    const { done, span } = readQuery(ctx, Query);
    const now = clock.now();
    const facts = await keysFacts(deps, now);
    const { keys, requests, names } = facts;
    const standing = rotateStanding({ ...facts, changesPerDay, now });
    // A form's answer may lead to the sign-in page, which is the issuer's.
    if (adminOrigin !== issuer) allowFormAction(ctx, issuer);
    render(ctx, "admin/keys", {
      ...consoleModel(administrator, deps),
      ...shownKeys(keys),
      picture: keysPicture(keys, now, span),
      span,
      scheduledAt: facts.readiness.scheduledAt,
      notice: noticeOf(done, { ...facts, rotate: standing, now }),
      warnings: [
        ...keyWarnings(keys, { rotationSeconds, now }),
        ...weakenings.map(({ title, text }): Notice => ({ tone: "wait", title, text })),
      ],
      waiting: waitingRevocations(requests, administrator, names),
      ready: facts.ready,
      acts: acts(administrator, facts, standing),
      history: keyHistory(facts.events, names),
    });
  }

  function acts(
    administrator: Administrator,
    { ready, changesToday }: KeysFacts,
    standing: RotateStanding,
  ): ActsModel {
    const act = (action: string) => ({
      action,
      csrf: csrfToken(administrator.sessionSecret, action),
    });
    return {
      mayAct: administrator.isKeyAdmin,
      needsFreshSignIn: !isFresh(administrator, clock.now()),
      rotate: { ...act(ROTATE_PATH), standing },
      drill: { ...act(DRILL_PATH), sites: ready.askable },
      revoke: REVOKE_PATH,
      revokeByTwo: revocationByTwo,
      changesToday: changesToday.length,
      changesPerDay,
    };
  }

  return { home, show };
};
