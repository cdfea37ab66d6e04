/**
 * The consent page (OIDC Core §3.1.2.4): says who asks for what and for how long, records the answer
 * and returns to /authorize. What is asked comes from the frozen request, never from the form.
 */
import type { Context } from "koa";
import { z } from "zod";
import type { Clock } from "../../../prisma/clock.ts";
import type { CookieJar } from "../../http/cookies.ts";
import { csrfToken, requireCsrf, requireSameOrigin } from "../../http/csrf.ts";
import { interactionGone, requireInteraction } from "../../http/interaction-door.ts";
import { readForm } from "../../http/parse.ts";
import { permissionLifetime, permissions } from "../../http/permissions.ts";
import { render } from "../../http/render.ts";
import { cause } from "../../http/request-context.ts";
import { redirectTo } from "../../http/respond.ts";
import { allowFormAction, crossOriginOpener } from "../../http/security-headers.ts";
import { siteView } from "../../http/site-view.ts";
import type { AuditStore } from "../../records/audit/audit-store.ts";
import type { Client, Resource } from "../../records/clients/client.ts";
import type { ConsentStore } from "../../records/consents/consent-store.ts";
import { scopesToAllow } from "../../records/interactions/interaction-request.ts";
import type { InteractionStore } from "../../records/interactions/interaction-store.ts";
import { waitingAuthorization } from "../../records/interactions/waiting-authorization.ts";
import type { SessionStore } from "../../records/sessions/session-store.ts";

export interface ConsentPageDeps {
  issuer: string;
  cookies: CookieJar;
  clients: {
    find(id: string): Promise<Client | undefined>;
    resources(): Promise<readonly Resource[]>;
  };
  sessions: Pick<SessionStore, "find">;
  interactions: Pick<InteractionStore, "find" | "recordConsent">;
  consents: Pick<ConsentStore, "record">;
  audit: Pick<AuditStore, "record">;
  lifetimes: {
    accessTokenSeconds: number;
    offlineIdleSeconds: number;
    offlineAbsoluteSeconds: number;
  };
  clock: Clock;
}

const ConsentForm = z.object({
  csrf: z.string().optional(),
  decision: z.enum(["allow", "deny"]).optional(),
});

export const consentPage = (deps: ConsentPageDeps) => {
  const { issuer, cookies, clients, sessions, interactions, consents, lifetimes, clock } = deps;

  /** GET /consent/:interaction. */
  async function show(ctx: Context): Promise<void> {
    const { interaction, browser, waiting, signedIn } = await visitOf(ctx);
    if (!signedIn) return redirectTo(ctx, `${issuer}/authorize/${interaction.id}`);
    const { request, client, redirectUri } = waiting;
    const { name, email, id } = signedIn.account;
    const resources = (await clients.resources()).filter(({ identifier }) =>
      request.resources.includes(identifier),
    );
    crossOriginOpener(ctx, "unsafe-none");
    allowFormAction(ctx, redirectUri);
    render(ctx, "consent", {
      issuerHost: new URL(issuer).host,
      client: siteView(client),
      resources: resources.map((resource) => ({ name: resource.name })),
      ...permissions(scopesToAllow(request), resources),
      lifetime: permissionLifetime(request.scopes, lifetimes),
      person: { name, email },
      notYou: `/sign-in/${interaction.id}`,
      action: `/consent/${interaction.id}`,
      csrf: csrfToken(browser, purpose(interaction.id, id)),
      passSeconds: lifetimes.accessTokenSeconds,
    });
  }

  /** POST /consent/:interaction. */
  async function submit(ctx: Context): Promise<void> {
    const { interaction, browser, waiting, signedIn } = await visitOf(ctx);
    requireSameOrigin(ctx, issuer);
    const { csrf, decision } = await readForm(ctx, ConsentForm);
    if (!signedIn) return redirectTo(ctx, `${issuer}/authorize/${interaction.id}`);
    requireCsrf(csrf, browser, purpose(interaction.id, signedIn.account.id));

    const { id: account } = signedIn.account;
    const scopes = scopesToAllow(waiting.request);
    const { resources } = waiting.request;
    const answeredBy = { id: interaction.id, browser, sessionId: signedIn.session.id };
    const now = clock.now();
    if (decision === "allow") {
      const by = cause(ctx, `account:${account}`);
      await consents.record(account, waiting.client.id, scopes, resources, now, by);
      await interactions.recordConsent(answeredBy, "allowed", scopes, now);
    } else if (decision === "deny") {
      await recordDenial(ctx, account, waiting.client.id, now);
      await interactions.recordConsent(answeredBy, "denied", [], now);
    }
    redirectTo(ctx, `${issuer}/authorize/${interaction.id}`);
  }

  function recordDenial(ctx: Context, accountId: string, clientId: string, at: Date) {
    const by = cause(ctx, `account:${accountId}`);
    const denied = { kind: "consent.denied", outcome: "refused", accountId, clientId } as const;
    return deps.audit.record({ at, ...by, ...denied });
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

/** Bound to the person the page named: nobody consents for whoever is signed in by then. */
const purpose = (interaction: string, account: string) => `consent:${interaction}:${account}`;
