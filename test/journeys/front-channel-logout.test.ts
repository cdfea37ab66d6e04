// Front-channel logout in a real browser, at a client over https: it hears of a sign-out inside a page of
// Signet's, so it sees those of its cookies that are SameSite=None; Secure, and no others.
import { once } from "node:events";
import { createServer, type Server } from "node:https";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { aClient, authorizeUrl } from "../idp/endpoints/authorize/arranging.ts";
import { selfSigned } from "../idp/sending/self-signed.ts";
import { aBrowser, type TestBrowser } from "../support/a-browser.ts";
import { aHouse, type House } from "../support/a-house.ts";
import { signInHere } from "./steps.ts";

/** A shop that lets everybody in who comes back from Signet, and out who is sent to its logout. */
async function aShop() {
  const told: { query: URLSearchParams; cookies: string }[] = [];
  const server: Server = createServer(selfSigned("shop.localhost"), (request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? "/", "https://shop.localhost");
    const cookies = request.headers.cookie ?? "";
    response.setHeader("Content-Type", "text/html");
    if (pathname === "/callback") {
      response.setHeader("Set-Cookie", [
        "visit=on; Path=/; Secure; HttpOnly; SameSite=None",
        "lax=on; Path=/; Secure; HttpOnly; SameSite=Lax",
      ]);
    }
    if (pathname === "/logged-out") {
      told.push({ query: searchParams, cookies });
      response.setHeader("Set-Cookie", "visit=; Path=/; Max-Age=0; Secure; SameSite=None");
    }
    response.end(`<p>${/\bvisit=on\b/.test(cookies) ? "Signed in" : "Signed out"}</p>`);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const origin = `https://shop.localhost:${(server.address() as AddressInfo).port}`;
  return { origin, told, server };
}

describe("front-channel logout (OIDC Front-Channel Logout 1.0)", () => {
  let house: House;
  let browser: TestBrowser;
  let shop: Awaited<ReturnType<typeof aShop>>;
  beforeAll(async () => {
    house = await aHouse();
    browser = await aBrowser();
    shop = await aShop();
  });
  afterAll(async () => {
    shop?.server.closeAllConnections();
    shop?.server.close();
    await browser?.close();
    await house?.close();
  });

  it("signs a site out inside the receipt, by its SameSite=None cookie", async () => {
    const redirectUri = `${shop.origin}/callback`;
    const client = await aClient(house.idp(), "shop", {
      name: "The shop",
      redirectUris: [redirectUri],
      frontchannelLogoutUri: `${shop.origin}/logged-out`,
      frontchannelLogoutSessionRequired: true,
    });
    const { page, context } = await browser.newPerson({ trusting: true });
    await page.goto(authorizeUrl(house.idp(), client, { redirect_uri: redirectUri }));
    await signInHere(page, house.alice);
    await page.goto(shop.origin);
    expect(await page.innerText("p")).toBe("Signed in");

    await page.goto(`${house.issuer}/logout`);
    await page.getByRole("button", { name: "Sign out" }).click();
    const receipt = page.getByRole("region", { name: "Receipt" });
    expect(await receipt.innerText()).toMatch(/The shop\s+Asked in this browser/);
    await expect.poll(() => shop.told.length).toBe(1);
    const [{ query, cookies } = { query: new URLSearchParams(), cookies: "" }] = shop.told;
    expect(query.get("iss")).toBe(house.issuer);
    expect(query.get("sid")).toMatch(/^[\w-]{16,}$/);
    expect(cookies).toBe("visit=on");

    await page.goto(shop.origin);
    expect(await page.innerText("p")).toBe("Signed out");
    await context.close();
  });
});
