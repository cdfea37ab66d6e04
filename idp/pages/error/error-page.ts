/** The page that says what went wrong and what to do now; drawn by `http/error-renderer.ts` alone. */
import type { Context } from "koa";
import type { Clock } from "../../../prisma/clock.ts";
import type { ProblemWords } from "../../http/page-problem.ts";
import { render } from "../../http/render.ts";

export interface ErrorPageDeps {
  issuer: string;
  clock: Clock;
}

export const errorPage = ({ issuer, clock }: ErrorPageDeps) => {
  const issuerHost = new URL(issuer).host;
  return (ctx: Context, words: ProblemWords, requestId: string): void =>
    render(ctx, "error", {
      issuerHost,
      title: words.title,
      explanation: words.explanation,
      whatNext: words.whatNext,
      developerNote: words.developerNote,
      guide: words.errorCode === undefined ? undefined : `${issuer}/errors#${words.errorCode}`,
      wayBack: words.wayBack,
      reference: requestId,
      at: clock.now(),
    });
};
