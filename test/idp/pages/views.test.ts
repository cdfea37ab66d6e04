import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { pageOf, type ViewName } from "../../../idp/http/render.ts";
import { sampleModels } from "./sample-models.ts";

const PAGES = fileURLToPath(new URL("../../../idp/pages/", import.meta.url));
const PUBLIC = fileURLToPath(new URL("../../../idp/public/", import.meta.url));
const FONTS = fileURLToPath(
  new URL("../../../node_modules/@fontsource-variable/", import.meta.url),
);

const templates = readdirSync(PAGES, { recursive: true, encoding: "utf8" })
  .filter((path) => path.endsWith(".ejs"))
  .map((path) => ({ path, source: readFileSync(join(PAGES, path), "utf8") }));

const pages = (Object.keys(sampleModels) as ViewName[]).flatMap((view) =>
  sampleModels[view].map((model, index) => ({
    name: `${view} ${index + 1}`,
    view,
    model: model as object,
    html: pageOf(view, model as never),
  })),
);

const XSS_CORPUS = [
  `<script>alert(1)</script>`,
  `"><img src=x onerror=alert(1)>`,
  `' autofocus onfocus='alert(1)`,
  `</title><svg onload=alert(1)>`,
  `javascript:alert(1)`,
  `\u0001 JaVaScRiPt:alert(1)`,
  `data:text/html,<script>alert(1)</script>`,
  `//evil.example/\\path`,
  `<%- process.env %><%= 1 %>`,
  `{{constructor.constructor('alert(1)')()}}`,
  `--><script>alert(1)</script><!--`,
  `&lt;b&gt; & "quoted" 'single' \`tick\``,
];

/** The page with every value taken out: only what the templates wrote themselves. */
function skeleton(html: string): string[] {
  return tags(html).map((tag) => tag.replace(/="[^"]*"/g, '=""'));
}

const tags = (html: string): string[] => html.match(/<[^>]*>/g) ?? [];

/** Text made of what HTML, attributes and templates are made of. */
const markup = fc.string({
  unit: fc.constantFrom(..."<>\"'&`=%-/!x \n\0\u2028"),
  minLength: 1,
});

/** Words that choose a branch, not words that are shown. */
const CHOOSES = new Set(["kind", "state", "mark", "field", "anchor"]);

/** The model with every string that it shows saying `text`. */
function saying(text: string, value: unknown): unknown {
  if (typeof value === "string") return text;
  if (Array.isArray(value)) return value.map((inner) => saying(text, inner));
  if (value === null || typeof value !== "object" || value instanceof Date) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [
      key,
      CHOOSES.has(key) ? inner : saying(text, inner),
    ]),
  );
}

/** Every page, with the tags it has when it says nothing special. */
const reflecting = pages.map(({ name, view, model }) => {
  const say = (text: string) => pageOf(view, saying(text, model) as never);
  return { name, say, written: new Set(skeleton(say("/plain"))) };
});

function expectHarmless(html: string, written: Set<string>): void {
  // Links may vanish when their address is none; nothing may appear that the template did not write.
  expect(skeleton(html).filter((tag) => !written.has(tag))).toEqual([]);
  const address = /\s(?:href|src|action|formaction)="\s*[^"/#]*(?:script|data):[^"]*"/i.exec(html);
  expect(address?.[0]).toBeUndefined();
}

describe("views", () => {
  it.each(reflecting)("H2: $name escapes every string of its model", ({ say, written }) => {
    for (const attack of XSS_CORPUS) {
      const html = say(attack);
      expectHarmless(html, written);
      if (/[<>"]/.test(attack)) expect(html).not.toContain(attack);
    }
  });

  it.each(reflecting)("H2: no text whatsoever adds a tag to $name", ({ say, written }) => {
    fc.assert(
      fc.property(markup, (said) => expectHarmless(say(said), written)),
      { numRuns: 20 },
    );
  });

  it("H2: templates write nothing raw but other templates and the layout's body", () => {
    for (const { path, source } of templates) {
      for (const [raw] of source.matchAll(/<%-.*?%>/gs)) {
        const isPartial = /^<%- partial\("[a-z/-]+"(?:, [^;]*)?\) %>$/s.test(raw);
        const isBody = path === join("layout", "layout.ejs") && raw === "<%- model.body %>";
        expect(isPartial || isBody, `${path}: ${raw}`).toBe(true);
      }
    }
  });

  it("H1: templates hold no inline script, style or handler", () => {
    for (const { path, source } of templates) {
      expect(source, path).not.toMatch(/<style|\sstyle=|\son[a-z]+=|javascript:/i);
      for (const [script] of source.matchAll(/<script[^>]*>[^<]*/g)) {
        expect(script, path).toMatch(/^<script src="\/assets\/js\/[^"]*" defer>$/);
      }
    }
  });

  it.each(pages)("$name says its title, its one heading and its language", ({ html }) => {
    expect(html).toMatch(/^<!doctype html>\s*<html lang="en">/);
    expect(html).toMatch(/<title>[^<]+ · Signet<\/title>/);
    expect(html.match(/<h1[\s>]/g)).toHaveLength(1);
    expect(html.match(/<main id="main"/g)).toHaveLength(1);
    expect(html).not.toMatch(/undefined|\[object |NaN|Invalid Date/);
  });

  it.each(pages)("$name labels every field and tells browsers what it is", ({ html }) => {
    for (const [input] of html.matchAll(/<input[^>]*>/g)) {
      if (input.includes('type="hidden"')) continue;
      const id = /\sid="([^"]+)"/.exec(input)?.[1];
      expect(html).toContain(`<label for="${id}">`);
      expect(input).toMatch(/\sautocomplete="[a-z-]+"/);
    }
  });

  it.each(pages)(
    "$name works without script: every form has its button and its token",
    ({ view, html }) => {
      for (const [form] of html.matchAll(/<form.*?<\/form>/gs)) {
        expect(form).toMatch(/^<form[^>]*\smethod="post"/);
        expect(form).toMatch(/<button[^>]*>\s*\S/);
        if (view !== "form-post")
          expect(form).toMatch(/<input type="hidden" name="csrf" value="[^"]+">/);
      }
    },
  );

  it.each(pages)("$name points only at what is there", ({ html }) => {
    const ids = [...html.matchAll(/\sid="([^"]+)"/g)].map(([, id]) => id);
    expect(new Set(ids).size, "an id stands once").toBe(ids.length);
    const references = [
      ...[...html.matchAll(/\shref="#([^"]+)"/g)].map(([, id]) => id),
      ...[...html.matchAll(/url\(#([^)]+)\)/g)].map(([, id]) => id),
      ...[...html.matchAll(/\saria-(?:labelledby|describedby)="([^"]+)"/g)].flatMap(([, list]) =>
        list?.split(" "),
      ),
    ];
    for (const id of references) expect(ids).toContain(id);
    for (const [, asset = ""] of html.matchAll(/="\/assets\/([^"]+)"/g)) {
      const font = /^fonts\/(.+)$/.exec(asset)?.[1];
      expect(existsSync(font ? fontFile(font) : join(PUBLIC, asset)), asset).toBe(true);
    }
  });

  it("serves only faces that are installed", () => {
    const css = readFileSync(join(PUBLIC, "css/fonts.css"), "utf8");
    const files = [...css.matchAll(/url\("\/assets\/fonts\/([^"]+)"\)/g)].map(
      ([, file = ""]) => file,
    );
    expect(files).toHaveLength(6);
    for (const file of files) expect(existsSync(fontFile(file)), file).toBe(true);
  });
});

const fontFile = (file: string): string => {
  const face = /^(.+)-latin/.exec(file)?.[1] ?? "";
  return join(FONTS, face, "files", file);
};
