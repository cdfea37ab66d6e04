// What must hold for every page of a site, read from the HTML as it was sent.
import { expect } from "vitest";
import type { Page } from "../relying-party/support/a-visitor.ts";
import type { SiteOfOurs } from "./a-site-of-ours.ts";

/** Names that would run or break out, were they not escaped. */
export const HOSTILE_NAMES = [
  `<script>alert(1)</script>`,
  `"><svg onload=alert(1)>`,
  `' onmouseover='alert(1)`,
  `<%= process.env %>`,
  `</title><img src=x onerror=alert(1)>`,
  `\u202Emoc.live`,
];

/** As a template has to write it. */
export const escaped = (name: string): string =>
  name.replace(/[&<>"']/g, (character) => ENTITIES[character] ?? character);
const ENTITIES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&#34;",
  "'": "&#39;",
};

const attribute = (name: string) => new RegExp(`\\s${name}="([^"]*)"`, "g");
const all = (text: string, pattern: RegExp) =>
  [...text.matchAll(pattern)].map(([, found]) => found ?? "");
export const linksIn = ({ text }: Page) => [...new Set(all(text, attribute("href")))];

/** H1: nothing inline, no foreign source, a policy that would stop both. */
export function expectNothingInline(page: Page): void {
  expect(page.text).not.toMatch(/<[a-z][^>]*\s(style|on[a-z]+)=/i);
  expect(page.text).not.toMatch(/<(style|img|object|embed|iframe|base)\b/i);
  expect(page.text).not.toMatch(/<script(?![^>]*\ssrc="\/assets\/)/);
  expect(page.headers.get("content-security-policy")).toMatch(/^default-src 'none'; /);
  expect(page.headers.get("content-security-policy")).not.toMatch(/unsafe|nonce/);
  expect(page.headers.get("cache-control")).toBe("no-store");
}

/** Every id once; every label, description and fragment names an id that exists. */
export function expectSoundStructure({ text }: Page): void {
  const ids = all(text, attribute("id"));
  expect(new Set(ids).size).toBe(ids.length);
  for (const name of ["for", "aria-labelledby", "aria-describedby"]) {
    for (const named of all(text, attribute(name))) {
      for (const id of named.split(" ")) expect(ids).toContain(id);
    }
  }
  expect(text.match(/<h1/g)).toHaveLength(1);
  expect(text).toMatch(/<html lang="en">/);
}

/** No link to nothing: every address of this site that the page names answers, fragments included. */
export async function expectLinksToLead(
  site: SiteOfOurs,
  get: (path: string) => Promise<Page>,
  page: Page,
): Promise<void> {
  const links = linksIn(page);
  expect(links.length).toBeGreaterThan(0);
  for (const link of links) {
    const url = new URL(link.replaceAll("&amp;", "&"), page.url);
    if (url.origin !== site.baseUrl) {
      expect(url.href).toBe(`${site.issuer.issuer}/`);
      continue;
    }
    const found = await get(`${url.pathname}${url.search}`);
    expect(`${found.status} ${url.pathname}${url.search}`).toBe(`200 ${url.pathname}${url.search}`);
    if (url.hash) expect(found.text).toContain(`id="${url.hash.slice(1)}"`);
  }
}

/** Amounts as they are shown, in cents: "−€46.20" is -4620. */
export function centsIn(text: string): number[] {
  return [...text.matchAll(/([−+]?)€([\d,]+)(?:\.(\d\d))?/g)].map(
    ([, sign, euros = "", cents = "00"]) =>
      (sign === "−" ? -1 : 1) * (Number(euros.replaceAll(",", "")) * 100 + Number(cents)),
  );
}
