import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { aBrowser, type TestBrowser } from "../support/a-browser.ts";
import { aTokenFor } from "../support/a-client.ts";
import { aHouse, type House } from "../support/a-house.ts";
import { localFetch } from "../support/local-fetch.ts";
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

const banner = "You are still signed in. New sign-ins wait until Signet is back.";

describe("the identity provider is down", () => {
  it("Z1: both sites go on for the people who are signed in, with a banner once their pass has run out, even when a site starts anew", async () => {
    const { page, context } = await browser.newPerson();
    await page.goto(house.bank);
    await signInHere(page, house.alice);
    await page.goto(house.retirement);
    const token = await aTokenFor(house, "accounts:read");
    const api = () =>
      localFetch(`${house.bank}/api/accounts`, { headers: { Authorization: `Bearer ${token}` } });

    await house.stopIdp();
    for (const site of [house.bank, house.retirement]) {
      await page.goto(site);
      expect(page.url()).toBe(`${site}/`);
      expect(await page.locator("body").innerText()).not.toContain(banner);
    }
    expect((await api()).status).toBe(200);

    house.clock.advance(400);
    for (const site of [house.bank, house.retirement]) {
      await page.goto(site);
      expect(page.url()).toBe(`${site}/`);
      expect(await page.locator("body").innerText()).toContain(banner);
    }
    // What programs send dies when it says it does.
    expect((await api()).status).toBe(401);

    await house.restartBank();
    await page.goto(house.bank);
    expect(page.url()).toBe(`${house.bank}/`);
    expect(await page.locator("body").innerText()).toContain(banner);

    const stranger = await browser.newPerson();
    const answer = await stranger.page.goto(house.bank);
    expect(answer?.status()).toBe(503);
    expect(await stranger.page.locator("body").innerText()).not.toContain("Alice");
    await stranger.context.close();

    await house.startIdp();
    house.clock.advance(60);
    for (const site of [house.bank, house.retirement]) {
      // What a site asked before the provider was back may fail yet; seconds later it asks again.
      const shown = async () => {
        house.clock.advance(6);
        await page.goto(site);
        expect(page.url()).toBe(`${site}/`);
        return page.locator("body").innerText();
      };
      await expect.poll(shown, { timeout: 20_000 }).not.toContain(banner);
    }
    await context.close();
  });
});
