/**
 * The one place that turns an error into an answer: status, headers, and JSON for programs, a page
 * for people, or a redirect to a verified redirect URI. What is unknown becomes `server_error` with
 * an id to quote; its cause goes to the log and nowhere else (ASVS 16.5.1).
 */
import type { Context, Middleware } from "koa";
import { HttpError } from "koa";
import { OAuthError, serverError } from "../protocol/oauth-error.ts";
import { AuthorizationRefused, type SendAuthorizationResponse } from "./authorization-response.ts";
import { PageProblem, type ProblemWords } from "./page-problem.ts";
import {
  invalidRequestWords,
  notFoundWords,
  unavailableWords,
  unknownErrorWords,
  wrongMethodWords,
} from "./problem-words.ts";
import { requestContext } from "./request-context.ts";
import { sendJson } from "./respond.ts";

export interface ErrorRendererDeps {
  /** Where the guide to error codes is. */
  issuer: string;
  renderPage: (ctx: Context, words: ProblemWords, requestId: string) => void;
  sendAuthorizationResponse: SendAuthorizationResponse;
  /** What other parts throw when they cannot serve for the moment, as `temporarily_unavailable`. */
  recognize?: (thrown: unknown) => OAuthError | undefined;
}

export const renderErrors =
  ({ issuer, renderPage, sendAuthorizationResponse, recognize }: ErrorRendererDeps): Middleware =>
  async (ctx, next) => {
    const guideTo = (code: string) => `${issuer}/errors#${code}`;
    try {
      await next();
      if (isUnanswered(ctx)) answer(ctx, unansweredError(ctx));
    } catch (thrown) {
      answer(ctx, thrown);
    }

    function answer(ctx: Context, thrown: unknown): void {
      const error = knownError(thrown, recognize);
      logError(ctx, error);
      if (ctx.headerSent) {
        ctx.req.destroy();
        return;
      }
      try {
        if (error instanceof AuthorizationRefused) {
          const parameters = {
            error: error.error.code,
            error_description: error.error.description,
            error_uri: guideTo(error.error.code),
          };
          sendAuthorizationResponse(ctx, error.target, parameters);
          return;
        }
        if (wantsJson(ctx)) sendProgramError(ctx, error, guideTo);
        else sendPage(ctx, pageWords(error));
      } catch (second) {
        // The page that says what went wrong went wrong: plain words, and nothing of the cause.
        requestContext(ctx).logger.error({ error: second }, "the error page failed");
        ctx.status = 500;
        ctx.type = "text";
        ctx.body = `Something went wrong on our side. Quote this number: ${requestContext(ctx).requestId}`;
      }
    }

    function sendPage(ctx: Context, words: ProblemWords): void {
      ctx.status = words.status;
      ctx.set("Cache-Control", "no-store");
      if (words.retryAfterSeconds !== undefined) {
        ctx.set("Retry-After", String(words.retryAfterSeconds));
      }
      renderPage(ctx, words, requestContext(ctx).requestId);
    }
  };

type KnownError = OAuthError | PageProblem | AuthorizationRefused | InstanceType<typeof HttpError>;

function knownError(thrown: unknown, recognize: ErrorRendererDeps["recognize"]): KnownError {
  if (thrown instanceof OAuthError || thrown instanceof PageProblem) return thrown;
  if (thrown instanceof AuthorizationRefused) return thrown;
  if (thrown instanceof HttpError && thrown.expose) return thrown;
  return recognize?.(thrown) ?? serverError(thrown);
}

function logError(ctx: Context, error: KnownError): void {
  const { logger } = requestContext(ctx);
  if (error instanceof OAuthError) {
    const { cause } = error.options;
    const fields = { refusal: error.code, ...(cause === undefined ? {} : { error: cause }) };
    if (error.code === "server_error") logger.error(fields, "failed");
    else if (error.code === "temporarily_unavailable") logger.warn(fields, "unavailable");
    else logger.info(fields, "refused");
  } else if (error instanceof AuthorizationRefused) {
    logger.info({ refusal: error.error.code }, "authorization refused");
  } else if (error instanceof PageProblem) {
    logger.info({ problem: error.words.title, status: error.words.status }, "refused");
  }
}

// ── Programs ────────────────────────────────────────────────────────────────────────────────────

/** To programs JSON (RFC 6749 §5.2), whatever Accept says; elsewhere a page, unless it asks for JSON. */
const wantsJson = (ctx: Context): boolean =>
  ctx.state.audience === "program" || ctx.accepts("html", "json") === "json";

function sendProgramError(
  ctx: Context,
  error: Exclude<KnownError, AuthorizationRefused>,
  guideTo: (code: string) => string,
): void {
  if (error instanceof OAuthError) {
    const { retryAfterSeconds, credentialsMissing } = error.options;
    if (retryAfterSeconds !== undefined) ctx.set("Retry-After", String(retryAfterSeconds));
    const challenge = challengeFor(error);
    if (challenge !== undefined) ctx.set("WWW-Authenticate", challenge);
    const status = statusOf(error);
    if (credentialsMissing) {
      sendJson(ctx, {}, { status });
      return;
    }
    const requestId = error.code === "server_error" ? requestContext(ctx).requestId : undefined;
    const told = {
      error: error.code,
      error_description: error.description,
      error_uri: guideTo(error.code),
    };
    sendJson(ctx, { ...told, request_id: requestId }, { status });
    return;
  }
  const status = error instanceof PageProblem ? error.words.status : error.status;
  const description = error instanceof PageProblem ? error.words.title : error.message;
  sendJson(ctx, { error: "invalid_request", error_description: description }, { status });
}

function statusOf({ code, options }: OAuthError): number {
  if (options.credentialsMissing) return 401;
  switch (code) {
    case "invalid_client":
    case "invalid_token":
      return 401;
    case "insufficient_scope":
      return 403;
    case "server_error":
      return 500;
    case "temporarily_unavailable":
      return 503;
    default:
      return 400;
  }
}

/** RFC 6749 §5.2 for clients, RFC 6750 §3 for bearer tokens. */
function challengeFor({ code, description, options }: OAuthError): string | undefined {
  if (options.scheme === undefined) return undefined;
  const realm = `${options.scheme} realm="signet"`;
  if (options.scheme === "Basic" || options.credentialsMissing) return realm;
  const scope = options.scope === undefined ? "" : `, scope="${options.scope}"`;
  return `${realm}, error="${code}", error_description="${description}"${scope}`;
}

// ── People ──────────────────────────────────────────────────────────────────────────────────────

function pageWords(error: Exclude<KnownError, AuthorizationRefused>): ProblemWords {
  if (error instanceof PageProblem) return error.words;
  if (error instanceof HttpError) {
    return invalidRequestWords(error.message, error.status);
  }
  if (error.code === "server_error") return unknownErrorWords;
  const { retryAfterSeconds } = error.options;
  if (error.code === "temporarily_unavailable") return unavailableWords(retryAfterSeconds ?? 1);
  const words = invalidRequestWords(`${error.code}: ${error.description}`, 400);
  return { ...words, errorCode: error.code };
}

// ── Nobody answered ─────────────────────────────────────────────────────────────────────────────

function isUnanswered(ctx: Context): boolean {
  const unanswered = ctx.status === 404 || ctx.status === 405 || ctx.status === 501;
  return unanswered && ctx.body === undefined && ctx.respond !== false;
}

/** The router leaves 405 with `Allow` for a known path; TRACE and inventions get the same answer. */
function unansweredError(ctx: Context): PageProblem {
  return new PageProblem(ctx.status === 404 ? notFoundWords : wrongMethodWords);
}
