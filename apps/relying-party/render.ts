import { join } from "node:path";
import ejs from "ejs";
import type { Outage, SignedIn, SiteContext } from "./visit.ts";

/** What every view may read beside its own model, as `page`. */
export interface PageModel {
  siteName: string;
  path: string;
  signedIn?: SignedIn;
  outage?: Outage;
  csrfToken?: string;
}

/** Renders the view `name` with the model that `Views` demands for it: `render(ctx, "overview", model)`. */
export type Render<Views> = <Name extends keyof Views & string>(
  ctx: SiteContext,
  name: Name,
  model: Views[Name],
) => Promise<void>;

/**
 * The typed way to a site's EJS views. A view reads `model` and `page`; partials are included relative to the
 * view. Template names come from code and EJS options from here, never from a request.
 */
export function createRender<Views>(options: { root: string; siteName: string }): Render<Views> {
  return async (ctx, name, model) => {
    const file = join(options.root, `${name}.ejs`);
    const page = pageModel(options.siteName, ctx);
    const html = await ejs.renderFile(file, { model, page }, { cache: true, rmWhitespace: false });
    ctx.type = "html";
    ctx.body = html;
  };
}

function pageModel(siteName: string, ctx: SiteContext): PageModel {
  const { signedIn, outage, csrfToken } = ctx.state;
  return {
    siteName,
    path: ctx.path,
    ...(signedIn && { signedIn }),
    ...(outage && { outage }),
    ...(csrfToken !== undefined && { csrfToken }),
  };
}
