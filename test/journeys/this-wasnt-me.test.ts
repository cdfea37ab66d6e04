// Somebody else has the password: the person sees a browser they do not know, says so, and is alone with
// their account again. Both browsers are real; the person's has no JavaScript, on a phone's width.
import type { BrowserContext, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { CHROME, FIREFOX } from "../idp/pages/account/an-account.ts";
import { aBrowser, type TestBrowser } from "../support/a-browser.ts";
import { aHouse, type House } from "../support/a-house.ts";
import { signInHere } from "./steps.ts";

const NEW_PASSWORD = "four words nobody guessed";

let house: House;
let browser: TestBrowser;
let alice: Page;
let thief: Page;
let aliceAtHome: BrowserContext;

beforeAll(async () => {
  house = await aHouse();
  browser = await aBrowser();
  const home = await browser.newPerson({ javaScript: false, width: 360, userAgent: FIREFOX });
  [alice, aliceAtHome] = [home.page, home.context];
  thief = (await browser.newPerson({ userAgent: CHROME })).page;
});
afterAll(async () => {
  await browser?.close();
  await house?.close();
});

const main = (page: Page) => page.locator("main").innerText();
const heading = (page: Page) => page.getByRole("heading", { level: 1 }).innerText();
const pathOf = (page: Page) => new URL(page.url()).pathname;
const rows = async (page: Page) =>
  page.locator("table.places tbody tr").evaluateAll((all) => all.map((row) => row.textContent));

describe("this wasn’t me", () => {
  it("shows the person the browser they do not know, before their own", async () => {
    await alice.goto(house.bank);
    await signInHere(alice, house.alice);
    await thief.goto(house.retirement);
    await signInHere(thief, house.alice);
    expect(await heading(thief)).toContain("Alice");

    await alice.goto(house.issuer);
    await alice.getByRole("link", { name: "Your sign-ins and apps" }).click();
    expect(pathOf(alice)).toBe("/account");
    expect(await rows(alice)).toEqual([
      expect.stringMatching(/New\s+Chrome on Windows/),
      expect.stringMatching(/Firefox on macOS\s+This browser/),
    ]);
    expect(await main(alice)).not.toContain("Mozilla");
  });

  it("says what it will do, and then ends everything at once", async () => {
    await alice.getByRole("link", { name: "This wasn’t me…" }).click();
    expect(await main(alice)).toContain("Every sign-in of yours ends at once");
    await alice.getByRole("button", { name: "This wasn’t me: end everything" }).click();
    expect(pathOf(alice)).toMatch(/^\/sign-in\//);
    expect(await main(alice)).toContain("Everything of yours has ended.");

    await thief.goto(`${house.issuer}/account`);
    expect(await heading(thief)).toBe("Sign in");
    // The site's own session goes on until it asks for the next pass, which it is not given.
    house.clock.advance(301);
    await thief.goto(house.retirement);
    expect(await heading(thief)).toBe("Sign in");
  });

  it("leads to a new password, and the old one opens nothing any more", async () => {
    await signInHere(alice, house.alice);
    expect(pathOf(alice)).toBe("/account/password");
    await alice.getByLabel("The password you have now").fill(house.alice.password);
    await alice.getByLabel("New password").fill(NEW_PASSWORD);
    await alice.getByLabel("Once more").fill(NEW_PASSWORD);
    await alice.getByRole("button", { name: "Change password" }).click();
    expect(await main(alice)).toContain("Your password is changed.");
    expect(await main(alice)).toContain("In this browser, and nowhere else.");

    await signInHere(thief, house.alice);
    expect(await thief.getByRole("alert").innerText()).toContain("That did not work.");
    await alice.goto(house.retirement);
    expect(await heading(alice)).toContain("Alice");
  });

  it("keeps no script, no style and no secret of its own in the page", async () => {
    await alice.goto(`${house.issuer}/account`);
    const html = await alice.content();
    const secrets = (await aliceAtHome.cookies(house.issuer)).map(({ value }) => value);
    expect(secrets.length).toBeGreaterThanOrEqual(3);
    for (const secret of secrets) expect(html).not.toContain(secret);
    expect(html).not.toMatch(/<script|<style|\sstyle=|\son\w+=/);
  });
});
