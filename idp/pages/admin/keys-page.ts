// The console's page about signing keys: what signs, what is next, when that is safe, and the button.
// Rotating is the same act as in the admin API; here it carries the administrator's name.
import type { Context } from "koa";
import { z } from "zod";
import type { KeyLifecycle, KeyView } from "../../../keys/key-lifecycle.ts";
import { csrfToken, requireCsrf, requireSameOrigin } from "../../http/csrf.ts";
import { readForm, readQuery } from "../../http/parse.ts";
import { render } from "../../http/render.ts";
import { cause } from "../../http/request-context.ts";
import { redirectTo } from "../../http/respond.ts";
import { allowFormAction } from "../../http/security-headers.ts";
import {
  type AdministratorDeps,
  FRESH_SECONDS,
  findAdministrator,
  isFresh,
  sendToSignIn,
} from "./administrator-page.ts";
import { keysPicture } from "./key-picture.ts";
import type { KeysModel } from "./keys-model.ts";

export interface AdminKeysPageDeps extends AdministratorDeps {
  /** Where the console is: the issuer, unless it has a port of its own. */
  adminOrigin: string;
  keys: Pick<KeyLifecycle, "list" | "rotate">;
}

const PATH = "/admin/keys";
const ROTATE = `${PATH}/rotate`;
/** How long the page says what was done; a link to it later must not say it again. */
const NEWS_SECONDS = 60;

const Done = z.object({ done: z.enum(["rotated", "lost-race"]).optional().catch(undefined) });
const RotateForm = z.object({
  csrf: z.string().optional(),
  reason: z.string().trim().max(500).optional(),
});

export const adminKeysPage = (deps: AdminKeysPageDeps) => {
  const { issuer, adminOrigin, keys, clock } = deps;

  /** GET /admin. */
  function home(ctx: Context): void {
    redirectTo(ctx, `${adminOrigin}${PATH}`);
  }

  /** GET /admin/keys. */
  async function show(ctx: Context): Promise<void> {
    const administrator = await findAdministrator(ctx, deps, PATH);
    if (!administrator) return;
    const { done } = readQuery(ctx, Done);
    const now = clock.now();
    const known = await keys.list();
    // The form's answer may lead to the sign-in page, which is the issuer's.
    if (adminOrigin !== issuer) allowFormAction(ctx, issuer);
    render(ctx, "admin/keys", {
      person: { name: administrator.name },
      now,
      keys: known,
      picture: keysPicture(known, now),
      rotate: {
        action: ROTATE,
        csrf: csrfToken(administrator.sessionSecret, ROTATE),
        refusal: refusal(known, now),
        needsFreshSignIn: !isFresh(administrator, now),
      },
      notice: notice(done, known, now),
    });
  }

  /** POST /admin/keys/rotate. */
  async function rotate(ctx: Context): Promise<void> {
    const administrator = await findAdministrator(ctx, deps, PATH);
    if (!administrator) return;
    requireSameOrigin(ctx, adminOrigin);
    const { csrf, reason } = await readForm(ctx, RotateForm);
    requireCsrf(csrf, administrator.sessionSecret, ROTATE);
    if (!isFresh(administrator, clock.now()))
      return sendToSignIn(ctx, deps, { path: PATH, maxAgeSeconds: FRESH_SECONDS });

    const result = await keys.rotate({
      ...cause(ctx, `account:${administrator.id}`),
      reason: reason || "rotated in the console",
    });
    // Too early: the page itself says why, and from when it is safe.
    const news = result.kind === "too-early" ? "" : `?done=${result.kind}`;
    redirectTo(ctx, `${adminOrigin}${PATH}${news}`);
  }

  return { home, show, rotate };
};

function refusal(keys: readonly KeyView[], now: Date): KeysModel["rotate"]["refusal"] {
  const safeFrom = keys
    .flatMap((key) => (key.state === "pending" && key.safeFrom ? [key.safeFrom] : []))
    .sort((a, b) => b.getTime() - a.getTime())[0];
  if (!safeFrom || safeFrom <= now) return undefined;
  return { reason: "A site would meet a seal it has never seen.", safeFrom };
}

function notice(
  done: "rotated" | "lost-race" | undefined,
  keys: readonly KeyView[],
  now: Date,
): KeysModel["notice"] {
  const active = keys.find(({ state }) => state === "active");
  const pending = keys.find(({ state }) => state === "pending");
  const activatedAt = active?.activatedAt?.getTime() ?? 0;
  if (!done || !active || !pending) return undefined;
  if (now.getTime() - activatedAt > NEWS_SECONDS * 1000) return undefined;
  return done === "rotated"
    ? { kind: "rotated", activated: active.kid, published: pending.kid }
    : { kind: "lost-race" };
}
