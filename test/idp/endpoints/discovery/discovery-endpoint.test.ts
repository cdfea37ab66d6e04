import { beforeAll, describe, expect, it } from "vitest";
import { discoveryEndpoint } from "../../../../idp/endpoints/discovery/discovery-endpoint.ts";
import { serveDoors } from "../support/serve-doors.ts";

describe("GET /.well-known/openid-configuration (OpenID Connect Discovery §4)", () => {
  const ring = { signingAlgs: ["RS256"] };
  let url: string;
  beforeAll(async () => {
    const discovery = discoveryEndpoint({
      issuer: "https://id.example",
      endpoints: { token_endpoint: "/token" },
      grantTypes: ["authorization_code"],
      ring,
    });
    const origin = await serveDoors({
      "GET /.well-known/openid-configuration": discovery.show,
      "GET /.well-known/oauth-authorization-server": discovery.show,
    });
    url = `${origin}/.well-known/openid-configuration`;
  });

  it("is the same document under both names", async () => {
    const oauth = url.replace("openid-configuration", "oauth-authorization-server");
    expect(await (await fetch(url)).text()).toBe(await (await fetch(oauth)).text());
  });

  it("may be read by any page and kept for a while", async () => {
    const { status, headers } = await fetch(url);
    expect(status).toBe(200);
    expect(headers.get("content-type")).toMatch(/^application\/json/);
    expect(headers.get("access-control-allow-origin")).toBe("*");
    expect(headers.get("cache-control")).toBe("public, max-age=300, stale-if-error=86400");
    expect(headers.get("set-cookie")).toBeNull();
  });

  it("names a further signing algorithm from when its key signs, under another ETag", async () => {
    const before = await fetch(url);
    expect(await before.json()).toMatchObject({ id_token_signing_alg_values_supported: ["RS256"] });
    ring.signingAlgs = ["RS256", "ES256"];
    const etag = before.headers.get("etag") ?? "";
    const after = await fetch(url, { headers: { "If-None-Match": etag } });
    expect(after.status).toBe(200);
    expect(await after.json()).toMatchObject({
      id_token_signing_alg_values_supported: ["RS256", "ES256"],
    });
    ring.signingAlgs = ["RS256"];
    expect((await fetch(url)).headers.get("etag")).toBe(etag);
  });

  it("answers 304 to whoever has it, and HEAD without a body", async () => {
    const etag = (await fetch(url)).headers.get("etag") ?? "";
    const again = await fetch(url, { headers: { "If-None-Match": etag } });
    expect([again.status, await again.text()]).toEqual([304, ""]);
    const head = await fetch(url, { method: "HEAD" });
    expect([head.status, head.headers.get("etag"), await head.text()]).toEqual([200, etag, ""]);
  });
});
