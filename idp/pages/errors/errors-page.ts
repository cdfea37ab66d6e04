/** GET /errors: what each error code means, for whoever builds a client; every `error_uri` leads here. */
import type { Context } from "koa";
import { render } from "../../http/render.ts";
import { ERROR_GUIDE } from "../../protocol/error-guide.ts";

export const errorsPage = ({ issuer }: { issuer: string }) => {
  const issuerHost = new URL(issuer).host;
  const errors = Object.entries(ERROR_GUIDE).map(([code, guide]) => ({ code, ...guide }));
  return (ctx: Context): void => render(ctx, "errors", { issuerHost, errors });
};
