/**
 * GET and POST /logout, the end session endpoint (RP-Initiated Logout §2), and /logout/:interaction,
 * where the person is asked when nobody else may decide. What ends, ends in `ending`; what ended is
 * told at /signed-out.
 */
import type { Context } from "koa";
import { z } from "zod";
import type { Clock } from "../../../prisma/clock.ts";
import type { SignOut } from "../../ending/sign-out.ts";
import { withQuery } from "../../http/authorization-response.ts";
import type { CookieJar } from "../../http/cookies.ts";
import { csrfToken, requireCsrf, requireSameOrigin } from "../../http/csrf.ts";
import { interactionGone, requireInteraction } from "../../http/interaction-door.ts";
import { formParameters, queryParameters, readForm } from "../../http/parse.ts";
import { render } from "../../http/render.ts";
import { cause } from "../../http/request-context.ts";
import { redirectTo } from "../../http/respond.ts";
import { allowFormAction } from "../../http/security-headers.ts";
import { siteView } from "../../http/site-view.ts";
import { newCredential } from "../../protocol/credential.ts";
import type { Client } from "../../records/clients/client.ts";
import type { Interaction } from "../../records/interactions/interaction.ts";
import { SignOutRequest } from "../../records/interactions/interaction-request.ts";
import type { InteractionStore } from "../../records/interactions/interaction-store.ts";
import type { Session } from "../../records/sessions/session.ts";
import type { SessionStore } from "../../records/sessions/session-store.ts";
import type { Subjects } from "../../records/subjects/subjects.ts";
import { decideLogout } from "./decide-logout.ts";
import { logoutRequestReader, type ReadLogoutDeps } from "./logout-request.ts";

export interface EndSessionDeps extends ReadLogoutDeps {
  issuer: string;
  cookies: CookieJar;
  sessions: Pick<SessionStore, "find" | "clientsOf">;
  interactions: Pick<InteractionStore, "open" | "find" | "close">;
  subjects: Pick<Subjects, "of">;
  signOut: SignOut;
  clock: Clock;
}

const ConfirmForm = z.object({ csrf: z.string().optional() });

export const endSessionEndpoint = (deps: EndSessionDeps) => {
  const { issuer, cookies, clients, sessions, subjects, interactions, signOut, clock } = deps;
  const readRequest = logoutRequestReader(deps);

  /** GET and POST /logout. */
  async function begin(ctx: Context): Promise<void> {
    const isPost = ctx.method === "POST";
    const request = await readRequest(isPost ? await formParameters(ctx) : queryParameters(ctx));
    // A form from another site comes without our Lax cookies; the GET it is sent on to brings them.
    if (isPost && !cookies.read(ctx, "session")) await askLater(ctx, request);
    else await carryOut(ctx, request);
  }

  /** GET /logout/:interaction. */
  async function ask(ctx: Context): Promise<void> {
    const { interaction, browser } = await requireInteraction(ctx, deps);
    await carryOut(ctx, requestOf(interaction), { interaction, browser });
  }

  /** POST /logout/:interaction: the person said yes. */
  async function confirm(ctx: Context): Promise<void> {
    const { interaction, browser } = await requireInteraction(ctx, deps);
    requireSameOrigin(ctx, issuer);
    const { csrf } = await readForm(ctx, ConfirmForm);
    requireCsrf(csrf, browser, purpose(interaction));
    const request = requestOf(interaction);
    if (!(await interactions.close(interaction.id, browser))) throw interactionGone();
    const signedIn = await currentSession(ctx);
    if (signedIn) await end(ctx, signedIn.session, request);
    else goOn(ctx, request);
  }

  async function carryOut(
    ctx: Context,
    request: SignOutRequest,
    open?: { interaction: Interaction; browser: string },
  ): Promise<void> {
    const signedIn = await currentSession(ctx);
    const visited = signedIn ? await sessions.clientsOf(signedIn.session.id) : [];
    const asking = await clients.find(request.clientId ?? "");
    const person = signedIn && {
      subject: subjects.of(asking ?? {}, signedIn.session.accountId),
    };
    switch (decideLogout(request, person, visited)) {
      case "nothing-to-end":
        return goOn(ctx, request);
      case "end":
        return signedIn && end(ctx, signedIn.session, request);
      case "ask":
        if (!open) return askLater(ctx, request);
        await draw(ctx, request, open, visited, signedIn?.account);
    }
  }

  async function end(ctx: Context, session: Session, request: SignOutRequest): Promise<void> {
    const asking = request.hint && request.clientId;
    const by = cause(ctx, `account:${session.accountId}`);
    const asked = { session, everywhere: false, endedItself: asking };
    const receipt = await signOut(asked, clock.now(), by);
    cookies.clear(ctx, "session");
    const isWanted = request.redirectUri === undefined || (await someHearInBrowsers(receipt.sites));
    if (!isWanted) return goOn(ctx, request);
    const onward = request.redirectUri === undefined ? {} : { onward: whereOn(request) };
    const { id } = await keep(ctx, { ...receipt, ...onward });
    redirectTo(ctx, `${issuer}/signed-out?receipt=${id}`);
  }

  /** These are asked by a page of ours, which cannot be left out (OIDC Front-Channel Logout §3). */
  async function someHearInBrowsers(visited: readonly { clientId: string }[]): Promise<boolean> {
    const sites = await Promise.all(visited.map(({ clientId }) => clients.find(clientId)));
    return sites.some((site) => site?.frontchannelLogoutUri !== undefined && !site.disabledAt);
  }

  /** To the verified redirect, with its state (RP-Initiated Logout §3), or to a page of ours. */
  const goOn = (ctx: Context, request: SignOutRequest): void => redirectTo(ctx, whereOn(request));

  function whereOn({ redirectUri, state }: SignOutRequest): string {
    const onward = redirectUri ?? `${issuer}/signed-out`;
    return withQuery(onward, state === undefined ? {} : { state });
  }

  async function askLater(ctx: Context, request: SignOutRequest): Promise<void> {
    const { id } = await keep(ctx, request);
    redirectTo(ctx, `${issuer}/logout/${id}`);
  }

  function keep(ctx: Context, request: unknown): Promise<Interaction> {
    const browser = cookies.read(ctx, "browser") ?? newCredential("browser");
    cookies.set(ctx, "browser", browser);
    return interactions.open({ browser, kind: "sign-out", request }, clock.now());
  }

  async function draw(
    ctx: Context,
    request: SignOutRequest,
    { interaction, browser }: { interaction: Interaction; browser: string },
    visited: readonly { clientId: string }[],
    person: { name: string; email: string } | undefined,
  ): Promise<void> {
    const asking =
      request.clientId === undefined ? undefined : await clients.find(request.clientId);
    const sites = await Promise.all(visited.map(({ clientId }) => clients.find(clientId)));
    if (request.redirectUri !== undefined) allowFormAction(ctx, request.redirectUri);
    render(ctx, "sign-out", {
      issuerHost: new URL(issuer).host,
      person: person && { name: person.name, email: person.email },
      client: asking && siteView(asking),
      sites: sites.filter((site): site is Client => site !== undefined).map(siteView),
      action: `/logout/${interaction.id}`,
      csrf: csrfToken(browser, purpose(interaction)),
      stay: "/",
    });
  }

  async function currentSession(ctx: Context) {
    const secret = cookies.read(ctx, "session");
    return secret ? sessions.find(secret, clock.now()) : undefined;
  }

  return { begin, ask, confirm };
};

/** @throws PageProblem when the interaction is for something else */
function requestOf(interaction: Interaction): SignOutRequest {
  const request = SignOutRequest.safeParse(interaction.request);
  if (interaction.kind !== "sign-out" || !request.success) throw interactionGone();
  return request.data;
}

const purpose = ({ id }: Interaction) => `sign-out:${id}`;
