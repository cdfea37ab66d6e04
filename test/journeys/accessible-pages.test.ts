// Every page as a person meets it, held to axe-core in both colour schemes, wide and narrow; and that
// nothing on it needs sideways scrolling.
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import type { AxeResults } from "axe-core";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { challengeOf } from "../../idp/protocol/pkce.ts";
import { aBrowser, type TestBrowser } from "../support/a-browser.ts";
import { aHouse, type House } from "../support/a-house.ts";
import { signInHere } from "./steps.ts";

let house: House;
let browser: TestBrowser;
let axeSource: string;
/** A key that is accepted nowhere any more. */
let thrownOut: string;

beforeAll(async () => {
  house = await aHouse();
  browser = await aBrowser();
  axeSource = await readFile(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
  await registerLedgerline();
  await throwAKeyOut();
});
afterAll(async () => {
  await browser?.close();
  await house?.close();
});

const looks = [
  { width: 1280, dark: false },
  { width: 1280, dark: true },
  { width: 360, dark: false },
  { width: 360, dark: true },
];

describe.each(looks)("at $width px, dark: $dark", ({ width, dark }) => {
  it("holds on every page of a stranger", async () => {
    const { page, context } = await browser.newPerson({ width, dark });
    await page.goto(house.issuer);
    await sound(page, "One sign-in for every site");
    await page.goto(house.bank);
    await sound(page, "Sign in");
    await signInHere(page, { ...house.alice, password: "not the passphrase" });
    await sound(page, "Sign in");
    await page.goto(`${house.issuer}/authorize?client_id=nobody&redirect_uri=https://x.example/`);
    await sound(page);
    await page.goto(`${house.issuer}/nowhere`);
    await sound(page);
    await page.goto(`${house.bank}/nowhere`);
    await sound(page);
    await page.goto(`${house.retirement}/nowhere`);
    await sound(page);
    const { known, clock } = house.idp();
    const alice = await known.accounts.findByEmail(house.alice.email);
    const link = await known.passwordLinks.create(alice?.id ?? "", clock.now(), 600, {
      actor: "test",
    });
    await page.goto(`${house.issuer}/set-password/${link}`);
    await sound(page);
    await context.close();
  });

  it("holds on every page of a person who is signed in", async () => {
    const { page, context } = await browser.newPerson({ width, dark });
    await page.goto(house.bank);
    await signInHere(page, house.alice);
    await sound(page, "Alice");
    await page.goto(`${house.bank}/transactions`);
    await sound(page);
    await page.goto(`${house.bank}/transfers?to=rainy-day`);
    await sound(page, "Send money");
    await page.getByRole("button", { name: "Send it" }).click();
    await page.getByRole("alert").waitFor();
    await sound(page, "Send money");
    await page.getByLabel("Amount").fill("0.01");
    await page.getByLabel("Reference").fill("A cent at a time");
    await page.getByRole("button", { name: "Send it" }).click();
    await sound(page, "moved to Rainy day");
    await page.goto(house.retirement);
    await sound(page, "Alice");
    await page.goto(`${house.retirement}/contributions`);
    await sound(page);
    await page.goto(house.issuer);
    await sound(page, "You are signed in");
    await page.goto(authorizeLedgerline());
    await sound(page, "Ledgerline would like to");
    await page.goto(authorizeLedgerline({ prompt: "select_account" }));
    await sound(page);
    await page.goto(`${house.issuer}/logout`);
    await sound(page);
    await page.getByRole("button", { name: /Sign out/ }).click();
    await sound(page, "You are signed out");
    await context.close();
  });

  it("holds on a person's own pages, with everything on them", async () => {
    const elsewhere = await browser.newPerson();
    await elsewhere.page.goto(house.bank);
    await signInHere(elsewhere.page, house.alice);
    const { page, context } = await browser.newPerson({ width, dark });
    await page.goto(`${house.issuer}/account`);
    await signInHere(page, house.alice);
    await sound(page, "Where you are signed in");
    await page.goto(house.retirement);
    const again = await browser.newPerson();
    await again.page.goto(house.bank);
    await signInHere(again.page, house.alice);
    await page.goto(`${house.issuer}/account?done=ended`);
    await sound(page, "Where you are signed in");
    await page.getByRole("link", { name: "This wasn’t me…" }).first().click();
    await sound(page, "Was that not you?");
    await page.goto(`${house.issuer}/account/password`);
    await sound(page, "Change your password");
    await page.getByLabel("The password you have now").fill("not the one at all");
    await page.getByLabel("New password").fill("short");
    await page.getByLabel("Once more").fill("short");
    await page.getByRole("button", { name: "Change password" }).click();
    await page.getByRole("alert").waitFor();
    await sound(page, "Change your password");
    await page.goto(`${house.issuer}/account`);
    await page.getByRole("button", { name: "Sign out everywhere" }).click();
    await sound(page, "You are signed out everywhere");
    for (const one of [context, elsewhere.context, again.context]) await one.close();
  });

  it("holds in the console", async () => {
    const { page, context } = await browser.newPerson({ width, dark });
    await page.goto(`${house.issuer}/admin`);
    await signInHere(page, house.ines);
    await sound(page, "Keys");
    // Also with everything at once: somebody waits for a yes, sites are ready or not, a key is gone.
    await page.getByRole("button", { name: "Run the drill" }).click();
    await sound(page, "Keys");
    await page.goto(`${house.issuer}/admin/keys?span=year`);
    await sound(page, "Keys");
    await page.goto(`${house.issuer}/admin/keys/revoke`);
    await sound(page, "Throw a key out");
    await page.getByRole("button", { name: "Throw it out" }).click();
    await page.getByRole("alert").waitFor();
    await sound(page, "Throw a key out");
    await page.goto(`${house.issuer}/admin/keys/${thrownOut}/revoked?watch=no`);
    await sound(page, "is thrown out");
    await context.close();
  });
});

/** No violation, no sideways scrolling, and the page it was meant to be. */
async function sound(page: Page, heading = ""): Promise<void> {
  expect(await page.getByRole("heading", { level: 1 }).innerText(), page.url()).toContain(heading);
  await page.evaluate(axeSource);
  const { violations } = await page.evaluate<AxeResults>("axe.run()");
  const found = violations.map(
    ({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(" ")}`,
  );
  expect(found, page.url()).toEqual([]);
  const [content = 0, view = 0] = await page.evaluate<number[]>(
    "[document.documentElement.scrollWidth, document.documentElement.clientWidth]",
  );
  expect(content, `${page.url()} scrolls sideways`).toBeLessThanOrEqual(view);
}

/** A site of somebody else, which has to ask. */
async function registerLedgerline(): Promise<void> {
  const { known, clock } = house.idp();
  await known.clientStore.add(
    {
      id: "ledgerline",
      name: "Ledgerline",
      tokenEndpointAuthMethod: "none",
      redirectUris: ["https://ledgerline.example/callback"],
      postLogoutRedirectUris: [],
      grantTypes: ["authorization_code", "refresh_token"],
      scopes: ["openid", "profile", "email", "offline_access", "accounts:read"],
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
}

/** One key is gone, and somebody wants another one to go. */
async function throwAKeyOut(): Promise<void> {
  const { known, clock, database } = house.idp();
  const kidIn = async (state: string) =>
    (await known.keys.list()).find((key) => key.state === state)?.kid ?? "";
  thrownOut = await kidIn("pending");
  const cause = { actor: "operator-token", reason: "it was in a crash report" };
  await known.revokeSigningKey.revoke({ kid: thrownOut, refreshTokens: "keep", cause });
  await database.orm.keyRevocationRequest.create({
    data: {
      id: "a-request",
      kid: await kidIn("active"),
      reason: cause.reason,
      refreshTokens: "end",
      requestedBy: cause.actor,
      requestedAt: clock.now(),
      expiresAt: new Date(clock.now().getTime() + 900_000),
    },
  });
}

function authorizeLedgerline(more: Record<string, string> = {}): string {
  const query = new URLSearchParams({
    client_id: "ledgerline",
    redirect_uri: "https://ledgerline.example/callback",
    response_type: "code",
    scope: "openid profile offline_access accounts:read",
    resource: `${house.bank}/api`,
    code_challenge: challengeOf("a".repeat(43)),
    code_challenge_method: "S256",
    ...more,
  });
  return `${house.issuer}/authorize?${query}`;
}
