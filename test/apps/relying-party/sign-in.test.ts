import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { aSite, type SiteWorld } from "./support/a-site.ts";
import type { Visitor } from "./support/a-visitor.ts";
import { aSigningKey } from "./support/an-issuer.ts";

describe("signing in at a site (OIDC Core §3.1)", () => {
  let world: SiteWorld;
  beforeAll(async () => {
    world = await aSite();
  });
  afterAll(() => world.close());
  afterEach(() => {
    world.issuer.wrong = {
      idToken: (claims) => claims,
      idTokenHeader: (header) => header,
      accessToken: (claims) => claims,
      authorizationResponse: () => undefined,
    };
  });

  /** As far as the provider's answer: the address of the callback, not yet visited. */
  const untilCallback = async (visitor: Visitor, path = "/") => {
    const toProvider = await visitor.request(`${world.baseUrl}${path}`);
    const answer = await visitor.request(toProvider.headers.get("location") ?? "");
    return answer.headers.get("location") ?? "";
  };
  const isSignedIn = async (visitor: Visitor) =>
    (await visitor.request(`${world.baseUrl}/`)).status === 200;

  it("brings a person from the page they wanted to the provider and back to it", async () => {
    const page = await world.visitor().visit(`${world.baseUrl}/deep/one?a=1&b=%20x`);
    expect(page.status).toBe(200);
    expect(page.url).toBe(`${world.baseUrl}/deep/one?a=1&b=%20x`);
    expect(page.text).toContain("Alice Moreau");
  });

  it("asks with state, nonce, PKCE S256 and the resource, from configuration alone", async () => {
    const headers = { host: "evil.example", "x-forwarded-host": "evil.example" };
    const page = await world.visitor().request(`${world.baseUrl}/`, { headers });
    expect(page.status).toBe(303);
    const url = new URL(page.headers.get("location") ?? "");
    expect(url.origin + url.pathname).toBe(`${world.issuer.issuer}/authorize`);
    expect(Object.fromEntries(url.searchParams)).toMatchObject({
      response_type: "code",
      client_id: "harbour-bank",
      redirect_uri: `${world.baseUrl}/callback`,
      scope: "openid profile email accounts:read",
      resource: `${world.baseUrl}/api`,
      code_challenge_method: "S256",
    });
    for (const name of ["state", "nonce", "code_challenge"]) {
      expect(url.searchParams.get(name)).toMatch(/^[\w-]{43}$/);
    }
  });

  it("S6: several tabs sign in at once, in any order", async () => {
    const visitor = world.visitor();
    const [first, second] = [
      await untilCallback(visitor, "/deep/1"),
      await untilCallback(visitor, "/deep/2"),
    ];
    expect((await visitor.visit(second)).url).toBe(`${world.baseUrl}/deep/2`);
    expect((await visitor.visit(first)).url).toBe(`${world.baseUrl}/deep/1`);
  });

  it("S7: of very many tabs the newest few are kept", async () => {
    const visitor = world.visitor();
    const callbacks: string[] = [];
    for (let tab = 0; tab < 12; tab += 1) {
      callbacks.push(await untilCallback(visitor));
      world.clock.advance(1);
    }
    expect(visitor.cookies(world.baseUrl).size).toBe(5);
    const oldest = await visitor.request(callbacks[0] ?? "");
    expect(oldest.status).toBe(400);
    expect(oldest.text).toContain("Nothing is wrong with your account");
    expect((await visitor.visit(callbacks[11] ?? "")).status).toBe(200);
  });

  it("S6: refuses an answer in a browser that did not begin it, both ways round", async () => {
    const [alice, mallory] = [world.visitor(), world.visitor()];
    const [callbackOfAlice, callbackOfMallory] = [
      await untilCallback(alice),
      await untilCallback(mallory),
    ];
    expect((await alice.request(callbackOfMallory)).status).toBe(400);
    expect((await mallory.request(callbackOfAlice)).status).toBe(400);
    expect(await isSignedIn(alice)).toBe(false);
    // Mallory's code under Alice's state: PKCE and nonce do not fit.
    const swapped = new URL(callbackOfAlice);
    swapped.searchParams.set("code", new URL(callbackOfMallory).searchParams.get("code") ?? "");
    expect((await alice.request(swapped.href)).status).toBe(502);
    expect(await isSignedIn(alice)).toBe(false);
  });

  it("redeems a code once however often the browser asks", async () => {
    const visitor = world.visitor();
    const callback = await untilCallback(visitor);
    const before = world.issuer.requestsTo("/token");
    const pages = await Promise.all([1, 2, 3].map(() => visitor.request(callback)));
    expect(pages.map((page) => page.status)).toEqual([303, 303, 303]);
    expect(world.issuer.requestsTo("/token")).toBe(before + 1);
    // And later, by the back button.
    expect((await visitor.visit(callback)).status).toBe(200);
    expect(world.issuer.requestsTo("/token")).toBe(before + 1);
  });

  it.each([
    ["missing", (answer: URLSearchParams) => answer.delete("iss")],
    ["another issuer's", (answer: URLSearchParams) => answer.set("iss", "https://evil.example")],
    ["given twice", (answer: URLSearchParams) => answer.append("iss", "https://evil.example")],
  ])("A6: refuses an answer whose iss is %s (RFC 9207 §2.4)", async (_, change) => {
    world.issuer.wrong.authorizationResponse = change;
    const visitor = world.visitor();
    const before = world.issuer.requestsTo("/token");
    expect((await visitor.visit(`${world.baseUrl}/`)).status).toBe(502);
    expect(world.issuer.requestsTo("/token")).toBe(before);
    expect(await isSignedIn(visitor)).toBe(false);
  });

  it("tells a person who said no that this is fine", async () => {
    world.issuer.wrong.authorizationResponse = (answer) => {
      answer.delete("code");
      answer.set("error", "access_denied");
      answer.set("error_description", "<script>alert(1)</script>");
    };
    const page = await world.visitor().visit(`${world.baseUrl}/`);
    expect(page.status).toBe(400);
    expect(page.text).toContain("You are not signed in");
    expect(page.text).not.toContain("script");
  });

  const audience = "harbour-bank";
  const wrongIdTokens: [string, (claims: Record<string, unknown>) => Record<string, unknown>][] = [
    ["nonce of another request", (claims) => ({ ...claims, nonce: "another" })],
    ["nonce missing", ({ nonce: _, ...claims }) => claims],
    ["aud of another client", (claims) => ({ ...claims, aud: "evergreen" })],
    ["aud missing", ({ aud: _, ...claims }) => claims],
    ["several aud without azp", (claims) => ({ ...claims, aud: [audience, "evergreen"] })],
    ["several aud, azp another", (claims) => ({ ...claims, aud: [audience, "e"], azp: "e" })],
    ["iss of another issuer", (claims) => ({ ...claims, iss: "https://evil.example" })],
    ["iss missing", ({ iss: _, ...claims }) => claims],
    ["exp long ago", (claims) => ({ ...claims, exp: Number(claims.iat) - 61 })],
    ["exp missing", ({ exp: _, ...claims }) => claims],
    ["iat missing", ({ iat: _, ...claims }) => claims],
    ["sub missing", ({ sub: _, ...claims }) => claims],
    ["sub not text", (claims) => ({ ...claims, sub: 7 })],
    ["sub of another person than the access token's", (claims) => ({ ...claims, sub: "bruno" })],
    [
      "at_hash of another access token",
      (claims) => ({ ...claims, at_hash: "AAAAAAAAAAAAAAAAAAAAAA" }),
    ],
    ["auth_time not a number", (claims) => ({ ...claims, auth_time: "today" })],
  ];
  it.each(wrongIdTokens)("T7: refuses an ID token with %s", async (_, change) => {
    world.issuer.wrong.idToken = change;
    const visitor = world.visitor();
    expect((await visitor.visit(`${world.baseUrl}/`)).status).toBe(502);
    world.issuer.wrong.idToken = (claims) => claims;
    expect(await isSignedIn(visitor)).toBe(false);
  });

  it.each([{ typ: "at+jwt" }, { typ: "logout+jwt" }, { alg: "RS256", kid: "unknown" }])(
    "T3, T7: refuses an ID token with the header %o",
    async (changes) => {
      world.issuer.wrong.idTokenHeader = (header) => ({ ...header, ...changes });
      expect((await world.visitor().visit(`${world.baseUrl}/`)).status).toBe(502);
    },
  );

  it("T7: checks the ID token's signature although it came from the provider itself", async () => {
    const own = await aSite();
    try {
      const published = own.issuer.key;
      const forged = await aSigningKey();
      own.issuer.key = { ...forged, kid: published.kid };
      expect((await own.visitor().visit(`${own.baseUrl}/`)).status).toBe(502);
    } finally {
      await own.close();
    }
  });

  it("refuses an access token that this site's own API would refuse", async () => {
    world.issuer.wrong.accessToken = (claims) => ({
      ...claims,
      aud: "http://retirement.localhost/api",
    });
    expect((await world.visitor().visit(`${world.baseUrl}/`)).status).toBe(502);
  });

  it("T6: knows a person by issuer and subject, whatever their e-mail", async () => {
    const { person } = world.issuer;
    world.issuer.person = { ...person, sub: "a-later-account" };
    const page = await world.visitor().visit(`${world.baseUrl}/`);
    world.issuer.person = person;
    expect(page.text).toContain(`${world.issuer.issuer} a-later-account`);
  });

  it("tokens never reach the browser: the signature's end is on no page and in no header", async () => {
    const visitor = world.visitor();
    const page = await visitor.visit(`${world.baseUrl}/`);
    const report = JSON.parse(
      /<p id="report">(.*)<\/p>/.exec(page.text)?.[1]?.replaceAll("&#34;", '"') ?? "",
    );
    expect(report.encoded.signatureStart).toHaveLength(24);
    expect(report.payload).toMatchObject({ sub: "subject-of-alice", aud: `${world.baseUrl}/api` });
    expect(report.header).toMatchObject({ alg: "RS256", typ: "at+jwt" });
    expect(report.checks.map((check: { name: string }) => check.name)).toEqual([
      "signature",
      "issuer",
      "audience",
      "freshness",
      "type",
    ]);
    expect(page.text).not.toMatch(/eyJ[\w-]+\.[\w-]+\.[\w-]{25,}/);
    for (const cookie of visitor.cookies(world.baseUrl).values())
      expect(cookie).not.toContain(report.encoded.payload);
  });

  it("GET /sign-in goes back only to this site", async () => {
    for (const target of [
      "//evil.example",
      "/\\evil.example",
      "https://evil.example",
      "/%0d%0aX: y",
    ]) {
      const page = await world
        .visitor()
        .visit(`${world.baseUrl}/sign-in?return=${encodeURIComponent(target)}`);
      expect(new URL(page.url).origin).toBe(world.baseUrl);
    }
    const page = await world.visitor().visit(`${world.baseUrl}/sign-in?return=%2Fdeep%2Fone`);
    expect(page.url).toBe(`${world.baseUrl}/deep/one`);
  });

  it("does not send a form or an image to sign in", async () => {
    const visitor = world.visitor();
    expect((await visitor.request(`${world.baseUrl}/act`, { form: {} })).status).toBe(401);
    const asImage = { headers: { "sec-fetch-dest": "image" } };
    expect((await visitor.request(`${world.baseUrl}/`, asImage)).status).toBe(401);
  });

  it("G1: the log holds no code, token, verifier, secret or query string", async () => {
    const visitor = world.visitor();
    const callback = await untilCallback(visitor);
    await visitor.visit(callback);
    await visitor.visit(callback.replace("code=", "code=x"));
    const log = world.logged();
    expect(log).toContain('"path":"/callback"');
    const secrets = [...new URL(callback).searchParams.entries()].filter(
      ([name]) => name !== "iss",
    );
    for (const [, secret] of secrets) expect(log).not.toContain(secret);
    const verifier = world.issuer.tokenRequests.at(-1)?.get("code_verifier") ?? "no";
    for (const secret of [verifier, "a secret of the bank", "eyJ"])
      expect(log).not.toContain(secret);
  });
});
