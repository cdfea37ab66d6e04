/**
 * The sign-in page (OIDC Core §3.1.2.3): takes an e-mail and a password, records who has proved to be
 * whom, and returns to /authorize, which alone decides what that is enough for.
 */
import type { Context } from "koa";
import { z } from "zod";
import type { KeyRing } from "../../../keys/key-ring.ts";
import type { Clock } from "../../../prisma/clock.ts";
import { AuthorizationRefused, responseTarget } from "../../http/authorization-response.ts";
import type { CookieJar } from "../../http/cookies.ts";
import { csrfToken, requireCsrf, requireSameOrigin } from "../../http/csrf.ts";
import { interactionGone, requireInteraction } from "../../http/interaction-door.ts";
import type { OwnPageUrl } from "../../http/own-pages.ts";
import { readForm } from "../../http/parse.ts";
import { render } from "../../http/render.ts";
import { cause, requestContext } from "../../http/request-context.ts";
import { redirectTo } from "../../http/respond.ts";
import { allowFormAction, crossOriginOpener } from "../../http/security-headers.ts";
import { siteView } from "../../http/site-view.ts";
import { newCredential } from "../../protocol/credential.ts";
import { accessDenied } from "../../protocol/oauth-error.ts";
import type { Account } from "../../records/accounts/account.ts";
import { AccountNotEnabled } from "../../records/accounts/account.ts";
import type { AuthenticatePassword } from "../../records/accounts/authenticate.ts";
import { Overloaded } from "../../records/accounts/hashing-lane.ts";
import type { Client } from "../../records/clients/client.ts";
import type { Interaction } from "../../records/interactions/interaction.ts";
import { OwnPageRequest } from "../../records/interactions/interaction-request.ts";
import type { InteractionStore } from "../../records/interactions/interaction-store.ts";
import {
  type WaitingAuthorization,
  waitingAuthorization,
} from "../../records/interactions/waiting-authorization.ts";
import { deviceExpiresAt } from "../../records/sessions/known-device-store.ts";
import type { SessionStore } from "../../records/sessions/session-store.ts";
import type { Subjects } from "../../records/subjects/subjects.ts";
import { expectedPerson } from "./expected-person.ts";
import type { LoginProblem } from "./login-model.ts";

export interface LoginPageDeps {
  issuer: string;
  cookies: CookieJar;
  clients: { find(id: string): Promise<Client | undefined> };
  sessions: Pick<SessionStore, "find" | "begin">;
  interactions: Pick<InteractionStore, "find" | "recordAuthentication" | "close">;
  subjects: Pick<Subjects, "of">;
  authenticatePassword: AuthenticatePassword;
  ring: Pick<KeyRing, "activeKid">;
  lifetimes: { accessTokenSeconds: number };
  ownPageUrl: OwnPageUrl;
  clock: Clock;
}

const CsrfForm = z.object({ csrf: z.string().optional() });
const LoginForm = CsrfForm.extend({
  email: z.string().optional(),
  password: z.string().optional(),
});

/** What may have been there of a person, and where they are going. */
interface Visit {
  interaction: Interaction;
  browser: string;
  /** Absent when one of our own pages is where they are going. */
  waiting?: WaitingAuthorization;
}

type Outcome = { kind: "authenticated"; account: Account } | LoginProblem;

export const loginPage = (deps: LoginPageDeps) => {
  const {
    issuer,
    cookies,
    clients,
    sessions,
    subjects,
    interactions,
    authenticatePassword,
    clock,
  } = deps;

  /** GET /sign-in/:interaction. */
  async function show(ctx: Context): Promise<void> {
    const visit = await visitOf(ctx);
    const secret = cookies.read(ctx, "session");
    const signedIn = secret ? await sessions.find(secret, clock.now()) : undefined;
    const expected = expectedPerson(
      visit.waiting?.request,
      signedIn && { email: signedIn.account.email, subject: subjectOf(visit, signedIn.account) },
    );
    draw(ctx, visit, expected);
  }

  /** POST /sign-in/:interaction. */
  async function submit(ctx: Context): Promise<void> {
    const visit = await visitOf(ctx);
    requireSameOrigin(ctx, issuer);
    const form = await readForm(ctx, LoginForm);
    requireCsrf(form.csrf, visit.browser, purpose(visit.interaction));

    const outcome = await authenticate(ctx, form.email, form.password);
    if (outcome.kind !== "authenticated") return refuse(ctx, visit, form.email, outcome);
    const isBegun = await beginSession(ctx, visit, outcome.account);
    if (!isBegun) return refuse(ctx, visit, form.email, { kind: "refused" });
    redirectTo(ctx, `${issuer}/authorize/${visit.interaction.id}`);
  }

  /** POST /sign-in/:interaction/cancel: the person goes back, and the client learns so. */
  async function cancel(ctx: Context): Promise<void> {
    const { interaction, browser, waiting } = await visitOf(ctx);
    requireSameOrigin(ctx, issuer);
    const { csrf } = await readForm(ctx, CsrfForm);
    requireCsrf(csrf, browser, purpose(interaction));
    if (!(await interactions.close(interaction.id, browser))) throw interactionGone();
    if (!waiting) return redirectTo(ctx, `${issuer}/`);
    throw new AuthorizationRefused(
      responseTarget(waiting),
      accessDenied("The person did not sign in"),
    );
  }

  /** What the client that asks calls somebody; a page of ours knows them by their account. */
  const subjectOf = ({ waiting }: Visit, { id }: Pick<Account, "id">) =>
    waiting ? subjects.of(waiting.client, id) : id;

  const ownPage = ({ request }: Interaction) => OwnPageRequest.parse(request);

  async function visitOf(ctx: Context): Promise<Visit> {
    const { interaction, browser } = await requireInteraction(ctx, deps);
    if (interaction.kind === "own-page") return { interaction, browser };
    const waiting = await waitingAuthorization(interaction, clients);
    if (!waiting) throw interactionGone();
    return { interaction, browser, waiting };
  }

  async function authenticate(
    ctx: Context,
    email: string | undefined,
    password: string | undefined,
  ): Promise<Outcome> {
    if (email === undefined || password === undefined) return { kind: "incomplete" };
    const { address } = requestContext(ctx);
    try {
      const answer = await authenticatePassword(
        email,
        password,
        address,
        clock.now(),
        cause(ctx, "anonymous"),
      );
      return answer.kind === "throttled"
        ? { kind: "throttled", seconds: answer.retryAfterSeconds }
        : answer;
    } catch (error) {
      if (!(error instanceof Overloaded)) throw error;
      return { kind: "busy", seconds: error.retryAfterSeconds };
    }
  }

  /** @returns false when the account was disabled, or its password changed, in this very moment */
  async function beginSession(
    ctx: Context,
    { interaction, browser }: Visit,
    account: Account,
  ): Promise<boolean> {
    const now = clock.now();
    const device = cookies.read(ctx, "device") ?? newCredential("device");
    const authentication = {
      account,
      acr: "pwd",
      amr: ["pwd"],
      userAgent: ctx.get("User-Agent").slice(0, 300),
      previousSecret: cookies.read(ctx, "session"),
      device,
    };
    try {
      const { session, secret } = await sessions.begin(
        authentication,
        now,
        cause(ctx, `account:${account.id}`),
      );
      cookies.set(ctx, "session", secret);
      cookies.set(ctx, "device", device, { expires: deviceExpiresAt(now) });
      const by = { id: interaction.id, browser, sessionId: session.id };
      await interactions.recordAuthentication(by, now);
      return true;
    } catch (error) {
      if (error instanceof AccountNotEnabled) return false;
      throw error;
    }
  }

  function refuse(
    ctx: Context,
    visit: Visit,
    email: string | undefined,
    problem: LoginProblem,
  ): void {
    ctx.status = STATUS[problem.kind];
    if ("seconds" in problem) ctx.set("Retry-After", String(problem.seconds));
    draw(ctx, visit, { again: false, email: email ?? "", problem });
  }

  function draw(
    ctx: Context,
    { interaction, browser, waiting }: Visit,
    words: { again: boolean; email: string; problem?: LoginProblem },
  ): void {
    crossOriginOpener(ctx, "unsafe-none");
    // What the form leads to in the end: the client, or a page of ours that may be on another port.
    const own = waiting ? undefined : ownPage(interaction);
    allowFormAction(ctx, waiting?.redirectUri ?? deps.ownPageUrl(own?.path ?? "/"));
    const action = `/sign-in/${interaction.id}`;
    render(ctx, "login", {
      ...words,
      issuerHost: new URL(issuer).host,
      because: own?.because,
      action,
      csrf: csrfToken(browser, purpose(interaction)),
      activeKeyId: deps.ring.activeKid,
      passSeconds: deps.lifetimes.accessTokenSeconds,
      ...(waiting ? { client: siteView(waiting.client), cancelAction: `${action}/cancel` } : {}),
    });
  }

  return { show, submit, cancel };
};

/** A refusal is one answer for every reason, so that it says nothing about accounts (security P6). */
const STATUS: Record<LoginProblem["kind"], number> = {
  refused: 403,
  incomplete: 400,
  throttled: 429,
  busy: 503,
};

const purpose = ({ id }: Interaction) => `sign-in:${id}`;
