import { afterEach, describe, expect, it } from "vitest";
import { aSite, type SiteWorld, type SiteWorldOptions } from "./support/a-site.ts";
import { STATUS_LIST_PATH } from "./support/a-status-list.ts";
import type { Page, Visitor } from "./support/a-visitor.ts";

/** The promise of L3: the ttl of the list, then one fetch. */
const TTL = 15;

let world: SiteWorld;
afterEach(() => world.close());

const open = async (options: SiteWorldOptions = {}) => {
  world = await aSite({ servesStatusLists: true, ...options });
  return world;
};
const home = (visitor: Visitor) => visitor.request(`${world.baseUrl}/`);
const strictPage = (visitor: Visitor) => visitor.request(`${world.baseUrl}/strict`);
const strictApi = (token: string) => world.api(token, "/api/strict");
const indexOf = (index: number) => ({ status: world.issuer.statusList.claimOf(index) });

function expectRevoked(page: Page) {
  expect(page.status).toBe(401);
  expect(page.headers.get("www-authenticate")).toContain('error="invalid_token"');
  expect(JSON.parse(page.text)).toEqual({
    error: "invalid_token",
    error_description: "The access token has been revoked",
  });
}

describe("L3: access that has been taken back", () => {
  it("is refused at /api within the ttl and one fetch, verified before or not", async () => {
    await open();
    const token = await world.token(indexOf(7));
    const other = await world.token(indexOf(8));
    expect((await world.api(token)).status).toBe(200);
    world.issuer.statusList.revoke(7);
    world.clock.advance(TTL);
    expectRevoked(await world.api(token));
    expectRevoked(await world.api(await world.token(indexOf(7))));
    expect((await world.api(other)).status).toBe(200);
  });

  it("ends the site's session, a copy of its cookie included, and the person signs in again", async () => {
    await open();
    const visitor = await world.signedInVisitor();
    const other = await world.signedInVisitor();
    const copy = visitor.cookies(world.baseUrl).get("harbour_session") ?? "";
    world.issuer.statusList.revoke(1);
    world.clock.advance(TTL);
    const page = await home(visitor);
    expect(page.status).toBe(303);
    expect(visitor.cookies(world.baseUrl).has("harbour_session")).toBe(false);
    const thief = world.visitor();
    thief.cookies(world.baseUrl).set("harbour_session", copy);
    expect((await home(thief)).status).toBe(303);
    expect((await home(other)).status).toBe(200);
    expect((await visitor.visit(`${world.baseUrl}/`)).status).toBe(200);
  });

  it("ends it for a form's POST too, which is told so instead of being sent away", async () => {
    await open();
    const visitor = await world.signedInVisitor();
    world.issuer.statusList.revoke(1);
    world.clock.advance(TTL);
    const act = `${world.baseUrl}/act`;
    expect((await visitor.request(act, { form: { csrf: "" } })).status).toBe(401);
  });

  it("is refused in the grace of an outage as well, long after the access token's own time", async () => {
    await open();
    const [taken, other] = [await world.signedInVisitor(), await world.signedInVisitor()];
    world.issuer.statusList.revoke(1);
    world.clock.advance(TTL);
    // Another person's page is enough for the site to know.
    expect((await home(other)).status).toBe(200);
    await world.issuer.stop();
    world.clock.advance(600);
    expect((await home(other)).status).toBe(200);
    // Nobody can sign in anew meanwhile, but the session here is over.
    expect((await home(taken)).status).toBe(503);
    expect(taken.cookies(world.baseUrl).has("harbour_session")).toBe(false);
  });

  it("the pages of a session ask for nothing but the list", async () => {
    await open();
    const visitor = await world.signedInVisitor();
    const before = world.issuer.requests.length;
    for (let view = 0; view < 20; view += 1) expect((await home(visitor)).status).toBe(200);
    expect(world.issuer.requests.length).toBe(before);
    world.clock.advance(TTL);
    await Promise.all(Array.from({ length: 20 }, () => home(visitor)));
    expect(world.issuer.requests.slice(before)).toEqual([STATUS_LIST_PATH]);
  });
});

describe("what a token says of its status", () => {
  it("T5: an address or an entry of another shape is a refusal, and asks nobody", async () => {
    await open();
    const uri = `${world.issuer.issuer}${STATUS_LIST_PATH}`;
    for (const status of [
      null,
      {},
      [],
      "valid",
      0,
      { status_list: null },
      { status_list: [] },
      { status_list: { uri } },
      { status_list: { idx: 0 } },
      { status_list: { idx: "0", uri } },
      { status_list: { idx: -1, uri } },
      { status_list: { idx: 0.5, uri } },
      { status_list: { idx: 2 ** 60, uri } },
      { status_list: { idx: null, uri } },
      { status_list: { idx: 0, uri: [uri] } },
      { status_list: { idx: 0, uri: "" } },
      { status_list: { idx: 0, uri: uri + "x".repeat(1024) } },
    ]) {
      expect((await world.api(await world.token({ status }))).status, JSON.stringify(status)).toBe(
        401,
      );
    }
    expect(world.issuer.requestsTo(STATUS_LIST_PATH)).toBe(0);
  });

  it("a foreign address is a refusal, and asks nobody", async () => {
    await open();
    const { issuer } = world.issuer;
    const before = world.issuer.requests.length;
    const { port } = new URL(issuer);
    for (const uri of [
      "https://evil.example/status-lists/0",
      `${issuer}.evil.example/status-lists/0`,
      `${issuer}@evil.example/status-lists/0`,
      `http://user@id.localhost:${port}/status-lists/0`,
      `http://ID.localhost:${port}/status-lists/0`,
      `https://id.localhost:${port}/status-lists/0`,
      `http://127.0.0.1:${port}/status-lists/0`,
      `${world.baseUrl}/status-lists/0`,
      `${issuer}`,
      `${issuer}/`,
      `${issuer}/status-lists/0?to=evil`,
      `${issuer}/status-lists/0#1`,
      `${issuer}/status-lists/../jwks`,
      `${issuer}/status-lists/%2e%2e/jwks`,
      `${issuer}/status-lists\\0`,
      ` ${issuer}/status-lists/0`,
      "/status-lists/0",
      "data:application/statuslist+jwt,x",
      "file:///etc/passwd",
      "javascript:0",
    ]) {
      const page = await world.api(await world.token({ status: { status_list: { idx: 0, uri } } }));
      expect(page.status, uri).toBe(401);
      expect(page.text, uri).toContain("names a foreign status list");
    }
    expect(world.issuer.requests.length).toBe(before);
  });

  it("an entry beyond the end of the list is a refusal", async () => {
    await open();
    expect((await world.api(await world.token(indexOf(1023)))).status).toBe(200);
    for (const index of [1024, 2 ** 20, 2 ** 31, 2 ** 32 + 1, Number.MAX_SAFE_INTEGER]) {
      expect((await world.api(await world.token(indexOf(index)))).status).toBe(401);
    }
  });

  it("a token without one is refused where the metadata promises one", async () => {
    await open();
    const page = await world.api(await world.token({ status: undefined }));
    expect(page.status).toBe(401);
    expect(page.text).toContain("does not say where its status is");
    expect((await strictApi(await world.token({ status: undefined }))).status).toBe(401);
    world.issuer.wrong.accessToken = (claims) => ({ ...claims, status: undefined });
    expect((await world.visitor().visit(`${world.baseUrl}/`)).status).toBe(502);
  });

  it("a provider without lists goes on as before: its tokens are good until they expire", async () => {
    await open({ servesStatusLists: false });
    expect((await world.api(await world.token())).status).toBe(200);
    expect((await strictApi(await world.token())).status).toBe(200);
    const visitor = await world.signedInVisitor();
    expect((await strictPage(visitor)).status).toBe(200);
    expect(world.issuer.requestsTo(STATUS_LIST_PATH)).toBe(0);
  });

  it("nobody is asked about a token that is not valid in itself", async () => {
    await open();
    const [, body = "", signature = ""] = (await world.token()).split(".");
    const expired = await world.token({ exp: 1 });
    const foreign = await world.token({ aud: "http://another" });
    for (const token of [expired, foreign, `${signature}.${body}.${signature}`]) {
      expect((await world.api(token)).status).toBe(401);
    }
    expect(world.issuer.requestsTo(STATUS_LIST_PATH)).toBe(0);
  });
});

describe("Z1: lenient and strict routes while the provider is away", () => {
  it("lenient goes by the last known list: what was taken back stays so, the rest goes on", async () => {
    await open();
    world.issuer.accessTokenSeconds = 3600;
    const [good, taken] = [await world.token(indexOf(1)), await world.token(indexOf(2))];
    world.issuer.statusList.revoke(2);
    expectRevoked(await world.api(taken));
    await world.issuer.stop();
    for (let minute = 0; minute < 55; minute += 5) {
      world.clock.advance(300);
      expect((await world.api(good)).status).toBe(200);
      expectRevoked(await world.api(taken));
    }
  });

  it("lenient without any list takes a token until its own exp, after one try", async () => {
    await open();
    const token = await world.token(indexOf(1));
    await world.issuer.stop();
    expect((await world.api(token)).status).toBe(200);
    await world.restart();
    expect((await world.api(token)).status).toBe(200);
    world.clock.advance(300);
    expect((await world.api(token)).status).toBe(401);
  });

  it("strict answers 503 as soon as the list is older than its ttl, and says when to come again", async () => {
    await open();
    const token = await world.token(indexOf(1));
    const visitor = await world.signedInVisitor();
    expect((await strictApi(token)).status).toBe(200);
    expect((await strictPage(visitor)).status).toBe(200);
    await world.issuer.stop();
    world.clock.advance(TTL - 1);
    expect((await strictApi(token)).status).toBe(200);
    world.clock.advance(1);
    const api = await strictApi(token);
    expect(api.status).toBe(503);
    expect(api.headers.get("retry-after")).toBe("5");
    expect(JSON.parse(api.text)).toEqual({ error: "temporarily_unavailable" });
    const page = await strictPage(visitor);
    expect(page.status).toBe(503);
    expect(page.headers.get("retry-after")).toBe("5");
    expect(page.text).toContain("you are still signed in");
    // The same person, the same moment, a page that only reads.
    expect((await home(visitor)).status).toBe(200);
    expect((await world.api(token)).status).toBe(200);
  });

  it("strict never goes by the grace of an outage", async () => {
    await open();
    const visitor = await world.signedInVisitor();
    await world.issuer.stop();
    world.clock.advance(400);
    expect((await home(visitor)).status).toBe(200);
    expect((await strictPage(visitor)).status).toBe(503);
  });

  it("not even while the list still answers and only the renewal of access does not", async () => {
    await open();
    const visitor = await world.signedInVisitor();
    world.issuer.wrong.token = (response) => response.destroy();
    world.clock.advance(400);
    expect((await home(visitor)).status).toBe(200);
    expect((await strictPage(visitor)).status).toBe(503);
  });

  it("strict without any list is 503, and 200 as soon as the provider is back", async () => {
    await open();
    const token = await world.token(indexOf(1));
    await world.issuer.stop();
    await world.restart();
    expect((await strictApi(token)).status).toBe(503);
    await world.issuer.start();
    world.clock.advance(1);
    expect((await strictApi(token)).status).toBe(200);
  });

  it("strict is 503 as well when the list answers, but with something that is none", async () => {
    await open();
    const token = await world.token(indexOf(1));
    world.issuer.wrong.statusList = (response) => response.writeHead(500).end("broken");
    expect((await strictApi(token)).status).toBe(503);
    expect((await world.api(token)).status).toBe(200);
  });

  it("strict refuses what is known to be taken back, outage or not", async () => {
    await open();
    const token = await world.token(indexOf(2));
    world.issuer.statusList.revoke(2);
    expectRevoked(await strictApi(token));
    await world.issuer.stop();
    world.clock.advance(5);
    expectRevoked(await strictApi(token));
  });
});

describe("the cookie that carries a session's tokens", () => {
  it("stays below 3.8 KiB with a status in the access token", async () => {
    await open();
    const visitor = world.visitor();
    const toProvider = await home(visitor);
    const answer = await visitor.request(toProvider.headers.get("location") ?? "");
    const page = await visitor.request(answer.headers.get("location") ?? "");
    const cookie = page.setCookies.find((header) => header.startsWith("harbour_session=")) ?? "";
    expect(Buffer.byteLength(cookie)).toBeGreaterThan(1000);
    expect(Buffer.byteLength(cookie)).toBeLessThan(3.8 * 1024);
  });
});
