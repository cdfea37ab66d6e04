import { readForm } from "./read-form.ts";
import { type CsrfTokens, requireSameOrigin } from "./request-origin.ts";
import { foreignRequest } from "./site-problem.ts";
import type { SiteContext } from "./visit.ts";

/**
 * The fields of a form that a page of this very session has sent (security requirement S4).
 * @throws SiteProblem for another site's form, another session's, or none
 */
export type ReadOwnForm = (ctx: SiteContext) => Promise<Map<string, string>>;

export const createReadOwnForm =
  ({ csrf, baseUrl }: { csrf: CsrfTokens; baseUrl: string }): ReadOwnForm =>
  async (ctx) => {
    const { sessionId } = ctx.state;
    if (sessionId === undefined) throw new Error("this route lacks requireSession");
    requireSameOrigin(ctx, baseUrl);
    const form = await readForm(ctx);
    if (!csrf.isTokenFor(sessionId, form.get("csrf") ?? "")) {
      throw foreignRequest(new Error("csrf"));
    }
    return form;
  };
