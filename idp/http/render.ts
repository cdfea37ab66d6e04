/**
 * Turns a view model into the page a person sees. The view's template names its title and what the
 * masthead shows; the layout goes round it. Models are plain values, typed by `Views`.
 */
import { fileURLToPath } from "node:url";
import type { Context } from "koa";
import { compileTemplates } from "./templates.ts";
import type { Views } from "./views.ts";
import * as words from "./words.ts";

export type ViewName = keyof Views;

/** What a template tells the layout. */
interface PageHead {
  readonly title: string;
  /** The host that the address bar should show, on pages where a person types a secret. */
  readonly address?: string;
  /** Who is signed in, on Signet's own pages. */
  readonly person?: string;
  /** What they are, beyond a person: "administrator". */
  readonly role?: string;
  /** Where Signet's own pages are, when this page is on another origin. */
  readonly issuer?: string | undefined;
  /** The style sheet of these pages alone, from /assets/css. */
  readonly sheet?: string;
  /** A script of ours from /assets/js; the page must work without it. */
  readonly script?: string;
}

/** Beside this file in the source and in dist/ alike. */
const templates = compileTemplates(fileURLToPath(new URL("../pages/", import.meta.url)));

/** Answers with the page. The status is the caller's. */
export function render<V extends ViewName>(ctx: Context, view: V, model: Views[V]): void {
  ctx.type = "html";
  ctx.set("Cache-Control", "no-store");
  ctx.body = pageOf(view, model);
}

/** The page as HTML, for whoever has no request at hand. */
export function pageOf<V extends ViewName>(view: V, model: Views[V]): string {
  let head: PageHead | undefined;
  const page = (given: PageHead) => {
    head = given;
  };
  const body = run(view, { model, page });
  if (!head) throw new Error(`the template ${view} names no title`);
  return run("layout", { model: { ...head, body } });
}

const partial = (name: string, model: unknown = {}): string => run(name, { model });

function run(name: string, locals: Record<string, unknown>): string {
  const template = templates.get(name);
  if (!template) throw new Error(`no template is called ${name}`);
  return template({ ...locals, partial, words });
}
