/**
 * GET and POST /device: a person who is signed in types the code that a device shows (RFC 8628 §3.3). Who
 * guesses is slowed down, as with passwords (§5.1). A code that is right opens an interaction of this browser's,
 * where the person answers; a code in the address is only filled in.
 */
import type { Context } from "koa";
import { z } from "zod";
import type { Clock } from "../../../prisma/clock.ts";
import type { CookieJar } from "../../http/cookies.ts";
import { csrfToken, requireCsrf, requireSameOrigin } from "../../http/csrf.ts";
import { sendToSignIn } from "../../http/own-page-door.ts";
import { readForm, readQuery } from "../../http/parse.ts";
import { render } from "../../http/render.ts";
import { cause, requestContext } from "../../http/request-context.ts";
import { redirectTo } from "../../http/respond.ts";
import { newCredential } from "../../protocol/credential.ts";
import { canonicalUserCode } from "../../protocol/user-code.ts";
import type { SignInThrottleStore } from "../../records/accounts/sign-in-throttle-store.ts";
import type { AuditStore } from "../../records/audit/audit-store.ts";
import type { DeviceCodeStore, DeviceRequest } from "../../records/grants/device-code-store.ts";
import type { InteractionStore } from "../../records/interactions/interaction-store.ts";
import type { SessionStore } from "../../records/sessions/session-store.ts";
import type { DeviceModel } from "./device-model.ts";

export interface DevicePageDeps {
  issuer: string;
  cookies: CookieJar;
  sessions: Pick<SessionStore, "find">;
  interactions: Pick<InteractionStore, "open">;
  deviceCodes: Pick<DeviceCodeStore, "findWaiting">;
  throttle: Pick<SignInThrottleStore, "reserve">;
  audit: Pick<AuditStore, "record">;
  clock: Clock;
}

const PATH = "/device";
const Query = z.object({ user_code: z.string().max(100).optional().catch(undefined) });
const CodeForm = z.object({ csrf: z.string().optional(), user_code: z.string().optional() });

type Found =
  | { kind: "found"; request: DeviceRequest; userCode: string }
  | NonNullable<DeviceModel["problem"]>;

export const devicePage = (deps: DevicePageDeps) => {
  const { issuer, cookies, sessions, interactions, deviceCodes, throttle, audit, clock } = deps;

  async function show(ctx: Context): Promise<void> {
    const userCode = canonicalUserCode(readQuery(ctx, Query).user_code ?? "") ?? "";
    const visit = await visitOf(ctx, userCode);
    if (visit) draw(ctx, visit, userCode);
  }

  async function submit(ctx: Context): Promise<void> {
    const visit = await visitOf(ctx, "");
    if (!visit) return;
    requireSameOrigin(ctx, issuer);
    const { csrf, user_code: typed = "" } = await readForm(ctx, CodeForm);
    requireCsrf(csrf, visit.secret, PATH);
    const found = await find(ctx, visit.account.id, typed);
    if (found.kind !== "found") {
      ctx.status = found.kind === "throttled" ? 429 : 400;
      if (found.kind === "throttled") ctx.set("Retry-After", String(found.seconds));
      return draw(ctx, visit, typed, found);
    }
    const browser = cookies.read(ctx, "browser") ?? newCredential("browser");
    cookies.set(ctx, "browser", browser);
    const { request, userCode } = found;
    const kept = { codeHash: request.codeHash, userCode };
    const opened = { browser, kind: "device", clientId: request.clientId, request: kept } as const;
    const { id } = await interactions.open(opened, clock.now());
    redirectTo(ctx, `${issuer}${PATH}/${id}`);
  }

  /** A look-up is reserved before it is made, and given back when it finds something. */
  async function find(ctx: Context, accountId: string, typed: string): Promise<Found> {
    const now = clock.now();
    const { address } = requestContext(ctx);
    const guesser = { emailKey: `user-code:${accountId}`, address };
    const reservation = await throttle.reserve(guesser, now);
    if (reservation.kind === "throttled") {
      return { kind: "throttled", seconds: reservation.retryAfterSeconds };
    }
    const userCode = canonicalUserCode(typed);
    const request = userCode && (await deviceCodes.findWaiting({ userCode }, now));
    if (request) {
      await reservation.cancel();
      return { kind: "found", request, userCode };
    }
    const by = cause(ctx, `account:${accountId}`);
    const refused = { kind: "device.code-refused", outcome: "refused", accountId } as const;
    await audit.record({ at: now, ...by, ...refused });
    return { kind: "unknown" };
  }

  /** Whoever is signed in; when nobody is, the answer is the sign-in page, which leads back. */
  async function visitOf(ctx: Context, userCode: string) {
    const secret = cookies.read(ctx, "session");
    const signedIn = secret ? await sessions.find(secret, clock.now()) : undefined;
    if (secret !== undefined && signedIn) return { secret, account: signedIn.account };
    const path = userCode === "" ? PATH : `${PATH}?${new URLSearchParams({ user_code: userCode })}`;
    await sendToSignIn(ctx, deps, { path });
    return undefined;
  }

  function draw(
    ctx: Context,
    { secret, account }: { secret: string; account: { name: string; email: string } },
    userCode: string,
    problem?: DeviceModel["problem"],
  ): void {
    render(ctx, "device", {
      issuerHost: new URL(issuer).host,
      person: { name: account.name, email: account.email },
      action: PATH,
      csrf: csrfToken(secret, PATH),
      userCode: userCode.slice(0, 40),
      problem,
    });
  }

  return { show, submit };
};
