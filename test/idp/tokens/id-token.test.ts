import { createHash } from "node:crypto";
import { decodeJwt, decodeProtectedHeader } from "jose";
import * as oauth from "oauth4webapi";
import { beforeAll, describe, expect, it } from "vitest";
import { LEAD_SECONDS, LEAVES_AFTER_SECONDS } from "../../keys/a-key-lifecycle.ts";
import { aTokenWorld, ISSUER, type TokenWorld, TTL_SECONDS } from "./a-token-world.ts";

let world: TokenWorld;
let good: string;
let goodClaims: Record<string, unknown>;

const request = {
  subject: "account-0123456789abcdef",
  clientId: "harbour-bank",
  nonce: "n-0S6_WzA2Mj",
  sid: "session-at-the-bank",
  authenticatedAt: new Date("2026-03-01T11:59:00.500Z"),
  acr: "pwd",
  amr: ["pwd"],
  accessToken: "eyJhbGciOiJSUzI1NiJ9.e30.c2ln",
  claims: { name: "Alice Moreau", email: "alice@example.test", email_verified: true },
};

beforeAll(async () => {
  world = await aTokenWorld();
  good = await world.id.mint(request, world.clock.now());
  goodClaims = decodeJwt(good);
});

const now = () => world.clock.now();
/** oauth4webapi asks no clock of ours. */
const realTime = () => Math.floor(Date.now() / 1000);
const readHint = (token: string) => world.id.readHint(token, now());

describe("an ID token (OpenID Connect Core §2)", () => {
  it("says who signed in, when, how, for whom, and what the scopes allow", () => {
    const seconds = now().getTime() / 1000;
    expect(decodeProtectedHeader(good)).toEqual({ alg: "RS256", typ: "JWT", kid: world.kid });
    expect(goodClaims).toEqual({
      iss: ISSUER,
      sub: request.subject,
      aud: "harbour-bank",
      iat: seconds,
      exp: seconds + TTL_SECONDS,
      auth_time: Date.parse("2026-03-01T11:59:00Z") / 1000,
      nonce: request.nonce,
      sid: request.sid,
      acr: "pwd",
      amr: ["pwd"],
      at_hash: expect.any(String),
      ...request.claims,
    });
  });

  it("binds its access token by the left half of its hash (§3.1.3.6)", () => {
    const hash = createHash("sha256").update(request.accessToken).digest();
    expect(goodClaims.at_hash).toBe(hash.subarray(0, 16).toString("base64url"));
  });

  describe.each([
    ["PS256", "sha256"],
    ["ES256", "sha256"],
    // RFC 8032 §5.1 hashes with SHA-512, and so do clients that know EdDSA.
    ["EdDSA", "sha512"],
  ])("signed with %s for a client that registered it", (alg, digest) => {
    it(`binds its access token by the left half of its ${digest}`, async () => {
      const token = await world.id.mint({ ...request, alg }, now());
      expect(decodeProtectedHeader(token)).toEqual({ alg, typ: "JWT", kid: expect.any(String) });
      const hash = createHash(digest).update(request.accessToken).digest();
      expect(decodeJwt(token).at_hash).toBe(
        hash.subarray(0, hash.length / 2).toString("base64url"),
      );
      expect(await readHint(token)).toMatchObject({ subject: request.subject });
    });

    it("hashes as oauth4webapi, on which openid-client stands, expects it", async () => {
      // It compares c_hash (§3.3.2.11), which is made of a code as at_hash is of a token.
      const code = "SplxlOBeZQQYbYS6WxSbIA";
      const { at_hash: c_hash } = decodeJwt(
        await world.id.mint({ ...request, alg, accessToken: code }, now()),
      );
      const check = async (hash: unknown) => {
        const token = await world.ring.sign(
          { typ: "JWT", alg },
          { ...decodeJwt(good), iat: realTime(), exp: realTime() + 60, c_hash: hash },
        );
        return oauth.validateCodeIdTokenResponse(
          { issuer: ISSUER, jwks_uri: `${ISSUER}/jwks` },
          { client_id: request.clientId, id_token_signed_response_alg: alg },
          new URLSearchParams({ code, id_token: token }),
          request.nonce,
          oauth.expectNoState,
          undefined,
          {
            [oauth.allowInsecureRequests]: true,
            [oauth.customFetch]: async () =>
              new Response(new Uint8Array(world.ring.publication().body), {
                headers: { "Content-Type": "application/jwk-set+json" },
              }),
          },
        );
      };
      expect((await check(c_hash)).get("code")).toBe(code);
      await expect(check("another")).rejects.toThrow("c_hash");
    });
  });

  it("is at most 1 KiB at the two sites", () => {
    expect(good.length).toBeLessThanOrEqual(1024);
  });

  it("leaves out what is not known", async () => {
    const { subject, clientId, accessToken } = request;
    const token = await world.id.mint({ subject, clientId, accessToken, claims: {} }, now());
    expect(Object.keys(decodeJwt(token)).sort()).toEqual(
      ["at_hash", "aud", "exp", "iat", "iss", "sub"].sort(),
    );
  });

  it("lets no claim about the person displace the token's own, nor stand in for a missing one", async () => {
    const { subject, clientId, accessToken } = request;
    const claims = {
      iss: "https://evil.test",
      sub: "mallory",
      aud: "evergreen-retirement",
      exp: 9_999_999_999,
      nonce: "forged",
      sid: "forged",
      acr: "phr",
      amr: ["hwk"],
      auth_time: 1,
      azp: "mallory",
      events: {},
      name: "Alice Moreau",
    };
    const token = await world.id.mint({ subject, clientId, accessToken, claims }, now());
    expect(decodeJwt(token)).toEqual({
      iss: ISSUER,
      sub: subject,
      aud: clientId,
      iat: goodClaims.iat,
      exp: goodClaims.exp,
      at_hash: goodClaims.at_hash,
      name: "Alice Moreau",
    });
  });
});

describe("an id_token_hint", () => {
  const hinted = { subject: request.subject, clientId: "harbour-bank", sid: request.sid };
  const signed = (claims: object, header: Record<string, unknown> = {}) =>
    world.signed({ ...goodClaims, ...claims }, { typ: "JWT", ...header });

  it("tells whom it was issued for", async () => {
    expect(await readHint(good)).toEqual(hinted);
  });

  it("L1: is read after its expiry", async () => {
    const muchLater = new Date(now().getTime() + 365 * 86_400_000);
    expect(await world.id.readHint(good, muchLater)).toEqual(hinted);
  });

  it("may lack typ, and may lack sid", async () => {
    expect(await readHint(await signed({}, { typ: undefined }))).toEqual(hinted);
    const { sid, ...rest } = hinted;
    expect(await readHint(await signed({ sid: undefined }))).toEqual(rest);
    expect(sid).toBe(request.sid);
  });

  it("T3: is no access token, logout token or status list", async () => {
    const { token } = await world.access.mint(
      { ...request, grant: { id: "grant", statusNumber: 7 }, audience: ISSUER, scopes: ["openid"] },
      now(),
    );
    expect(await readHint(token)).toBeUndefined();
    for (const typ of ["at+jwt", "logout+jwt", "statuslist+jwt", "jwt", ""]) {
      expect(await readHint(await signed({}, { typ }))).toBeUndefined();
    }
  });

  it.each([
    ["another issuer", { iss: "https://evil.test" }],
    ["no subject", { sub: undefined }],
    ["an empty subject", { sub: "" }],
    ["no audience", { aud: undefined }],
    ["several audiences", { aud: ["harbour-bank", "evergreen-retirement"] }],
    ["no iat", { iat: undefined }],
    ["an exp that is text", { exp: "9999999999" }],
    ["a sid that is a number", { sid: 7 }],
    ["an iat in the future", { iat: Date.parse("2026-03-01T12:01:01Z") / 1000 }],
  ])("T5: with %s is none", async (_, claims) => {
    expect(await readHint(await signed(claims))).toBeUndefined();
  });

  it.each(["", "garbage", "a.b.c", "e30.e30.e30", "sgr_token"])("T10: %j is none", async (text) => {
    expect(await readHint(text)).toBeUndefined();
  });

  it("T10: altered or cut, it is none", async () => {
    expect(await readHint(good.slice(0, -1))).toBeUndefined();
    expect(await readHint(`${good}=`)).toBeUndefined();
    expect(await readHint(good.replace(".", ".A"))).toBeUndefined();
  });

  it("K3: outlives its key's place in the JWKS, where an access token does not", async () => {
    const access = {
      ...request,
      grant: { id: "grant", statusNumber: 7 },
      audience: ISSUER,
      scopes: ["openid"],
    };
    const { token } = await world.access.mint(access, now());
    world.clock.advance(LEAD_SECONDS);
    await world.keys.rotate({ actor: "operator-token" });
    world.clock.advance(LEAVES_AFTER_SECONDS);
    await world.keys.poll();
    expect(world.ring.verificationKey(world.kid)).toBeUndefined();
    expect(await readHint(good)).toEqual(hinted);
    await expect(world.access.verify(token, ISSUER, now())).rejects.toThrow("invalid_token");
    expect(await world.access.identify(token)).toMatchObject({ grant_id: "grant" });
  });
});
