// The only place of a site that turns an error into an answer: a page for people, JSON for programs on
// /api, /key-events and /backchannel-logout.
import type { Logger } from "pino";
import type { Render } from "./render.ts";
import { type ProblemModel, pageNotFound, SiteProblem } from "./site-problem.ts";
import type { SiteContext, SiteMiddleware } from "./visit.ts";

export function problemRenderer(options: {
  render: Render<{ problem: ProblemModel }>;
  logger: Logger;
}): SiteMiddleware {
  const { render, logger } = options;

  const answer = async (ctx: SiteContext, error: unknown) => {
    const problem = asProblem(error);
    const isFault = problem.status >= 500;
    const { requestId } = ctx.state;
    logger[isFault ? "error" : "info"](
      { err: problem.cause ?? problem.title, requestId },
      "problem",
    );
    ctx.status = problem.status;
    if (problem.retryAfterSeconds) ctx.set("Retry-After", String(problem.retryAfterSeconds));
    if (isForProgram(ctx)) {
      ctx.body = { error: isFault ? "server_error" : "invalid_request", reference: requestId };
      return;
    }
    await render(ctx, "problem", modelOf(problem, requestId)).catch((cause: unknown) => {
      logger.error({ err: cause, requestId }, "the problem page failed");
      ctx.type = "text";
      ctx.body = `${problem.title}\n\n${problem.message}\n`;
    });
  };

  return async (ctx, next) => {
    try {
      await next();
      if (ctx.respond === false || ctx.body) return;
      if (ctx.status === 404) throw pageNotFound();
      // Inventions are told the same as what exists and does not belong here.
      if (ctx.status === 405 || ctx.status === 501) throw methodNotAllowed();
    } catch (error) {
      await answer(ctx, error);
    }
  };
}

const isForProgram = ({ path }: SiteContext) =>
  path === "/api" ||
  path.startsWith("/api/") ||
  path.startsWith("/.well-known/") ||
  path === "/key-events" ||
  path === "/backchannel-logout";

function modelOf(problem: SiteProblem, reference: string | undefined): ProblemModel {
  const { status, title, message: explanation, whatNext } = problem;
  return { status, title, explanation, whatNext, ...(reference && { reference }) };
}

/** Anything that is not ours to word says only that it failed; the log has the rest under the reference. */
function asProblem(error: unknown): SiteProblem {
  if (error instanceof SiteProblem) return error;
  const status = statusOf(error);
  return status === 404 ? pageNotFound() : status < 500 ? unreadable(error) : fault(error);
}

/** Koa and its router mark requests that they cannot read with a status below 500. */
function statusOf(error: unknown): number {
  const status = error instanceof Error && "status" in error ? error.status : 500;
  return typeof status === "number" && status >= 400 && status < 600 ? status : 500;
}

const methodNotAllowed = () =>
  new SiteProblem({
    status: 405,
    title: "That cannot be done here",
    explanation: "This address does not take that kind of request. Nothing was changed.",
    whatNext: [{ text: "Go to the front page", href: "/" }],
  });

const unreadable = (cause: unknown) =>
  new SiteProblem(
    {
      status: 400,
      title: "We could not read that request",
      explanation: "The address or the form is damaged. Nothing was changed.",
      whatNext: [{ text: "Go to the front page", href: "/" }],
    },
    { cause },
  );

const fault = (cause: unknown) =>
  new SiteProblem(
    {
      status: 500,
      title: "Something broke on our side",
      explanation: "Nothing was changed. If it happens again, tell us the reference.",
      whatNext: [{ text: "Go to the front page", href: "/" }],
    },
    { cause },
  );
