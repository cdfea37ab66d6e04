// GET and POST /sign-in: the site's own pages send people here, and the provider may (OIDC Core §4, login
// initiated by a third party). Whoever sends them chooses neither the provider nor another site to land on.
import type { Context } from "koa";
import { readForm } from "./read-form.ts";
import type { BeginSignIn } from "./sign-in.ts";
import { foreignSignIn } from "./site-problem.ts";

const MEMBERS = ["iss", "target_link_uri", "login_hint"] as const;

/** As long as an e-mail address may be (RFC 5321 §4.5.3.1). */
const LONGEST_HINT = 320;

export function createSignInPage(options: {
  beginSignIn: BeginSignIn;
  issuer: string;
  baseUrl: string;
}) {
  const { beginSignIn, issuer, baseUrl } = options;

  return {
    async begin(ctx: Context): Promise<void> {
      const query = new URLSearchParams(ctx.querystring);
      const [iss, ...others] = query.getAll("iss");
      if (iss === undefined) return beginSignIn(ctx, query.get("return") ?? "/");
      if (iss !== issuer || others.length > 0) throw foreignSignIn();
      const hint = query.get("login_hint") ?? "";
      return beginSignIn(ctx, pathHere(query.get("target_link_uri"), baseUrl), {
        ...(hint !== "" && hint.length <= LONGEST_HINT && { loginHint: hint }),
      });
    },

    /** Another site's form comes without our cookies; the GET it is sent on to brings them. */
    async receive(ctx: Context): Promise<void> {
      const form = await readForm(ctx);
      if (form.get("iss") !== issuer) throw foreignSignIn();
      const passed = MEMBERS.flatMap((name): [string, string][] => {
        const value = form.get(name);
        return value === undefined ? [] : [[name, value]];
      });
      ctx.status = 303;
      ctx.redirect(`/sign-in?${new URLSearchParams(passed)}`);
    },
  };
}

/** The link as a path of this site; what is anywhere else counts as not asked for. */
function pathHere(link: string | null, baseUrl: string): string | undefined {
  if (link === null || !URL.canParse(link)) return link ?? undefined;
  const { origin, pathname, search } = new URL(link);
  return origin === baseUrl ? pathname + search : undefined;
}
