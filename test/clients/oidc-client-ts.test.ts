// oidc-client-ts in a real browser, on a page of another site than the provider's: sign-in by redirect and in
// a popup, renewal, revocation and sign-out, all by what CORS lets the page read, and nothing else.
import { readFileSync } from "node:fs";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { aBrowser, type TestBrowser } from "../support/a-browser.ts";
import { anIdp, aPerson, type Person, type TestIdp } from "../support/an-idp.ts";
import { movableClock } from "../support/movable-clock.ts";
import { aSiteOfTheirs, register } from "./a-server-of-theirs.ts";

const LIBRARY = readFileSync("node_modules/oidc-client-ts/dist/browser/oidc-client-ts.min.js");

let idp: TestIdp;
let alice: Person;
let site: Awaited<ReturnType<typeof aSiteOfTheirs>>;
let origin: string;
let browser: TestBrowser;

beforeAll(async () => {
  idp = await anIdp({ clock: movableClock(new Date()) });
  alice = await aPerson(idp);
  let clientId = "";
  site = await aSiteOfTheirs(() => (request, response) => {
    const { pathname } = new URL(request.url ?? "/", "http://app.localhost");
    const isScript = pathname === "/oidc-client-ts.js";
    response.writeHead(200, { "Content-Type": isScript ? "text/javascript" : "text/html" });
    response.end(isScript ? LIBRARY : pageOf(idp.issuer, clientId));
  });
  origin = `http://app.localhost:${new URL(site.baseUrl).port}`;
  const client = await register(
    { idp, alice, bruno: alice },
    {
      client_name: "An app in the browser",
      redirect_uris: [`${origin}/callback`],
      post_logout_redirect_uris: [`${origin}/`],
      grant_types: ["authorization_code", "refresh_token"],
      token_endpoint_auth_method: "none",
    },
  );
  clientId = client.clientId;
  browser = await aBrowser();
});
afterAll(async () => {
  await browser.close();
  await site.close();
  await idp.close();
});

/** Every address of the app is this page; at /callback it takes the provider's answer. */
const pageOf = (issuer: string, clientId: string) => `<!doctype html><title>App</title>
<script src="/oidc-client-ts.js"></script>
<script>
  const issuer = ${JSON.stringify(issuer)}, clientId = ${JSON.stringify(clientId)};
  // #region configuration
  const manager = new oidc.UserManager({
    authority: issuer,
    client_id: clientId,
    redirect_uri: location.origin + "/callback",
    post_logout_redirect_uri: location.origin + "/",
    scope: "openid profile email offline_access",
    loadUserInfo: true,
  });
  // #endregion
  if (location.pathname === "/callback")
    manager.signinCallback().then(
      () => { document.title = "Signed in"; },
      (error) => { document.title = "Refused: " + error.message; },
    );
</script>`;

interface Manager {
  signinPopup(): Promise<unknown>;
  signinRedirect(): Promise<void>;
  signinSilent(): Promise<unknown>;
  revokeTokens(): Promise<void>;
  signoutRedirect(): Promise<void>;
  getUser(): Promise<unknown>;
}
declare const manager: Manager;
interface User {
  readonly access_token: string;
  readonly profile: Record<string, unknown>;
}

const userOf = async (page: Page) => (await page.evaluate(() => manager.getUser())) as User | null;

async function signInOn(page: Page): Promise<void> {
  await page.getByLabel("E-mail").fill(alice.email);
  await page.getByLabel("Password").fill(alice.password);
  await page.getByRole("button", { name: /sign in/i }).click();
}

const allowOn = async (page: Page) => {
  const allow = page.getByRole("button", { name: "Allow", exact: true });
  await allow.click();
};

async function open(): Promise<Page> {
  const { page } = await browser.newPerson();
  await page.goto(`${origin}/`);
  return page;
}

async function signedIn(): Promise<Page> {
  const page = await open();
  await page.evaluate(() => void manager.signinRedirect());
  await signInOn(page);
  // Asked once in a lifetime, whichever test comes first.
  await page.waitForURL(/\/(consent|callback)/);
  if (page.url().includes("/consent/")) await allowOn(page);
  await page.waitForFunction(() => document.title === "Signed in");
  return page;
}
declare const document: { title: string };

describe("oidc-client-ts, on another site's page", () => {
  it("signs in by redirect, and reads UserInfo", async () => {
    const page = await signedIn();
    expect((await userOf(page))?.profile).toMatchObject({
      sub: alice.account.id,
      name: "Alice Moreau",
      email: "alice@example.test",
    });
  });

  it("signs in in a popup, which closes by itself", async () => {
    const page = await open();
    const opened = page.waitForEvent("popup");
    const done = page.evaluate(() => manager.signinPopup());
    const popup = await opened;
    await signInOn(popup);
    if (!popup.isClosed()) {
      const consent = popup.getByRole("button", { name: "Allow", exact: true });
      await consent.click({ timeout: 2_000 }).catch(() => {});
    }
    expect(((await done) as User).profile).toMatchObject({ name: "Alice Moreau" });
    if (!popup.isClosed()) await popup.waitForEvent("close");
  });

  it("renews by its refresh token, without a page or a frame", async () => {
    const page = await signedIn();
    const before = await userOf(page);
    const after = (await page.evaluate(() => manager.signinSilent())) as User;
    expect(after.access_token).not.toBe(before?.access_token);
  });

  it("revokes its tokens: they end at once", async () => {
    const page = await signedIn();
    const token = (await userOf(page))?.access_token ?? "";
    await page.evaluate(() => manager.revokeTokens());
    const status = await page.evaluate(
      async ([url, bearer]) =>
        (await fetch(`${url}/userinfo`, { headers: { Authorization: `Bearer ${bearer}` } })).status,
      [idp.issuer, token] as const,
    );
    expect(status).toBe(401);
  });

  it("signs out at the provider, and comes back", async () => {
    const page = await signedIn();
    await page.evaluate(() => void manager.signoutRedirect());
    await page.waitForURL(`${origin}/`);
    expect(await userOf(page)).toBeNull();
    await page.evaluate(() => void manager.signinRedirect());
    await page.waitForURL(/\/sign-in\//);
  });
});

describe("what a page of another site may read (CORS)", () => {
  /** What `fetch` gives the page, or that it gives nothing. */
  const read = (page: Page, path: string, init: RequestInit = {}) =>
    page.evaluate(
      async ([url, request]) => {
        try {
          const answer = await fetch(url, request);
          return {
            status: answer.status,
            challenge: answer.headers.get("WWW-Authenticate"),
            body: (await answer.text()).slice(0, 200),
          };
        } catch {
          return "nothing";
        }
      },
      [`${idp.issuer}${path}`, init] as const,
    );

  it("refusals of /token and /userinfo, their challenges included", async () => {
    const page = await open();
    const form = { method: "POST", body: "grant_type=refresh_token&refresh_token=x" };
    const headers = {
      "Content-Type": "application/x-www-form-urlencoded",
      Authorization: `Basic ${btoa("nobody:x")}`,
    };
    expect(await read(page, "/token", { ...form, headers })).toEqual({
      status: 401,
      challenge: 'Basic realm="signet"',
      body: expect.stringContaining("invalid_client"),
    });
    const bearer = { headers: { Authorization: "Bearer x.y.z" } };
    expect(await read(page, "/userinfo", bearer)).toMatchObject({
      status: 401,
      challenge: expect.stringContaining('error="invalid_token"'),
    });
    for (const path of ["/.well-known/openid-configuration", "/jwks", "/status-lists"]) {
      expect(await read(page, path)).toMatchObject({ status: 200 });
    }
  });

  it("nothing of pages, of doors for servers, and of the administrators'", async () => {
    const page = await open();
    for (const path of ["/", "/account", "/authorize", "/device", "/logout", "/admin", "/errors"]) {
      expect([path, await read(page, path)]).toEqual([path, "nothing"]);
    }
    const form = { method: "POST", body: new URLSearchParams({ token: "x" }).toString() };
    const headers = { "Content-Type": "application/x-www-form-urlencoded" };
    for (const path of ["/introspection", "/par", "/device_authorization", "/registration"]) {
      expect([path, await read(page, path, { ...form, headers })]).toEqual([path, "nothing"]);
    }
  });

  it("is never with the person's cookies", async () => {
    const page = await signedIn();
    const withCookies = { credentials: "include" } as const;
    expect(await read(page, "/.well-known/openid-configuration", withCookies)).toBe("nothing");
  });
});
