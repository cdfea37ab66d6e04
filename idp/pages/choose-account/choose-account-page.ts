/**
 * The page for prompt=select_account (OIDC Core §3.1.2.1): go on as whoever is signed in, or sign in
 * as somebody else. Records the choice and returns to /authorize.
 */
import type { Context } from "koa";
import { z } from "zod";
import type { Clock } from "../../../prisma/clock.ts";
import type { CookieJar } from "../../http/cookies.ts";
import { csrfToken, requireCsrf, requireSameOrigin } from "../../http/csrf.ts";
import { interactionGone, requireInteraction } from "../../http/interaction-door.ts";
import { readForm } from "../../http/parse.ts";
import { render } from "../../http/render.ts";
import { redirectTo } from "../../http/respond.ts";
import { allowFormAction, crossOriginOpener } from "../../http/security-headers.ts";
import { siteView } from "../../http/site-view.ts";
import type { Client } from "../../records/clients/client.ts";
import type { InteractionStore } from "../../records/interactions/interaction-store.ts";
import { waitingAuthorization } from "../../records/interactions/waiting-authorization.ts";
import type { SessionStore } from "../../records/sessions/session-store.ts";

export interface ChooseAccountPageDeps {
  issuer: string;
  cookies: CookieJar;
  clients: { find(id: string): Promise<Client | undefined> };
  sessions: Pick<SessionStore, "find">;
  interactions: Pick<InteractionStore, "find" | "recordAccountChoice">;
  clock: Clock;
}

const ChoiceForm = z.object({
  csrf: z.string().optional(),
  choice: z.enum(["continue", "another"]).optional(),
});

export const chooseAccountPage = (deps: ChooseAccountPageDeps) => {
  const { issuer, cookies, clients, sessions, interactions, clock } = deps;

  /** GET /choose-account/:interaction. */
  async function show(ctx: Context): Promise<void> {
    const { interaction, browser, waiting, signedIn } = await visitOf(ctx);
    if (!signedIn) return redirectTo(ctx, `${issuer}/authorize/${interaction.id}`);
    crossOriginOpener(ctx, "unsafe-none");
    allowFormAction(ctx, waiting.redirectUri);
    const { name, email, id } = signedIn.account;
    render(ctx, "choose-account", {
      issuerHost: new URL(issuer).host,
      client: siteView(waiting.client),
      person: { name, email },
      action: `/choose-account/${interaction.id}`,
      csrf: csrfToken(browser, purpose(interaction.id, id)),
    });
  }

  /** POST /choose-account/:interaction. */
  async function submit(ctx: Context): Promise<void> {
    const { interaction, browser, signedIn } = await visitOf(ctx);
    requireSameOrigin(ctx, issuer);
    const { csrf, choice } = await readForm(ctx, ChoiceForm);
    if (!signedIn) return redirectTo(ctx, `${issuer}/authorize/${interaction.id}`);
    requireCsrf(csrf, browser, purpose(interaction.id, signedIn.account.id));
    if (choice === "another") return redirectTo(ctx, `${issuer}/sign-in/${interaction.id}`);
    if (choice === "continue") {
      const by = { id: interaction.id, browser, sessionId: signedIn.session.id };
      await interactions.recordAccountChoice(by, clock.now());
    }
    redirectTo(ctx, `${issuer}/authorize/${interaction.id}`);
  }

  async function visitOf(ctx: Context) {
    const { interaction, browser } = await requireInteraction(ctx, deps);
    const waiting = await waitingAuthorization(interaction, clients);
    if (!waiting) throw interactionGone();
    const secret = cookies.read(ctx, "session");
    const signedIn = secret ? await sessions.find(secret, clock.now()) : undefined;
    return { interaction, browser, waiting, signedIn };
  }

  return { show, submit };
};

/** Bound to the person the page named: it cannot be answered for whoever is signed in by then. */
const purpose = (interaction: string, account: string) =>
  `choose-account:${interaction}:${account}`;
