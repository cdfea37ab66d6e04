// A television signs in: it shows a code, somebody allows it on a telephone, without a script, and takes it
// back later (RFC 8628).
import type { Page } from "playwright-core";
import { afterAll, beforeAll, expect, it } from "vitest";
import { aBrowser, type TestBrowser } from "../support/a-browser.ts";
import { aHouse, type House } from "../support/a-house.ts";
import { localFetch } from "../support/local-fetch.ts";
import { signInHere } from "./steps.ts";

const GRANT = "urn:ietf:params:oauth:grant-type:device_code";

let house: House;
let browser: TestBrowser;
let page: Page;
beforeAll(async () => {
  house = await aHouse();
  const { known, clock } = house.idp();
  await known.clientStore.add(
    {
      id: "television",
      name: "Living Room TV",
      tokenEndpointAuthMethod: "none",
      redirectUris: [],
      postLogoutRedirectUris: [],
      grantTypes: [GRANT, "refresh_token"],
      scopes: ["openid", "profile", "offline_access"],
      resources: [],
      firstParty: false,
      requireAuthTime: false,
      metadata: {},
      origin: "operator",
    },
    undefined,
    clock.now(),
    { actor: "test" },
  );
  known.clients.forget();
  browser = await aBrowser();
  ({ page } = await browser.newPerson({ width: 360, javaScript: false }));
});
afterAll(async () => {
  await browser.close();
  await house.close();
});

async function ask(path: string, fields: Record<string, string>) {
  const answer = await localFetch(`${house.issuer}${path}`, {
    method: "POST",
    body: new URLSearchParams({ client_id: "television", ...fields }),
  });
  const body: Record<string, string> = JSON.parse(await answer.text());
  return { status: answer.status, body };
}

it("from the code on the screen to tokens, and back out of them", async () => {
  const shown = (await ask("/device_authorization", { scope: "openid profile offline_access" }))
    .body;
  const poll = () => ask("/token", { grant_type: GRANT, device_code: shown.device_code ?? "" });
  expect((await poll()).body.error).toBe("authorization_pending");

  // What the QR code says.
  await page.goto(shown.verification_uri_complete ?? "");
  await signInHere(page, house.alice);
  await page.getByRole("button", { name: "Go on" }).click();
  expect(await page.getByText(shown.user_code ?? "").isVisible()).toBe(true);
  expect(await page.getByText("Is the device in front of you?").isVisible()).toBe(true);
  await page.getByRole("button", { name: "Allow this device" }).click();
  expect(await page.getByRole("heading", { level: 1 }).textContent()).toBe(
    "Your device is connected",
  );

  house.clock.advance(5);
  const tokens = await poll();
  expect(tokens.status).toBe(200);
  const refresh = { grant_type: "refresh_token", refresh_token: tokens.body.refresh_token ?? "" };
  const refreshed = await ask("/token", refresh);
  expect(refreshed.status).toBe(200);

  await page.getByRole("link", { name: "your sign-ins and apps" }).click();
  await page.getByRole("button", { name: "Take back what Living Room TV may do" }).click();
  const again = { ...refresh, refresh_token: refreshed.body.refresh_token ?? "" };
  expect((await ask("/token", again)).body.error).toBe("invalid_grant");
});
