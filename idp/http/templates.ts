/**
 * The templates of `idp/pages`, compiled once at start (security H2). A template is named by its path
 * (`layout/field`; `login` for `login/login`) and calls others by those names alone, so no request
 * chooses a file, an option or a line of code. Each sees only what it is given: no `with`, no leaking.
 * Icons are templates without holes: `icon/lock` is lucide's lock.
 */
import { readdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import ejs from "ejs";

export type Template = (locals: Record<string, unknown>) => string;

const LOCALS = ["model", "page", "partial", "words"];
const ICON_USE = /partial\("icon\/([a-z0-9-]+)"/g;

/** Compiles every `.ejs` under `directory`, and every icon that one of them names. */
export function compileTemplates(directory: string): ReadonlyMap<string, Template> {
  const templates = new Map<string, Template>();
  const icons = new Set<string>();
  for (const path of readdirSync(directory, { recursive: true, encoding: "utf8" })) {
    if (!path.endsWith(".ejs")) continue;
    const filename = join(directory, path);
    const source = readFileSync(filename, "utf8");
    templates.set(templateName(path), compile(source, filename));
    for (const [, icon] of source.matchAll(ICON_USE)) if (icon) icons.add(icon);
  }
  for (const icon of icons) {
    const svg = readIcon(icon);
    templates.set(`icon/${icon}`, () => svg);
  }
  return templates;
}

const templateName = (path: string): string =>
  path
    .replaceAll("\\", "/")
    .replace(/\.ejs$/, "")
    .replace(/^([^/]+)\/\1$/, "$1");

const compile = (source: string, filename: string): Template =>
  ejs.compile(source, {
    filename,
    strict: true,
    destructuredLocals: LOCALS,
    rmWhitespace: false,
    async: false,
  });

/** Lucide's file without its own size, colours and licence line: `.icon` gives those (ISC licence). */
function readIcon(name: string): string {
  const file = createRequire(import.meta.url).resolve(`lucide-static/icons/${name}.svg`);
  const shapes = readFileSync(file, "utf8")
    .replace(/<!--.*?-->/gs, "")
    .replace(/<svg[^>]*>|<\/svg>/gs, "")
    .replace(/\s*\n\s*/g, "");
  return `<svg class="icon" viewBox="0 0 24 24" aria-hidden="true">${shapes}</svg>`;
}
