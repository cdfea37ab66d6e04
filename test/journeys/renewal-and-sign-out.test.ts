import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { aBrowser, type TestBrowser } from "../support/a-browser.ts";
import { aHouse, type House } from "../support/a-house.ts";
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

describe("renewal", () => {
  it("renews a pass that has run out, without anybody noticing, for as long as the person comes by", async () => {
    const { page, context } = await browser.newPerson();
    await page.goto(house.bank);
    await signInHere(page, house.alice);
    const passOf = () => page.locator(".tok-p").first().innerText();
    const first = await passOf();

    house.clock.advance(301);
    await page.reload();
    expect(page.url()).toBe(`${house.bank}/`);
    const second = await passOf();
    expect(second).not.toBe(first);

    for (let quarter = 0; quarter < 8; quarter += 1) {
      house.clock.advance(15 * 60);
      await page.reload();
      expect(page.url()).toBe(`${house.bank}/`);
    }
    await context.close();
  });

  it("renews once for two tabs that come at the same moment", async () => {
    const { page, context } = await browser.newPerson();
    await page.goto(house.bank);
    await signInHere(page, house.alice);
    const tabs = [page, await context.newPage(), await context.newPage()];
    house.clock.advance(301);
    await Promise.all(tabs.map((tab) => tab.goto(house.bank)));
    house.clock.advance(301);
    await Promise.all(tabs.map((tab) => tab.goto(house.bank)));
    for (const tab of tabs) expect(tab.url()).toBe(`${house.bank}/`);
    await context.close();
  });

  it("asks again for the password when nobody came by for more than half an hour", async () => {
    const { page, context } = await browser.newPerson();
    await page.goto(house.bank);
    await signInHere(page, house.alice);
    house.clock.advance(31 * 60);
    await page.goto(house.bank);
    expect(new URL(page.url()).origin).toBe(house.issuer);
    await context.close();
  });
});

describe.each([{ javaScript: true }, { javaScript: false }])(
  "sign-out (JavaScript: $javaScript)",
  ({ javaScript }) => {
    it("L2: ends it everywhere; the receipt fills in, and the other site refuses on the next click", async () => {
      const { page, context } = await browser.newPerson({ javaScript });
      await page.goto(house.bank);
      await signInHere(page, house.alice);
      await page.goto(house.retirement);
      expect(page.url()).toBe(`${house.retirement}/`);

      await page.goto(house.bank);
      await page.getByRole("button", { name: "Sign out" }).first().click();
      expect(new URL(page.url()).origin).toBe(house.issuer);
      expect(await page.getByRole("heading", { level: 1 }).innerText()).toBe("You are signed out");
      const receipt = page.getByRole("region", { name: "Receipt" });
      expect(await receipt.innerText()).toMatch(/Harbour Bank\s+Signed out/);
      // The page looks again by itself; what could not be delivered at once is delivered a moment later.
      const fillsIn = () => {
        house.clock.advance(1);
        house.idp().known.sender.wake();
        return receipt.innerText();
      };
      await expect
        .poll(fillsIn, { timeout: 30_000, interval: 500 })
        .toMatch(/Evergreen Retirement\s+Signed out\s+It confirmed at/);

      for (const site of [house.bank, house.retirement]) {
        await page.goto(site);
        expect(new URL(page.url()).origin).toBe(house.issuer);
      }
      await context.close();
    });
  },
);

describe("a site that cannot be told", () => {
  it("L3: refuses within the quarter of a minute that its status list is good for", async () => {
    const { clientStore, clients } = house.idp().known;
    const [evergreen] = (await clientStore.listFirstParty()).filter(({ redirectUris }) =>
      redirectUris[0]?.startsWith(house.retirement),
    );
    if (!evergreen) throw new Error("no Evergreen");
    const now = house.clock.now();
    await clientStore.update(evergreen.id, { backchannelLogoutUri: null }, now, { actor: "test" });
    clients.forget();

    const { page, context } = await browser.newPerson();
    await page.goto(house.bank);
    await signInHere(page, house.alice);
    await page.goto(house.retirement);
    expect(page.url()).toBe(`${house.retirement}/`);
    await page.goto(house.bank);
    await page.getByRole("button", { name: "Sign out" }).first().click();
    const receipt = page.getByRole("region", { name: "Receipt" });
    expect(await receipt.innerText()).toMatch(/Evergreen Retirement\s+Ending/);
    expect(await receipt.innerText()).toMatch(/ends by \d\d:\d\d:\d\d UTC at the latest/);

    house.clock.advance(15);
    await page.goto(house.retirement);
    expect(new URL(page.url()).origin).toBe(house.issuer);
    await context.close();
  });
});
