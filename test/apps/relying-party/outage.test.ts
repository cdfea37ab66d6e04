import { afterEach, describe, expect, it } from "vitest";
import { aSite, type SiteWorld, type SiteWorldOptions, untilReady } from "./support/a-site.ts";
import type { Page, Visitor } from "./support/a-visitor.ts";

const HOUR = 3600;

describe("a site while the identity provider is away", () => {
  let world: SiteWorld;
  afterEach(() => world.close());

  const open = async (options?: SiteWorldOptions) => {
    world = await aSite(options);
    return world;
  };
  const home = (visitor: Visitor) => visitor.request(`${world.baseUrl}/`);
  const outageOn = (page: Page) =>
    JSON.parse(/<p id="outage">(.*)<\/p>/.exec(page.text)?.[1]?.replaceAll("&#34;", '"') ?? "null");

  it("Z1: verifies unexpired tokens for hours, by itself", async () => {
    await open();
    await world.issuer.stop();
    for (let minutes = 0; minutes < 12 * 60; minutes += 15) {
      world.clock.advance(15 * 60);
      expect((await world.api(await world.token())).status).toBe(200);
    }
  });

  it("Z1: after a restart in the middle of an outage too", async () => {
    await open();
    await world.issuer.stop();
    world.clock.advance(2 * HOUR);
    await world.restart();
    expect(world.site.relyingParty.isReady()).toBe(true);
    expect((await world.api(await world.token())).status).toBe(200);
    expect((await world.api(await world.token({ aud: "http://other" }))).status).toBe(401);
  });

  it("a foreign bearer token dies at exp, outage or not", async () => {
    await open();
    const token = await world.token();
    await world.issuer.stop();
    world.clock.advance(300);
    expect((await world.api(token)).status).toBe(401);
  });

  it("pages go on for the grace after the access token's expiry, and say so", async () => {
    await open();
    const visitor = await world.signedInVisitor();
    const signedInAt = world.clock.now().getTime();
    await world.issuer.stop();
    world.clock.advance(250);
    const before = await home(visitor);
    expect(before.status).toBe(200);
    expect(outageOn(before)).toBeNull();
    const since = world.clock.now().toISOString();
    world.clock.advance(100);
    const during = await home(visitor);
    expect(during.status).toBe(200);
    const pagesUntil = new Date(signedInAt + (300 + HOUR) * 1000).toISOString();
    expect(outageOn(during)).toEqual({ since, pagesUntil });
    for (let at = 350; at < 300 + HOUR - 1200; at += 1200) {
      world.clock.advance(1200);
      expect((await home(visitor)).status).toBe(200);
    }
    world.clock.set(new Date(signedInAt + (300 + HOUR) * 1000 - 1000));
    expect((await home(visitor)).status).toBe(200);
    world.clock.advance(1);
    const over = await home(visitor);
    expect(over.status).toBe(503);
    expect(over.headers.get("retry-after")).toBe("5");
  });

  it("the session goes on as before when the provider is back", async () => {
    await open();
    const visitor = await world.signedInVisitor();
    await world.issuer.stop();
    world.clock.advance(400);
    expect(outageOn(await home(visitor))).not.toBeNull();
    await world.issuer.start();
    world.clock.advance(10);
    const page = await home(visitor);
    expect(page.status).toBe(200);
    expect(outageOn(page)).toBeNull();
  });

  it("a session goes on after a restart of the site in the outage", async () => {
    await open();
    const visitor = await world.signedInVisitor();
    await world.issuer.stop();
    world.clock.advance(400);
    await world.restart();
    const page = await home(visitor);
    expect(page.status).toBe(200);
    expect(outageOn(page)).not.toBeNull();
  });

  it("OUTAGE_GRACE_SECONDS=0 stops pages at the access token's expiry", async () => {
    await open({ env: { OUTAGE_GRACE_SECONDS: "0" } });
    const visitor = await world.signedInVisitor();
    await world.issuer.stop();
    world.clock.advance(299);
    expect((await home(visitor)).status).toBe(200);
    world.clock.advance(1);
    expect((await home(visitor)).status).toBe(503);
  });

  it.each([
    ["answers 500", 500, "broken"],
    ["answers 503 with an OAuth error", 503, '{"error":"temporarily_unavailable"}'],
    ["is a proxy's error page", 404, "<h1>no upstream</h1>"],
    ["answers 429", 429, '{"error":"slow_down"}'],
  ])("a token endpoint that %s ends no session", async (_, status, body) => {
    await open();
    const visitor = await world.signedInVisitor();
    world.issuer.wrong.token = (response) => {
      response.writeHead(status, { "content-type": "application/json" }).end(body);
    };
    world.clock.advance(400);
    const page = await home(visitor);
    expect(page.status).toBe(200);
    expect(outageOn(page)).not.toBeNull();
  });

  it("people are not made to wait for one failure after another", async () => {
    await open();
    const visitor = await world.signedInVisitor();
    // Any answer would be a sign that it is back, that of the key set included.
    world.issuer.wrong.token = (response) => response.destroy();
    world.issuer.wrong.jwks = (response) => response.destroy();
    world.clock.advance(400);
    const before = world.issuer.requestsTo("/token");
    for (let view = 0; view < 10; view += 1) await home(visitor);
    // The first failure may mean nothing; after the second they are spared the third.
    expect(world.issuer.requestsTo("/token")).toBe(before + 2);
  });

  it("one key set that did not come keeps nobody from signing in", async () => {
    await open();
    world.issuer.wrong.jwks = (response) => response.destroy();
    world.clock.advance(400);
    await world.api(await world.token());
    await expect.poll(() => world.issuer.requestsTo("/jwks")).toBe(2);
    delete world.issuer.wrong.jwks;
    // On the way to the identity provider.
    expect((await home(world.visitor())).status).toBe(303);
  });

  it("a site starts before the provider: a kind page, then sign-in as soon as it is up", async () => {
    await open({ issuerDown: true });
    const visitor = world.visitor();
    const page = await home(visitor);
    expect(page.status).toBe(503);
    expect(page.text).toContain("Nothing is wrong with your account");
    expect((await visitor.request(`${world.baseUrl}/health/live`)).status).toBe(200);
    expect((await visitor.request(`${world.baseUrl}/health/ready`)).status).toBe(503);
    expect((await world.api(await world.token())).status).toBe(503);
    await world.issuer.start();
    world.clock.advance(10);
    expect((await visitor.visit(`${world.baseUrl}/`)).status).toBe(200);
    await untilReady(world);
    expect((await visitor.request(`${world.baseUrl}/health/ready`)).status).toBe(200);
  });

  it("a new sign-in during a known outage is told to wait instead of being sent nowhere", async () => {
    await open();
    const visitor = await world.signedInVisitor();
    await world.issuer.stop();
    world.clock.advance(400);
    await home(visitor);
    const page = await home(world.visitor());
    expect(page.status).toBe(503);
    expect(page.text).toContain("New sign-ins go on as soon as it is back");
  });

  it("a callback during an outage may be tried again by reloading", async () => {
    await open();
    const visitor = world.visitor();
    const toProvider = await home(visitor);
    const answer = await visitor.request(toProvider.headers.get("location") ?? "");
    const callback = answer.headers.get("location") ?? "";
    await world.issuer.stop();
    expect((await visitor.request(callback)).status).toBe(503);
    await world.issuer.start();
    expect((await visitor.visit(callback)).status).toBe(200);
  });
});
