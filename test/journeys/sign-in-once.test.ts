import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { aBrowser, type TestBrowser } from "../support/a-browser.ts";
import { aHouse, type House, type SignIn } from "../support/a-house.ts";
import { signInHere } from "./steps.ts";

let house: House;
let browser: TestBrowser;

beforeAll(async () => {
  house = await aHouse();
  browser = await aBrowser();
});
afterAll(async () => {
  await browser?.close();
  await house?.close();
});

const proofOf = (page: Page) => page.getByRole("region", { name: "How do we know it’s you?" });
const claim = (page: Page, name: string) =>
  proofOf(page).locator(".claims > div", {
    has: page.locator("dt", { hasText: new RegExp(`^${name}$`) }),
  });

describe.each([
  { with: "JavaScript at a desk", javaScript: true, width: 1280 },
  { with: "no JavaScript on a phone", javaScript: false, width: 360 },
])("sign in once, with $with", ({ javaScript, width }) => {
  it("asks for the password at the first site, and not at the second", async () => {
    const { page, context } = await browser.newPerson({ javaScript, width });

    await page.goto(house.bank);
    expect(new URL(page.url()).origin).toBe(house.issuer);
    await expect.poll(() => page.getByRole("heading", { level: 1 }).innerText()).toBe("Sign in");
    await signInHere(page, house.alice);
    expect(page.url()).toBe(`${house.bank}/`);
    expect(await page.getByRole("heading", { level: 1 }).innerText()).toContain("Alice");

    await page.goto(house.retirement);
    expect(page.url()).toBe(`${house.retirement}/`);
    expect(await page.getByRole("heading", { level: 1 }).innerText()).toContain("Alice");
    await context.close();
  });

  it("takes the pass apart on both pages, and never shows the end of the signature", async () => {
    const { page, context } = await browser.newPerson({ javaScript, width });
    await page.goto(house.bank);
    await signInHere(page, house.alice);

    for (const [site, audience] of [
      [house.bank, `${house.bank}/api`],
      [house.retirement, `${house.retirement}/api`],
    ] as const) {
      await page.goto(site);
      expect(await claim(page, "alg").innerText()).toContain("RS256");
      expect(await claim(page, "typ").innerText()).toContain("at+jwt");
      expect(await claim(page, "aud").innerText()).toContain(audience);
      const html = await page.content();
      const shown = await proofOf(page).locator(".tok-s").first().innerText();
      const [header, payload] = await proofOf(page)
        .locator(".token__string span")
        .evaluateAll((parts) => parts.slice(0, 2).map((part) => part.textContent ?? ""));
      expect(JSON.parse(Buffer.from(header ?? "", "base64url").toString())).toMatchObject({
        typ: "at+jwt",
      });
      expect(JSON.parse(Buffer.from(payload ?? "", "base64url").toString())).toMatchObject({
        aud: audience,
      });
      // An RS256-2048 signature has 342 characters; what is shown cannot be used.
      expect(shown.length).toBeLessThan(200);
      expect(html).not.toMatch(/[\w-]{40,}\.[\w-]{100,}\.[\w-]{342}/);
    }
    await context.close();
  });
});

describe("sign in once", () => {
  it("brings a person back to the page they wanted", async () => {
    const { page, context } = await browser.newPerson();
    await page.goto(`${house.bank}/transactions`);
    await signInHere(page, house.alice);
    expect(page.url()).toBe(`${house.bank}/transactions`);
    await context.close();
  });

  it("works in two tabs at once, whichever is finished first", async () => {
    const { page: first, context } = await browser.newPerson();
    const second = await context.newPage();
    await first.goto(house.bank);
    await second.goto(house.retirement);
    await signInHere(second, house.alice);
    expect(second.url()).toBe(`${house.retirement}/`);
    await signInHere(first, house.alice);
    expect(first.url()).toBe(`${house.bank}/`);
    await second.reload();
    expect(second.url()).toBe(`${house.retirement}/`);
    await context.close();
  });

  it("says kindly that a password was wrong, keeps the e-mail, and never says whether there is such an account", async () => {
    const { page, context } = await browser.newPerson();
    const refusalOf = async (attempt: SignIn) => {
      await page.goto(house.bank);
      await signInHere(page, attempt);
      expect(await page.getByLabel("E-mail").inputValue()).toBe(attempt.email);
      return page.getByRole("alert").innerText();
    };
    const wrong = await refusalOf({ ...house.alice, password: "not the passphrase at all" });
    const nobody = await refusalOf({ ...house.alice, email: "nobody@example.test" });
    expect(wrong).toContain("That did not work.");
    expect(nobody).toBe(wrong);
    await context.close();
  });

  it("lets a person go back to the site without signing in", async () => {
    const { page, context } = await browser.newPerson();
    await page.goto(house.bank);
    await page.getByRole("button", { name: /go back to Harbour Bank/i }).click();
    expect(new URL(page.url()).origin).toBe(house.bank);
    expect(await page.getByRole("heading", { level: 1 }).innerText()).not.toContain("Alice");
    await context.close();
  });
});
