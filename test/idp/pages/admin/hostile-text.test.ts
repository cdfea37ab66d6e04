// Names and reasons are typed by people and registered by sites: on the console's pages they are text and
// nothing else (security D4).
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { aCountedSite, kidIn, kidsIn } from "../../../support/a-counted-site.ts";
import type { Answer } from "../../../support/a-visitor.ts";
import { aPerson, type Person } from "../../../support/an-idp.ts";
import { anOperator } from "../../../support/an-operator.ts";
import { aConsole, type Console, press, someoneAt } from "./a-console.ts";

const ATTACKS = [
  `<script>alert(1)</script>`,
  `"><img src=x onerror=alert(1)>`,
  `' autofocus onfocus='alert(1)`,
  `</title><svg onload=alert(1)>`,
  `</q></p></section><form action=//evil.example>`,
  `<%- process.env %>`,
  `{{constructor.constructor('alert(1)')()}}`,
];

let console: Console;
let mallory: Person;

beforeAll(async () => {
  console = await aConsole({ environment: { KEY_REVOCATION_BY_TWO: "true" } });
  const { idp, kit } = console;
  mallory = await aPerson(idp, {
    email: "mallory@example.test",
    name: ATTACKS.join(""),
    isAdmin: true,
    isKeyAdmin: true,
  });
  const kids = await kidsIn(idp, "active", "pending");
  for (const [index, name] of ATTACKS.entries()) {
    const site = await aCountedSite(idp, `site-${index}`, { name, keyEventsUri: kit.uri });
    if (index > 0) await site.report({ kids: index > 3 ? kids : [], instance: "one" });
    await anOperator(idp)("POST", "/keys/drill", { reason: name });
  }
});
afterAll(() => console.idp.close());

function expectHarmless({ url, status, text }: Answer): void {
  expect([url, status]).toEqual([url, 200]);
  const tags = text.match(/<[^>]*>/g) ?? [];
  for (const tag of tags) {
    expect(tag).not.toMatch(/^<(?:img|svg[^>]*onload|script(?! src="\/assets))/i);
    expect(tag.replace(/"[^"]*"/g, '""')).not.toMatch(/\son\w+=/i);
    expect(tag).not.toMatch(/^<form(?! (?:class="[^"]*" )?method="post" action="\/)/);
  }
}

describe("text that others typed (D4)", () => {
  it("D4: is text on the page about keys, in names of sites and people, in reasons and lists", async () => {
    const { idp, keysUrl } = console;
    const { visitor: asks } = await someoneAt(console, mallory);
    const { visitor: confirms } = await someoneAt(console, console.ines);
    for (const reason of ATTACKS) {
      const form = await asks.get(`${keysUrl}/revoke`);
      expectHarmless(form);
      const kid = await kidIn(idp, "active");
      const told = await press(asks, form, "/revoke", { kid, refresh_tokens: "keep", reason });
      expectHarmless(told);
      expect(told.text).toContain("&lt;script&gt;alert(1)&lt;/script&gt;");
      const page = await confirms.get(keysUrl);
      expectHarmless(page);
      expectHarmless(await press(confirms, page, "/confirm"));
    }
    const { page, visitor } = await someoneAt(console, console.olga);
    expectHarmless(page);
    expectHarmless(await visitor.get(`${console.keysUrl}?span=year`));
  });
});
