// The console's page about keys in a real browser, with both sites up: a drill, a rotation and an
// emergency, and what a person sees of each.
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import type { AxeResults } from "axe-core";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { aBrowser, type TestBrowser } from "../support/a-browser.ts";
import { aHouse, type House, until } from "../support/a-house.ts";
import { signInHere } from "./steps.ts";

let house: House;
let browser: TestBrowser;
let alice: Page;
let ines: Page;
let axeSource: string;

beforeAll(async () => {
  house = await aHouse();
  browser = await aBrowser();
  axeSource = await readFile(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
  alice = (await browser.newPerson()).page;
  await alice.goto(house.bank);
  await signInHere(alice, house.alice);
  await alice.goto(house.retirement);
  // No script of ours runs in the console.
  ines = (await browser.newPerson({ javaScript: false })).page;
  await ines.goto(`${house.issuer}/admin`);
  await signInHere(ines, house.ines);
});
afterAll(async () => {
  await browser?.close();
  await house?.close();
});

const main = () => ines.locator("main").innerText();
const heading = () => ines.getByRole("heading", { level: 1 }).innerText();
const rowOf = (site: string) =>
  ines
    .getByRole("row")
    .filter({ has: ines.getByRole("rowheader", { name: site }) })
    .innerText();

/** Alice has noticed nothing: both sites know her, without asking. */
async function expectSignedIn(): Promise<void> {
  for (const site of [house.bank, house.retirement]) {
    await alice.goto(site);
    expect(alice.url()).toBe(`${site}/`);
    expect(await alice.locator("body").innerText()).toContain("Alice");
  }
}

/** The page as somebody else sees it, with a script that looks for barriers; wide and narrow, light and dark. */
async function expectSound(path: string): Promise<void> {
  const cookies = await ines.context().cookies();
  for (const width of [1280, 360]) {
    for (const dark of [false, true]) {
      const { page, context } = await browser.newPerson({ width, dark });
      await context.addCookies(cookies);
      await page.goto(`${house.issuer}${path}`);
      await page.evaluate(axeSource);
      const { violations } = await page.evaluate<AxeResults>("axe.run()");
      const what = `${path} at ${width}, dark: ${dark}`;
      expect([what, violations.map(({ id }) => id)]).toEqual([what, []]);
      const [content, view] = await page.evaluate<number[]>(
        "[document.documentElement.scrollWidth, document.documentElement.clientWidth]",
      );
      expect([what, content]).toEqual([what, view]);
      await context.close();
    }
  }
}

const pathOf = (page: Page) => new URL(page.url()).pathname;

describe("an administrator looks after the keys", () => {
  it("drills: both sites verify a probe by the key that signs next, before it signs anything", async () => {
    await ines.getByRole("button", { name: "Run the drill" }).click();
    expect(await main()).toContain("Drilled: 2 of 2 sites verified the probe.");
    for (const site of ["Harbour Bank", "Evergreen Retirement"])
      expect(await rowOf(site)).toContain("Verified");
    await expectSound("/admin/keys");
  });

  it("K2: sees when both sites have the next key, rotates, and nobody is signed out", async () => {
    await until(async () => {
      await ines.goto(`${house.issuer}/admin/keys`);
      return (await main()).includes("2 of 2 sites");
    });
    // Its time has not come: it is safe because the sites have said that they have it.
    expect(await main()).toContain("Every site that counts has the next key already.");
    await ines.getByLabel("Why, for the history").fill("a rehearsal");
    await ines.getByRole("button", { name: "Rotate now" }).click();
    expect(await main()).toContain("Rotated. Nobody was signed out.");
    expect(await ines.getByRole("row", { name: /a rehearsal/ }).innerText()).toContain(
      "Ines Valcour",
    );
    await expectSignedIn();
    house.clock.advance(200);
    await expectSignedIn();
  });

  it("D1: is asked for the password before the emergency form is shown", async () => {
    house.clock.advance(301);
    await ines.goto(`${house.issuer}/admin/keys`);
    await ines.getByRole("link", { name: "Throw a key out…" }).click();
    expect(await heading()).toBe("Confirm it is you");
    await ines.getByLabel("Password").fill(house.ines.password);
    await ines.getByRole("button", { name: "Sign in", exact: true }).click();
    expect(await heading()).toBe("Throw a key out");
    expect(await ines.getByRole("radio", { checked: true }).count()).toBe(0);
    await expectSound("/admin/keys/revoke");

    await ines.getByRole("button", { name: "Throw it out" }).click();
    expect(await ines.getByRole("alert").innerText()).toContain("Nothing was changed.");
  });

  it("K4: throws the active key out, and sees the second at which each site refused it", async () => {
    await expectSignedIn();
    await ines.getByRole("radio", { name: /Active/ }).check();
    await ines.getByRole("radio", { name: "Keep refresh tokens" }).check();
    await ines.getByLabel("Why?").fill("it was in a crash report");
    await ines.getByRole("button", { name: "Throw it out" }).click();
    await until(async () => (await heading()).endsWith("is thrown out"));
    // The page looks again by itself.
    await until(async () => (await main()).includes("Every site refuses it."));
    const said = await main();
    expect(said.match(/Refuses it/g)).toHaveLength(2);
    expect(said.match(/Since \d\d:\d\d:\d\d, /g)).toHaveLength(2);
    expect(said).toContain("it was in a crash report");
    await expectSound(pathOf(ines));
    // Kept refresh tokens bring both sites new passes, sealed with the new key.
    await expectSignedIn();

    await ines.getByRole("link", { name: "Back to the keys" }).click();
    expect(
      await ines
        .getByRole("row", { name: /was thrown out/ })
        .first()
        .innerText(),
    ).toContain("it was in a crash report");
  });
});
