import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { aSite, type SiteWorld } from "./support/a-site.ts";
import type { Page, Visitor } from "./support/a-visitor.ts";

const MINUTE = 60;

describe("a site session", () => {
  let world: SiteWorld;
  beforeEach(async () => {
    world = await aSite();
  });
  afterEach(() => world.close());

  const home = (visitor: Visitor) => visitor.request(`${world.baseUrl}/`);
  const tokenRequests = () => world.issuer.requestsTo("/token");
  const cookieName = "harbour_session";

  it("lets a person in again and again without a word to the provider", async () => {
    const visitor = await world.signedInVisitor();
    const before = world.issuer.requests.length;
    for (let view = 0; view < 20; view += 1) expect((await home(visitor)).status).toBe(200);
    expect(world.issuer.requests.length).toBe(before);
  });

  it("S3: ends after 30 minutes without a view", async () => {
    const visitor = await world.signedInVisitor();
    world.clock.advance(30 * MINUTE - 1);
    expect((await home(visitor)).status).toBe(200);
    world.clock.advance(30 * MINUTE);
    expect((await home(visitor)).status).toBe(303);
  });

  it("S3: ends after 12 hours however busy", async () => {
    const visitor = await world.signedInVisitor();
    for (let at = 20; at < 12 * 60; at += 20) {
      world.clock.advance(20 * MINUTE);
      expect((await home(visitor)).status).toBe(200);
    }
    world.clock.advance(20 * MINUTE);
    expect((await home(visitor)).status).toBe(303);
  });

  it("renews the access token in its last minute, with rotation", async () => {
    const visitor = await world.signedInVisitor();
    world.clock.advance(239);
    await home(visitor);
    expect(tokenRequests()).toBe(1);
    world.clock.advance(1);
    expect((await home(visitor)).status).toBe(200);
    expect(tokenRequests()).toBe(2);
    for (let round = 0; round < 5; round += 1) {
      world.clock.advance(250);
      expect((await home(visitor)).status).toBe(200);
    }
    const presented = world.issuer.tokenRequests.slice(1).map((form) => form.get("refresh_token"));
    expect(new Set(presented).size).toBe(6);
  });

  it("two tabs with the same old refresh token get the same new one from one request", async () => {
    const visitor = await world.signedInVisitor();
    const old = visitor.cookies(world.baseUrl).get(cookieName) ?? "";
    world.clock.advance(250);
    const pages = await Promise.all(Array.from({ length: 10 }, () => home(visitor)));
    expect(pages.every((page) => page.status === 200)).toBe(true);
    expect(tokenRequests()).toBe(2);
    // A slow page of another tab writes the cookie of before; a few seconds later nothing is lost.
    visitor.cookies(world.baseUrl).set(cookieName, old);
    world.clock.advance(20);
    expect((await home(visitor)).status).toBe(200);
    expect(tokenRequests()).toBe(2);
  });

  it("after a lost answer the same refresh token is tried again", async () => {
    const visitor = await world.signedInVisitor();
    world.clock.advance(250);
    world.issuer.wrong.token = (response) => response.destroy();
    expect((await home(visitor)).status).toBe(200);
    delete world.issuer.wrong.token;
    world.clock.advance(10);
    expect((await home(visitor)).status).toBe(200);
    world.clock.advance(250);
    expect((await home(visitor)).status).toBe(200);
  });

  it("ends at once on invalid_grant, and a copy of its cookie with it", async () => {
    const visitor = await world.signedInVisitor();
    const copy = visitor.cookies(world.baseUrl).get(cookieName) ?? "";
    world.issuer.revokeGrants();
    world.clock.advance(250);
    const page = await home(visitor);
    expect(page.status).toBe(303);
    expect(visitor.cookies(world.baseUrl).has(cookieName)).toBe(false);
    const thief = world.visitor();
    thief.cookies(world.baseUrl).set(cookieName, copy);
    expect((await home(thief)).status).toBe(303);
  });

  it("a refresh that brings another person ends the session (OIDC Core §12.2)", async () => {
    const visitor = await world.signedInVisitor();
    world.clock.advance(250);
    world.issuer.wrong.idToken = (claims) => ({ ...claims, sub: "bruno" });
    expect((await home(visitor)).status).toBe(303);
  });

  it("a new person signing in gets a new session", async () => {
    const visitor = await world.signedInVisitor();
    world.issuer.person = { sub: "bruno", name: "Bruno Keller", email: "bruno@example.test" };
    const page = await visitor.visit(`${world.baseUrl}/sign-in`);
    expect(page.text).toContain("Bruno Keller");
    expect(page.text).not.toContain("Alice");
  });

  it("distrusting the key ends sessions that rest on it", async () => {
    const visitor = await world.signedInVisitor();
    await world.site.relyingParty.distrust(world.issuer.key.kid);
    expect((await home(visitor)).status).toBe(303);
  });

  it("goes on across a restart of the site", async () => {
    const visitor = await world.signedInVisitor();
    await world.restart();
    expect((await home(visitor)).status).toBe(200);
  });

  it("moves to a new sealing key with nobody signed out", async () => {
    const [a, b] = [1, 2].map((byte) => Buffer.alloc(32, byte).toString("base64url"));
    await world.restart({ SESSION_KEYS: `${a}` });
    const visitor = await world.signedInVisitor();
    await world.restart({ SESSION_KEYS: `${b},${a}` });
    world.clock.advance(61);
    expect((await home(visitor)).status).toBe(200);
    // Sealed anew by now, so the old key can go.
    await world.restart({ SESSION_KEYS: `${b}` });
    expect((await home(visitor)).status).toBe(200);
    await world.restart({ SESSION_KEYS: `${a}` });
    expect((await home(visitor)).status).toBe(303);
  });

  it("S7: a garbled, truncated or foreign cookie means anonymous, never a pass or a failure", async () => {
    const visitor = await world.signedInVisitor();
    const good = visitor.cookies(world.baseUrl).get(cookieName) ?? "";
    const [head = ""] = good.split(".");
    const signIn = await world.visitor().request(`${world.baseUrl}/`);
    const sealedElsewhere = /=([^;]+)/.exec(signIn.setCookies[0] ?? "")?.[1] ?? "";
    const garbage = [
      "",
      "x",
      "%00%ff",
      good.slice(0, -4),
      `${good.slice(0, -4)}AAAA`,
      `${head}....`,
      sealedElsewhere,
      "eyJhbGciOiJub25lIn0.e30.",
      `${Buffer.from('{"alg":"dir","enc":"A256GCM","kid":"__proto__"}').toString("base64url")}..A.A.A`,
      "a".repeat(4000),
    ];
    for (const value of garbage) {
      const anonymous = world.visitor();
      anonymous.cookies(world.baseUrl).set(cookieName, value);
      expect((await home(anonymous)).status, value.slice(0, 40)).toBe(303);
    }
  });

  it("keeps the whole Set-Cookie below 3.8 KiB, at the price of the hint when it must", async () => {
    const size = (page: Page) => Buffer.byteLength(sessionCookieOf(page));
    const usual = await callbackPage(world);
    expect(size(usual)).toBeLessThan(3.8 * 1024);
    world.issuer.person = { ...world.issuer.person, name: "N".repeat(700) };
    const large = await callbackPage(world);
    expect(size(large)).toBeLessThan(3.8 * 1024);
    const again = await large.visitor.request(`${world.baseUrl}/`);
    expect(again.text).toContain("NNN");
  });

  it("S1: over http the cookie is named for the site, HttpOnly and Lax, without Domain", async () => {
    const page = await callbackPage(world);
    expect(sessionCookieOf(page)).toMatch(
      /^harbour_session=[\w.-]+; Path=\/; HttpOnly; SameSite=Lax$/,
    );
    for (const header of page.setCookies) {
      expect(header).toMatch(/; Path=\/; HttpOnly; SameSite=Lax(; Max-Age=\d+)?$/);
    }
  });
});

describe("a site session over https", () => {
  it("S1: cookies are __Host- and Secure, and HSTS is set", async () => {
    const world = await aSite({ env: { BASE_URL: "https://bank.example" } });
    try {
      const local = `http://bank.localhost:${world.site.port}/`;
      const page = await world.visitor().request(local);
      expect(page.status).toBe(303);
      expect(page.setCookies).toHaveLength(1);
      expect(page.setCookies[0]).toMatch(
        /^__Host-harbour-sign-in-[0-9a-f]{16}=[\w.-]+; Path=\/; HttpOnly; SameSite=Lax; Secure; Max-Age=3600$/,
      );
      expect(page.headers.get("strict-transport-security")).toBe(
        "max-age=31536000; includeSubDomains",
      );
    } finally {
      await world.close();
    }
  });
});

const sessionCookieOf = (page: Page) =>
  page.setCookies.find((header) => header.startsWith("harbour_session=")) ?? "";

/** Signs a new visitor in and stops at the callback's own answer. */
async function callbackPage(world: SiteWorld): Promise<Page & { visitor: Visitor }> {
  const visitor = world.visitor();
  const toProvider = await visitor.request(`${world.baseUrl}/`);
  const answer = await visitor.request(toProvider.headers.get("location") ?? "");
  return { ...(await visitor.request(answer.headers.get("location") ?? "")), visitor };
}
