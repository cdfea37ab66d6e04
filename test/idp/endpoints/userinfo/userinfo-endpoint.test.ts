import { decodeJwt } from "jose";
import { beforeAll, describe, expect, it } from "vitest";
import { openTestDatabase } from "../../../support/databases.ts";
import { answerOf, bankApi, issuer, type TokenWorld, tokenWorld } from "../support/token-world.ts";

let world: TokenWorld;
let accessToken: string;
beforeAll(async () => {
  world = await tokenWorld([await openTestDatabase()]);
  accessToken = await tokenFor("openid profile email phone");
});

const tokensFor = async (scope: string, resources: string[] = []) => {
  const { bank } = world.clients;
  const { redemption } = await world.authorize(bank, { scope, resources });
  return (await world.token(bank, redemption)).body;
};
const tokenFor = async (scope: string, resources: string[] = []) =>
  String((await tokensFor(scope, resources)).access_token);

describe("UserInfo (OpenID Connect Core §5.3)", () => {
  it("says what the scopes open", async () => {
    expect(await world.userinfo(accessToken)).toMatchObject({
      status: 200,
      body: {
        sub: world.account.id,
        name: "Alice Moreau",
        family_name: "Moreau",
        email: "alice@example.test",
        email_verified: true,
        phone_number: "+33123456789",
        phone_number_verified: false,
      },
    });
    const openid = await world.userinfo(await tokenFor("openid"));
    expect(openid.body).toEqual({ sub: world.account.id });
    expect(openid.headers.get("cache-control")).toBe("no-store");
    expect(openid.headers.get("access-control-allow-origin")).toBe("*");
  });

  it("one statement answers", async () => {
    const before = world.database.statements.count;
    await world.userinfo(accessToken);
    expect(world.database.statements.count - before).toBe(1);
  });

  const post = async (init: RequestInit, query = "") =>
    answerOf(await fetch(`${world.origin}/userinfo${query}`, { method: "POST", ...init }));

  it("oidcc-userinfo-post-header: POST with the token in the header and no body", async () => {
    const headers = { Authorization: `Bearer ${accessToken}` };
    expect((await post({ headers })).status).toBe(200);
    expect((await post({ headers, body: new URLSearchParams() })).status).toBe(200);
  });

  it("oidcc-userinfo-post-body: POST with the token in the form", async () => {
    const body = new URLSearchParams({ access_token: accessToken });
    expect((await post({ body })).status).toBe(200);
  });

  it.each([
    ["header and body", true, true, false],
    ["header and query", true, false, true],
    ["the query alone", false, false, true],
  ])("RFC 6750 §2: %s is invalid_request", async (_what, header, body, query) => {
    const answer = await post(
      {
        ...(header ? { headers: { Authorization: `Bearer ${accessToken}` } } : {}),
        ...(body ? { body: new URLSearchParams({ access_token: accessToken }) } : {}),
      },
      query ? `?access_token=${accessToken}` : "",
    );
    expect(answer.status).toBe(400);
    expect(answer.headers.get("www-authenticate")).toMatch(
      /^Bearer realm="signet", error="invalid_request"/,
    );
  });

  it("RFC 6750 §3.1: without a token, a challenge without an error code", async () => {
    const answer = await answerOf(await fetch(`${world.origin}/userinfo`));
    expect(answer.status).toBe(401);
    expect(answer.headers.get("www-authenticate")).toBe('Bearer realm="signet"');
  });

  it("RFC 6750 §3.1: without openid, insufficient_scope with 403", async () => {
    const answer = await world.userinfo(await tokenFor("email"));
    expect(answer.status).toBe(403);
    expect(answer.headers.get("www-authenticate")).toMatch(
      /error="insufficient_scope".*scope="openid"/,
    );
  });

  it("E2: a token of a revoked grant is refused at once", async () => {
    const { bank } = world.clients;
    const { redemption, grantId } = await world.authorize(bank);
    const { body } = await world.token(bank, redemption);
    await world.idp.endAccess({ kind: "grant", grantId }, "token-revoked", world.clock.now(), {
      actor: "system",
    });
    expectRefused(await world.userinfo(body.access_token));
  });
});

const expectRefused = (answer: Awaited<ReturnType<TokenWorld["userinfo"]>>) => {
  expect(answer.status).toBe(401);
  expect(answer.body.error).toBe("invalid_token");
  expect(answer.headers.get("www-authenticate")).toMatch(
    /^Bearer realm="signet", error="invalid_token"/,
  );
};

describe("which tokens UserInfo takes", () => {
  it("T3: of all kinds of token only an access token for the issuer", async () => {
    const tokens = await tokensFor("openid accounts:read");
    const claims = decodeJwt(String(tokens.access_token));
    const others = {
      "an ID token": String(tokens.id_token),
      "a refresh token": String(tokens.refresh_token),
      "an access token for a resource": await tokenFor("openid accounts:read", [bankApi]),
      "a logout token": await world.idp.ring.sign({ typ: "logout+jwt" }, claims),
      "a plain JWT": await world.idp.ring.sign({ typ: "JWT" }, claims),
      "a JWT of another case": await world.idp.ring.sign({ typ: "AT+JWTX" }, claims),
    };
    for (const [kind, token] of Object.entries(others)) {
      expect((await world.userinfo(token)).status, kind).toBe(401);
    }
    expect((await world.userinfo(tokens.access_token)).status).toBe(200);
  });

  it("T5: a claim that is missing or of another type is a refusal, though validly signed", async () => {
    const claims: Record<string, unknown> = decodeJwt(accessToken);
    const sign = (changed: Record<string, unknown>) =>
      world.idp.ring.sign({ typ: "at+jwt" }, changed);
    expect((await world.userinfo(await sign(claims))).status).toBe(200);

    const wrong: Record<string, unknown[]> = {
      exp: ["9999999999", Date.now() * 1000, -1, [], null, {}, true],
      iat: ["1", -1, [], null, {}, Date.now() * 10],
      iss: ["https://evil.example", `${issuer}/`, [issuer], 1, null, {}],
      aud: ["https://evil.example", [], 1, null, {}],
      sub: ["", 1, [], null, {}, "somebody-else"],
      client_id: [1, [], null, {}],
      grant_id: [1, [], null, {}, "nobody"],
      scope: [1, ["openid"], null, {}],
    };
    for (const [name, values] of Object.entries(wrong)) {
      const { [name]: _, ...without } = claims;
      // Without a scope a token is whole, and opens nothing.
      const { status } = await world.userinfo(await sign(without));
      expect([name, status]).toEqual([name, name === "scope" ? 403 : 401]);
      for (const value of values) {
        const { status } = await world.userinfo(await sign({ ...claims, [name]: value }));
        expect([name, value, status]).toEqual([name, value, 401]);
      }
    }
  });

  it("Z9: expired to the second", async () => {
    const { session } = await world.signIn();
    const { bank } = world.clients;
    const { redemption } = await world.authorize(bank, { session });
    const { body } = await world.token(bank, redemption);
    world.clock.advance(299);
    expect((await world.userinfo(body.access_token)).status).toBe(200);
    world.clock.advance(1);
    expectRefused(await world.userinfo(body.access_token));
  });

  it("T10: a shortened, lengthened, padded or joined token is none", async () => {
    const fresh = await (async () => {
      const { session } = await world.signIn();
      const { redemption } = await world.authorize(world.clients.bank, { session });
      return String((await world.token(world.clients.bank, redemption)).body.access_token);
    })();
    const [header = "", payload = "", signature = ""] = fresh.split(".");
    const broken = [
      fresh.slice(0, -1),
      `${fresh}A`,
      `${fresh}=`,
      `${fresh}.`,
      `${fresh}.${signature}`,
      `${fresh}${fresh}`,
      `${header}=.${payload}.${signature}`,
      `${header}.${payload}.`,
      `${header}.${payload}`,
      `${header}..${signature}`,
      `.${payload}.${signature}`,
      fresh.toUpperCase(),
    ];
    for (const token of broken) {
      expect([400, 401], token).toContain((await world.userinfo(token)).status);
    }
    expect((await world.userinfo(fresh)).status).toBe(200);
  });
});
