/** GET /errors: what each error code means, for whoever builds a client; every `error_uri` leads here. */
import type { Context } from "koa";
import { render } from "../../http/render.ts";
import { ERROR_GUIDE } from "../../protocol/error-guide.ts";
import type { SentencePart } from "./errors-model.ts";

/** The guide is written for Markdown as well, where commands stand between backticks. */
const inParts = (sentence: string): SentencePart[] =>
  sentence.split("`").map((text, index) => ({ text, isCode: index % 2 === 1 }));

export const errorsPage = ({ issuer }: { issuer: string }) => {
  const issuerHost = new URL(issuer).host;
  const errors = Object.entries(ERROR_GUIDE).map(([code, { change, ...guide }]) => ({
    code,
    ...guide,
    change: change.map(inParts),
  }));
  return (ctx: Context): void => render(ctx, "errors", { issuerHost, errors });
};
