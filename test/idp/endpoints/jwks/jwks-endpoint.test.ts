import { decodeProtectedHeader, importJWK, type JWK, jwtVerify } from "jose";
import { beforeAll, describe, expect, it } from "vitest";
import { jwksEndpoint } from "../../../../idp/endpoints/jwks/jwks-endpoint.ts";
import { openTestDatabase } from "../../../support/databases.ts";
import { serveDoors } from "../support/serve-doors.ts";
import { answerOf, type TokenWorld, tokenWorld } from "../support/token-world.ts";

describe("GET /jwks (RFC 7517 §5)", () => {
  let world: TokenWorld;
  let url: string;
  beforeAll(async () => {
    world = await tokenWorld([await openTestDatabase()]);
    url = `${world.origin}/jwks`;
  });
  const keys = async () => {
    const { body } = await answerOf(await fetch(url));
    return body.keys as JWK[];
  };

  it("K10: is public, has an ETag, and survives our errors for a day", async () => {
    const { status, headers } = await fetch(url);
    expect(status).toBe(200);
    expect(headers.get("cache-control")).toMatch(/^public, max-age=\d+, stale-if-error=86400$/);
    expect(headers.get("etag")).toMatch(/^"[^"]+"$/);
    expect(headers.get("content-type")).toMatch(/^application\/(jwk-set\+)?json/);
    expect(headers.get("access-control-allow-origin")).toBe("*");
    expect(headers.get("set-cookie")).toBeNull();
  });

  it("K10: 304 to whoever has it; HEAD has headers and no body", async () => {
    const etag = (await fetch(url)).headers.get("etag") ?? "";
    for (const condition of [etag, `W/${etag}`, `"other", ${etag}`, "*"]) {
      const again = await fetch(url, { headers: { "If-None-Match": condition } });
      expect([again.status, await again.text(), again.headers.get("etag")]).toEqual([
        304,
        "",
        etag,
      ]);
    }
    expect((await fetch(url, { headers: { "If-None-Match": '"other"' } })).status).toBe(200);
    const head = await fetch(url, { method: "HEAD" });
    expect([head.status, head.headers.get("etag"), await head.text()]).toEqual([200, etag, ""]);
  });

  it("K10: no statement answers it", async () => {
    const before = world.database.statements.count;
    await fetch(url);
    expect(world.database.statements.count - before).toBe(0);
  });

  it("T8: only public members, and the key that signs is among them", async () => {
    const set = await keys();
    for (const jwk of set) {
      expect(Object.keys(jwk).sort()).toEqual(["alg", "e", "kid", "kty", "n", "use"]);
    }
    const { bank } = world.clients;
    const { redemption } = await world.authorize(bank);
    const idToken = String((await world.token(bank, redemption)).body.id_token);
    const jwk = set.find(({ kid }) => kid === decodeProtectedHeader(idToken).kid);
    const { payload } = await jwtVerify(idToken, await importJWK(jwk ?? {}, "RS256"), {
      currentDate: world.clock.now(),
    });
    expect(payload.sub).toBe(world.account.id);
  });
});

describe("GET /jwks without keys", () => {
  it("K7: is 503 with Retry-After, never an empty set", async () => {
    const ring = {
      publication: () => {
        throw new Error("nothing could be loaded");
      },
    };
    const origin = await serveDoors({ "GET /jwks": jwksEndpoint({ ring }).show });
    const response = await fetch(`${origin}/jwks`);
    expect(response.headers.get("retry-after")).toBe("5");
    const { status, body } = await answerOf(response);
    expect([status, body.error]).toEqual([503, "temporarily_unavailable"]);
    expect(body).not.toHaveProperty("keys");
  });
});
