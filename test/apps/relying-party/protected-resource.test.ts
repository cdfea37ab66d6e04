// What a site's API says of itself (RFC 9728), and that a client can begin from nothing but a refusal.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { aSite, type SiteWorld } from "./support/a-site.ts";

describe("protected resource metadata (RFC 9728)", () => {
  let world: SiteWorld;
  beforeAll(async () => {
    world = await aSite();
  });
  afterAll(() => world.close());

  const metadata = () =>
    world.visitor().request(`${world.baseUrl}/.well-known/oauth-protected-resource/api`);

  it("§3.2: names the resource, whose tokens it takes, and every scope that a route asks for", async () => {
    const page = await metadata();
    expect(page.status).toBe(200);
    expect(page.headers.get("content-type")).toMatch(/^application\/json/);
    expect(JSON.parse(page.text)).toEqual({
      resource: `${world.baseUrl}/api`,
      resource_name: expect.any(String),
      authorization_servers: [world.issuer.issuer],
      scopes_supported: ["accounts:read", "transfers:write"],
      bearer_methods_supported: ["header"],
    });
  });

  it("is for everybody: kept by caches, read by pages of any origin, and by nobody's cookie", async () => {
    const { headers, setCookies } = await metadata();
    expect(headers.get("cache-control")).toBe("public, max-age=300");
    expect(headers.get("access-control-allow-origin")).toBe("*");
    expect(setCookies).toEqual([]);
  });

  it("§5.1: a refusal says where it is", async () => {
    const refusal = await world.visitor().request(`${world.baseUrl}/api/accounts`);
    const challenge = refusal.headers.get("www-authenticate") ?? "";
    const [, uri = ""] = /resource_metadata="([^"]+)"/.exec(challenge) ?? [];
    const found = await world.visitor().request(uri);
    expect(JSON.parse(found.text).resource).toBe(`${world.baseUrl}/api`);
    expect((await world.api("no.good.token")).headers.get("www-authenticate")).toContain(uri);
  });

  it("§3.3: is at this one address, and elsewhere there is nothing", async () => {
    for (const path of ["", "/", "/api/", "/API", "/other"]) {
      const page = await world
        .visitor()
        .request(`${world.baseUrl}/.well-known/oauth-protected-resource${path}`);
      expect([path, page.status]).toEqual([path, 404]);
    }
  });
});
