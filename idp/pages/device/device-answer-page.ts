/**
 * GET and POST /device/:interaction: who asks, for what, and by which code; the person allows it or does not
 * (RFC 8628 §3.3). Everybody is asked, also for the company's own sites: whoever sent the person here may hold
 * the device (§5.4). The interaction is this browser's alone, and the first answer counts.
 */
import type { Context } from "koa";
import { z } from "zod";
import type { Clock } from "../../../prisma/clock.ts";
import type { CookieJar } from "../../http/cookies.ts";
import { csrfToken, requireCsrf, requireSameOrigin } from "../../http/csrf.ts";
import { interactionGone, requireInteraction } from "../../http/interaction-door.ts";
import { sendToSignIn } from "../../http/own-page-door.ts";
import { readForm } from "../../http/parse.ts";
import { permissionLifetime, permissions } from "../../http/permissions.ts";
import { render } from "../../http/render.ts";
import { cause } from "../../http/request-context.ts";
import { siteView } from "../../http/site-view.ts";
import type { AuditStore } from "../../records/audit/audit-store.ts";
import type { Client, Resource } from "../../records/clients/client.ts";
import type { ConsentStore } from "../../records/consents/consent-store.ts";
import type { DeviceCodeStore, DeviceRequest } from "../../records/grants/device-code-store.ts";
import { newIdentifier } from "../../records/identifier.ts";
import type { Interaction } from "../../records/interactions/interaction.ts";
import { DeviceAnswerRequest } from "../../records/interactions/interaction-request.ts";
import type { InteractionStore } from "../../records/interactions/interaction-store.ts";
import type { Session } from "../../records/sessions/session.ts";
import type { SessionStore } from "../../records/sessions/session-store.ts";

export interface DeviceAnswerPageDeps {
  issuer: string;
  cookies: CookieJar;
  clients: {
    find(id: string): Promise<Client | undefined>;
    resources(): Promise<readonly Resource[]>;
  };
  sessions: Pick<SessionStore, "find">;
  interactions: Pick<InteractionStore, "open" | "find" | "close">;
  deviceCodes: Pick<DeviceCodeStore, "findWaiting" | "allow" | "deny">;
  consents: Pick<ConsentStore, "record">;
  audit: Pick<AuditStore, "record">;
  lifetimes: {
    accessTokenSeconds: number;
    offlineIdleSeconds: number;
    offlineAbsoluteSeconds: number;
  };
  clock: Clock;
}

const AnswerForm = z.object({
  csrf: z.string().optional(),
  decision: z.enum(["allow", "deny"]).optional(),
});

export const deviceAnswerPage = (deps: DeviceAnswerPageDeps) => {
  const { issuer, cookies, clients, sessions, interactions, deviceCodes, lifetimes, clock } = deps;
  const issuerHost = new URL(issuer).host;

  async function show(ctx: Context): Promise<void> {
    const visit = await visitOf(ctx);
    if (!visit) return;
    const { interaction, browser, client, request, userCode, signedIn } = visit;
    const resources = (await clients.resources()).filter(({ identifier }) =>
      request.resources.includes(identifier),
    );
    const { id, name, email } = signedIn.account;
    render(ctx, "device/answer", {
      issuerHost,
      client: siteView(client),
      resources: resources.map((resource) => ({ name: resource.name })),
      userCode,
      ...permissions(request.scopes, resources),
      lifetime: permissionLifetime(request.scopes, lifetimes),
      person: { name, email },
      action: `/device/${interaction.id}`,
      csrf: csrfToken(browser, purpose(interaction, id)),
      passSeconds: lifetimes.accessTokenSeconds,
    });
  }

  async function submit(ctx: Context): Promise<void> {
    const visit = await visitOf(ctx);
    if (!visit) return;
    const { interaction, browser, client, request, signedIn } = visit;
    requireSameOrigin(ctx, issuer);
    const { csrf, decision } = await readForm(ctx, AnswerForm);
    requireCsrf(csrf, browser, purpose(interaction, signedIn.account.id));
    if (decision === undefined) return show(ctx);
    if (!(await interactions.close(interaction.id, browser))) throw interactionGone();
    const isFirst =
      decision === "allow"
        ? await allow(ctx, client, request, signedIn.session)
        : await deny(ctx, client, request, signedIn.session);
    const said = decision === "allow" ? "allowed" : "denied";
    const outcome = isFirst ? said : "late";
    render(ctx, "device/answered", { issuerHost, client: siteView(client), outcome });
  }

  async function allow(
    ctx: Context,
    client: Client,
    { codeHash, scopes, resources }: DeviceRequest,
    session: Session,
  ): Promise<boolean> {
    const { accountId, authenticatedAt, acr, amr } = session;
    const by = cause(ctx, `account:${accountId}`);
    const now = clock.now();
    await deps.consents.record(accountId, client.id, scopes, resources, now, by);
    return deviceCodes.allow(
      codeHash,
      {
        session,
        accountId,
        clientId: client.id,
        sid: newIdentifier(),
        kind: scopes.includes("offline_access") ? "offline" : "session",
        scopes,
        resources,
        authenticatedAt,
        acr,
        amr,
        cause: by,
      },
      now,
    );
  }

  async function deny(
    ctx: Context,
    { id: clientId }: Client,
    { codeHash }: DeviceRequest,
    { accountId }: Session,
  ): Promise<boolean> {
    const now = clock.now();
    if (!(await deviceCodes.deny(codeHash, now))) return false;
    const by = cause(ctx, `account:${accountId}`);
    const denied = { kind: "consent.denied", outcome: "refused", accountId, clientId } as const;
    await deps.audit.record({ at: now, ...by, ...denied });
    return true;
  }

  /** Whoever signed out meanwhile signs in again, and types the code again. */
  async function visitOf(ctx: Context) {
    const { interaction, browser } = await requireInteraction(ctx, deps);
    const kept = DeviceAnswerRequest.safeParse(interaction.request);
    if (interaction.kind !== "device" || !kept.success) throw interactionGone();
    const { codeHash, userCode } = kept.data;
    const request = await deviceCodes.findWaiting({ codeHash }, clock.now());
    const client = request && (await clients.find(request.clientId));
    if (!request || !client || client.disabledAt) throw interactionGone();
    const secret = cookies.read(ctx, "session");
    const signedIn = secret ? await sessions.find(secret, clock.now()) : undefined;
    if (!signedIn) {
      await sendToSignIn(ctx, deps, { path: "/device" });
      return undefined;
    }
    return { interaction, browser, client, request, userCode, signedIn };
  }

  return { show, submit };
};

/** Bound to the person the page named: nobody answers for whoever is signed in by then. */
const purpose = ({ id }: Interaction, account: string) => `device:${id}:${account}`;
