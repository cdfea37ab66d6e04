/**
 * GET and POST /authorize, and GET /authorize/:interaction, where every page returns to (RFC 6749
 * §4.1.1, OIDC Core §3.1.2). Reads, asks `decide` what is next, and does that one thing: a silent
 * request costs one read and one write. What people see belongs to the pages.
 */
import type { Context } from "koa";
import type { Clock } from "../../../prisma/clock.ts";
import {
  AuthorizationRefused,
  responseTarget,
  type SendAuthorizationResponse,
} from "../../http/authorization-response.ts";
import type { CookieJar } from "../../http/cookies.ts";
import { interactionGone, requireInteraction } from "../../http/interaction-door.ts";
import type { OwnPageUrl } from "../../http/own-pages.ts";
import { formParameters, queryParameters } from "../../http/parse.ts";
import { cause } from "../../http/request-context.ts";
import { redirectTo } from "../../http/respond.ts";
import { crossOriginOpener } from "../../http/security-headers.ts";
import { newCredential } from "../../protocol/credential.ts";
import type { AuthorizationStore } from "../../records/grants/authorization-store.ts";
import { newIdentifier } from "../../records/identifier.ts";
import type { Interaction } from "../../records/interactions/interaction.ts";
import { OwnPageRequest, scopesToAllow } from "../../records/interactions/interaction-request.ts";
import type { InteractionStore } from "../../records/interactions/interaction-store.ts";
import {
  type WaitingAuthorization,
  waitingAuthorization,
} from "../../records/interactions/waiting-authorization.ts";
import type { Session } from "../../records/sessions/session.ts";
import type { SessionStore } from "../../records/sessions/session-store.ts";
import type { Subjects } from "../../records/subjects/subjects.ts";
import { authorizationRequestReader, type ReadRequestDeps } from "./authorization-request.ts";
import { type AuthorizationDecision, decide } from "./decide.ts";
import { decideOwnPage } from "./decide-own-page.ts";
import { isPushed, type PushedRequestDeps, takePushedRequest } from "./pushed-request.ts";

export interface AuthorizeDeps extends ReadRequestDeps {
  pushedRequests: PushedRequestDeps["pushedRequests"];
  issuer: string;
  cookies: CookieJar;
  sessions: Pick<SessionStore, "find">;
  interactions: Pick<InteractionStore, "open" | "find" | "close">;
  authorizations: Pick<AuthorizationStore, "read" | "issue">;
  subjects: Pick<Subjects, "of">;
  sendAuthorizationResponse: SendAuthorizationResponse;
  ownPageUrl: OwnPageUrl;
  clock: Clock;
}

type Asked = WaitingAuthorization;
type IssueCode = Extract<AuthorizationDecision<Session>, { kind: "issue-code" }>;

export const authorizeEndpoint = (deps: AuthorizeDeps) => {
  const { issuer, cookies, sessions, interactions, authorizations, clients, subjects, clock } =
    deps;
  const readRequest = authorizationRequestReader(deps);

  /** GET and POST /authorize. */
  async function begin(ctx: Context): Promise<void> {
    crossOriginOpener(ctx, "unsafe-none");
    const isPost = ctx.method === "POST";
    const parameters = isPost ? await formParameters(ctx) : queryParameters(ctx);
    const asked = isPushed(parameters)
      ? await takePushedRequest(parameters, deps)
      : await readRequest(parameters);
    // A form from another site comes without our Lax cookies; the GET it is sent on to brings them.
    if (isPost && !cookies.read(ctx, "session")) await startOver(ctx, asked);
    else await carryOut(ctx, asked);
  }

  /** GET /authorize/:interaction. */
  async function resume(ctx: Context): Promise<void> {
    crossOriginOpener(ctx, "unsafe-none");
    const { interaction } = await requireInteraction(ctx, deps);
    if (interaction.kind === "own-page") return resumeOwnPage(ctx, interaction);
    const asked = await waitingAuthorization(interaction, clients);
    if (!asked) throw interactionGone();
    await carryOut(ctx, asked, interaction);
  }

  async function carryOut(ctx: Context, asked: Asked, progress?: Interaction): Promise<void> {
    const { request, client } = asked;
    const now = clock.now();
    const sessionSecret = cookies.read(ctx, "session");
    const known = await authorizations.read({ sessionSecret, clientId: client.id }, now);
    const { session, consent } = known;
    const subject = session && subjects.of(client, session.accountId);
    const decision = decide({ request, client, session, subject, consent, progress, now });

    switch (decision.kind) {
      case "sign-in":
      case "step-up":
        return goTo(ctx, "sign-in", progress ?? (await open(ctx, asked)));
      case "choose-account":
        return goTo(ctx, "choose-account", progress ?? (await open(ctx, asked)));
      case "ask-consent":
        return goTo(ctx, "consent", progress ?? (await open(ctx, asked)));
      case "refuse":
        await consume(ctx, progress);
        throw new AuthorizationRefused(responseTarget(asked), decision.error);
      case "issue-code": {
        await consume(ctx, progress);
        const code = await issue(ctx, asked, decision, now);
        // The session ended, or the client was disabled, between the read and the write.
        if (code === undefined) return startOver(ctx, asked);
        return deps.sendAuthorizationResponse(ctx, responseTarget(asked), { code });
      }
    }
  }

  /** @returns undefined when what the decision rests on does not hold any more */
  async function issue(
    ctx: Context,
    { request, client }: Asked,
    { session, scopes, grantKind }: IssueCode,
    now: Date,
  ): Promise<string | undefined> {
    const code = newCredential("code");
    const { accountId, authenticatedAt, acr, amr } = session;
    const { claims, resources, redirectUri, codeChallenge, nonce } = request;
    const issued = await authorizations.issue(
      {
        session,
        accountId,
        authenticatedAt,
        acr,
        amr,
        clientId: client.id,
        sid: newIdentifier(),
        kind: grantKind,
        scopes,
        scopesToAllow: scopesToAllow({ scopes, claims }),
        claims,
        resources,
        redirectUri,
        codeChallenge,
        nonce,
        code,
        cause: cause(ctx, `account:${accountId}`),
      },
      now,
    );
    return issued.kind === "issued" ? code : undefined;
  }

  async function resumeOwnPage(ctx: Context, interaction: Interaction): Promise<void> {
    const now = clock.now();
    const request = OwnPageRequest.parse(interaction.request);
    const secret = cookies.read(ctx, "session");
    const signedIn = secret ? await sessions.find(secret, now) : undefined;
    const next = decideOwnPage(request, signedIn?.session, interaction, now);
    if (next === "sign-in") return goTo(ctx, "sign-in", interaction);
    await consume(ctx, interaction);
    redirectTo(ctx, deps.ownPageUrl(request.path));
  }

  /** Keeps the request on the server, for this browser alone. */
  async function open(ctx: Context, { request, client }: Asked): Promise<Interaction> {
    const browser = cookies.read(ctx, "browser") ?? newCredential("browser");
    cookies.set(ctx, "browser", browser);
    const opened = { browser, kind: "authorization", clientId: client.id, request } as const;
    return interactions.open(opened, clock.now());
  }

  /** An interaction ends in one answer, however many tabs come back with it at once. */
  async function consume(ctx: Context, interaction: Interaction | undefined): Promise<void> {
    if (!interaction) return;
    const isFirst = await interactions.close(interaction.id, cookies.read(ctx, "browser") ?? "");
    if (!isFirst) throw interactionGone();
  }

  async function startOver(ctx: Context, asked: Asked): Promise<void> {
    const { id } = await open(ctx, asked);
    redirectTo(ctx, `${issuer}/authorize/${id}`);
  }

  function goTo(ctx: Context, page: string, { id }: Interaction): void {
    redirectTo(ctx, `${issuer}/${page}/${id}`);
  }

  return { begin, resume };
};
