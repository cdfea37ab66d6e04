import { decodeJwt, decodeProtectedHeader } from "jose";
import { describe, expect, it } from "vitest";
import { logoutTokens } from "../../../idp/tokens/logout-token.ts";
import { aTokenWorld, ISSUER } from "./a-token-world.ts";

describe("a logout token (OIDC Back-Channel Logout §2.4)", () => {
  it("L2: names the person and the session, for two minutes, and could be no other token", async () => {
    const { ring, clock, kid, access, id } = await aTokenWorld();
    const tokens = logoutTokens({ issuer: ISSUER, ring });
    const request = { clientId: "bank", subject: "alice", sid: "sid-1", alg: "RS256" };
    const token = await tokens.mint(request, clock.now());
    const now = Math.floor(clock.now().getTime() / 1000);
    expect(decodeProtectedHeader(token)).toEqual({ alg: "RS256", kid, typ: "logout+jwt" });
    expect(decodeJwt(token)).toEqual({
      iss: ISSUER,
      aud: "bank",
      sub: "alice",
      sid: "sid-1",
      iat: now,
      exp: now + 120,
      jti: expect.stringMatching(/^[\w-]{22}$/),
      events: { "http://schemas.openid.net/event/backchannel-logout": {} },
    });
    expect(await id.readHint(token, clock.now())).toBeUndefined();
    expect(await access.identify(token)).toBeUndefined();
    expect(decodeJwt(await tokens.mint(request, clock.now())).jti).not.toBe(decodeJwt(token).jti);
  });
});
