import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { aSite, type SiteWorld } from "./support/a-site.ts";
import type { Visitor } from "./support/a-visitor.ts";

describe("signing out at a site (RP-Initiated Logout 1.0 §2)", () => {
  let world: SiteWorld;
  beforeAll(async () => {
    world = await aSite();
  });
  afterAll(() => world.close());

  const csrfOf = async (visitor: Visitor) =>
    /name="csrf" value="([^"]+)"/.exec((await visitor.request(`${world.baseUrl}/`)).text)?.[1] ??
    "";
  const signOut = (visitor: Visitor, csrf: string, headers: Record<string, string> = {}) =>
    visitor.request(`${world.baseUrl}/sign-out`, { form: { csrf }, headers });
  const isSignedIn = async (visitor: Visitor) =>
    (await visitor.request(`${world.baseUrl}/`)).status === 200;

  it("ends the session here and goes on to the provider with hint and client, asking for nothing back", async () => {
    const visitor = await world.signedInVisitor();
    const copy = new Map(visitor.cookies(world.baseUrl));
    const page = await signOut(visitor, await csrfOf(visitor), { "sec-fetch-site": "same-origin" });
    expect(page.status).toBe(303);
    const url = new URL(page.headers.get("location") ?? "");
    expect(url.origin + url.pathname).toBe(`${world.issuer.issuer}/logout`);
    expect([...url.searchParams.keys()].sort()).toEqual(["client_id", "id_token_hint"]);
    expect(await isSignedIn(visitor)).toBe(false);
    const thief = world.visitor();
    for (const [name, value] of copy) thief.cookies(world.baseUrl).set(name, value);
    expect(await isSignedIn(thief)).toBe(false);
    // A site that starts anew has not forgotten.
    await world.restart();
    expect(await isSignedIn(thief)).toBe(false);
  });

  it("S4: refuses a form of another site, and one without this session's token", async () => {
    const visitor = await world.signedInVisitor();
    const csrf = await csrfOf(visitor);
    const ofAnother = await csrfOf(await world.signedInVisitor());
    for (const [token, headers] of [
      [csrf, { "sec-fetch-site": "cross-site" }],
      [csrf, { "sec-fetch-site": "same-site" }],
      [csrf, { "sec-fetch-site": "none" }],
      [csrf, { origin: "http://retirement.localhost:4002" }],
      ["", {}],
      ["AAAA", {}],
      [ofAnother, { "sec-fetch-site": "same-origin" }],
    ] satisfies [string, Record<string, string>][]) {
      expect((await signOut(visitor, token, headers)).status).toBe(403);
    }
    expect(await isSignedIn(visitor)).toBe(true);
  });

  it("S4: takes Origin null, which no-referrer makes of our own form's", async () => {
    for (const origin of ["null", world.baseUrl]) {
      const visitor = await world.signedInVisitor();
      expect((await signOut(visitor, await csrfOf(visitor), { origin })).status).toBe(303);
    }
  });

  it("S4: nothing but a form's POST signs out", async () => {
    const visitor = await world.signedInVisitor();
    const csrf = await csrfOf(visitor);
    expect((await visitor.request(`${world.baseUrl}/sign-out?csrf=${csrf}`)).status).toBe(405);
    const json = { "content-type": "application/json" };
    expect((await signOut(visitor, csrf, json)).status).toBe(403);
    expect(await isSignedIn(visitor)).toBe(true);
  });

  it("H5: refuses a form larger than 16 KiB", async () => {
    const visitor = await world.signedInVisitor();
    expect((await signOut(visitor, "x".repeat(17 * 1024))).status).toBe(413);
    expect(await isSignedIn(visitor)).toBe(true);
  });

  it("without a session there is nothing to end, and the page says so", async () => {
    const page = await signOut(world.visitor(), "");
    expect(page.status).toBe(200);
    expect(page.text).toContain("You are signed out here");
  });

  it("still ends the session here when the provider is away", async () => {
    const visitor = await world.signedInVisitor();
    const csrf = await csrfOf(visitor);
    await world.issuer.stop();
    world.clock.advance(400);
    await visitor.request(`${world.baseUrl}/`);
    const page = await signOut(visitor, csrf);
    expect(page.status).toBe(200);
    expect(page.text).toContain("You are signed out here");
    expect(visitor.cookies(world.baseUrl).has("harbour_session")).toBe(false);
    await world.issuer.start();
  });
});
