import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { aSite, type SiteWorld } from "./support/a-site.ts";

describe("bearer tokens on a site's API (RFC 6750)", () => {
  let world: SiteWorld;
  beforeAll(async () => {
    world = await aSite();
  });
  afterAll(() => world.close());

  const challenge = (page: { headers: Headers }) => page.headers.get("www-authenticate") ?? "";

  it("§3: a request without a token learns only that it needs one", async () => {
    const page = await world.visitor().request(`${world.baseUrl}/api/accounts`);
    expect(page.status).toBe(401);
    expect(challenge(page)).toBe(
      `Bearer realm="${world.baseUrl}/api", resource_metadata="${world.baseUrl}/.well-known/oauth-protected-resource/api"`,
    );
  });

  it("§3.1: a bad token is invalid_token", async () => {
    const page = await world.api("not.a.token");
    expect(page.status).toBe(401);
    expect(challenge(page)).toContain('error="invalid_token", error_description="');
    expect(JSON.parse(page.text).error).toBe("invalid_token");
  });

  it("§3.1: a good token without the scope is insufficient_scope and names it", async () => {
    for (const scope of ["plan:read", "", "accounts:reader", "transfers:write accounts"]) {
      const page = await world.api(await world.token({ scope }));
      expect(page.status).toBe(403);
      expect(challenge(page)).toContain('error="insufficient_scope"');
      expect(challenge(page)).toContain('scope="accounts:read"');
    }
    expect((await world.api(await world.token({ scope: "x accounts:read" }))).status).toBe(200);
  });

  it("§2: takes a token from the Authorization header only", async () => {
    const token = await world.token();
    const visitor = world.visitor();
    const url = `${world.baseUrl}/api/accounts`;
    expect((await visitor.request(`${url}?access_token=${token}`)).status).toBe(401);
    const inOtherScheme = { authorization: `DPoP ${token}` };
    expect((await visitor.request(url, { headers: inOtherScheme })).status).toBe(401);
    const lowerCase = { authorization: `bearer ${token}` };
    expect((await visitor.request(url, { headers: lowerCase })).status).toBe(200);
  });

  it("a site session's cookie does not open the API", async () => {
    const visitor = await world.signedInVisitor();
    expect((await visitor.request(`${world.baseUrl}/api/accounts`)).status).toBe(401);
  });

  it("S7: answers with a person's data are kept by no cache and set no cookie", async () => {
    const page = await world.api(await world.token());
    expect(page.headers.get("cache-control")).toBe("no-store");
    expect(page.setCookies).toEqual([]);
  });
});
