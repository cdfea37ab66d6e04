import { afterEach, beforeEach, describe, expect, it } from "vitest";
import {
  aSiteWithTwoKeys,
  NOTICE,
  PROBE,
  type SiteWithTwoKeys,
} from "./support/a-site-with-two-keys.ts";
import { aSigningKey, CLIENT } from "./support/an-issuer.ts";
import { compact, rsa } from "./support/forge.ts";

/** What happens soon by itself: a fetch, a report. */
const eventually = <T>(read: () => T) => expect.poll(read, { timeout: 5000 });

let site: SiteWithTwoKeys;

describe("a probe: would this site accept the key that is to come?", () => {
  beforeEach(async () => {
    site = await aSiteWithTwoKeys();
  });
  afterEach(() => site.close());

  it("is answered with the key and the instance, and changes nothing", async () => {
    const answer = await site.send(await site.probe());
    expect(answer).toEqual({
      status: 200,
      kid: site.next.kid,
      instance: answer.instance,
      verified: true,
    });
    expect(answer.instance).toMatch(/^[\w-]{1,64}$/);
    await site.expectNothingChanged();
  });

  it("by a key that the site has not met yet: asks the provider once, at the usual pace", async () => {
    const fresh = await aSigningKey();
    site.issuer.otherKeys = [site.next, fresh];
    expect(await site.send(await site.probe({}, {}, fresh))).toEqual({
      status: 200,
      verified: false,
      error: "unknown_key",
    });
    site.clock.advance(31);
    const fetches = site.issuer.requestsTo("/jwks");
    expect(await site.send(await site.probe({}, {}, fresh))).toMatchObject({
      kid: fresh.kid,
      verified: true,
    });
    expect(site.issuer.requestsTo("/jwks")).toBe(fetches + 1);
  });

  it("that is wrong in any way is answered with the reason", async () => {
    const invalid = { status: 200, verified: false, error: "invalid_token" };
    const unknown = { ...invalid, error: "unknown_key" };
    const pss = (token: string) => {
      const [, body = ""] = token.split(".");
      const claims = Buffer.from(body, "base64url").toString();
      return compact(
        { alg: "PS256", kid: site.next.kid, typ: PROBE },
        claims,
        rsa(site.next, "sha256", true),
      );
    };
    expect(await site.send(await site.probe({ aud: "another" }))).toEqual(invalid);
    expect(await site.send(await site.probe({ iss: "https://evil.example" }))).toEqual(invalid);
    expect(await site.send(await site.probe({ exp: 1 }))).toEqual(invalid);
    expect(await site.send(await site.probe({}, { jwk: site.next.jwk }))).toEqual(invalid);
    expect(await site.send(await site.probe({}, { kid: site.next.kid }, site.unpublished))).toEqual(
      invalid,
    );
    expect(await site.send(pss(await site.probe()))).toEqual(invalid);
    expect(await site.send(await site.probe({}, {}, site.unpublished))).toEqual(unknown);
    await site.site.relyingParty.distrust(site.next.kid);
    expect(await site.send(await site.probe())).toEqual(unknown);
  });

  it("T3: opens nothing: neither the API nor a page nor a sign-in", async () => {
    const claims = { sub: site.issuer.person.sub, client_id: "c", scope: "accounts:read" };
    for (const aud of [CLIENT.clientId, `${site.baseUrl}/api`]) {
      for (const typ of [PROBE, NOTICE]) {
        const token = await site.issuer.keyEvent(
          typ,
          { ...claims, aud, revoked: ["k"] },
          {},
          site.next,
        );
        expect((await site.api(token)).status).toBe(401);
        const visitor = site.visitor();
        for (const cookie of ["harbour_session", "harbour_sign-in-0"]) {
          visitor.cookies(site.baseUrl).set(cookie, token);
        }
        expect((await visitor.request(`${site.baseUrl}/`)).status).toBe(303);
        const callback = `${site.baseUrl}/callback?code=${token}&state=${token}`;
        expect((await visitor.request(callback)).status).toBe(400);
        const out = { form: { csrf: token } };
        const page = await visitor.request(`${site.baseUrl}/sign-out`, out);
        expect(page.text).toContain("You are signed out here");
      }
    }
  });

  it.each([PROBE, NOTICE])(
    "T3: is no ID token and no access token of a sign-in, as %s",
    async (typ) => {
      const trySignIn = async () => (await site.visitor().visit(`${site.baseUrl}/`)).status;
      expect(await trySignIn()).toBe(200);
      site.issuer.wrong.idTokenHeader = (header) => ({ ...header, typ });
      expect(await trySignIn()).toBe(502);
      site.issuer.wrong.idTokenHeader = (header) => header;
      site.issuer.wrong.accessTokenHeader = (header) => ({ ...header, typ });
      expect(await trySignIn()).toBe(502);
    },
  );
});

describe("a notice: keys that are revoked", () => {
  beforeEach(async () => {
    site = await aSiteWithTwoKeys();
  });
  afterEach(() => site.close());

  it("K4: the key is refused before the notice is answered, with the time, across restarts", async () => {
    const token = await site.token();
    expect((await site.api(token)).status).toBe(200);
    const answer = await site.send(await site.notice([site.old.kid]));
    expect(answer).toEqual({
      status: 200,
      instance: answer.instance,
      refused: [{ kid: site.old.kid, at: site.clock.now().toISOString() }],
    });
    // Remembered or not.
    expect((await site.api(token)).status).toBe(401);
    expect(await site.accepts(site.old)).toBe(false);
    expect(await site.accepts(site.next)).toBe(true);
    await site.restart();
    expect(await site.accepts(site.old)).toBe(false);
  });

  it("names the same time however often it comes", async () => {
    const at = site.clock.now().toISOString();
    await site.send(await site.notice([site.old.kid]));
    const again = await site.notice([site.old.kid]);
    site.clock.advance(20);
    for (let round = 0; round < 3; round += 1) {
      expect((await site.send(again)).refused).toEqual([{ kid: site.old.kid, at }]);
    }
  });

  it("is not believed from a key that is refused already", async () => {
    await site.send(await site.notice([site.old.kid]));
    expect(await site.send(await site.notice([site.next.kid], {}, {}, site.old))).toEqual({
      status: 400,
      error: "invalid_token",
    });
    expect(await site.accepts(site.next)).toBe(true);
  });

  it("Z2: fetches the key set out of turn, and a flood of notices at most once in 5 s", async () => {
    const fetches = () => site.issuer.requestsTo("/jwks");
    const fresh = await aSigningKey();
    site.promote(fresh);
    const before = fetches();
    const flood = async () => {
      const tokens = await Promise.all(
        Array.from({ length: 50 }, () => site.notice([site.old.kid])),
      );
      await Promise.all(tokens.map((token) => site.keyEvent(token)));
      await eventually(() => site.accepts(fresh)).toBe(true);
    };
    await flood();
    expect(fetches()).toBe(before + 1);
    site.clock.advance(4);
    await flood();
    expect(fetches()).toBe(before + 1);
    site.clock.advance(1);
    await flood();
    await eventually(fetches).toBe(before + 2);
  });

  it("K4: is believed at once from a key that was made a moment ago, although the pace is used up", async () => {
    const fresh = await aSigningKey();
    const fetches = () => site.issuer.requestsTo("/jwks");
    expect((await site.send(await site.probe({}, {}, fresh))).error).toBe("unknown_key");
    site.promote(fresh);
    const before = fetches();
    const answer = await site.send(await site.notice([site.old.kid], {}, {}, fresh));
    expect(answer).toMatchObject({ status: 200, refused: [{ kid: site.old.kid }] });
    expect(await site.accepts(site.old)).toBe(false);
    expect(fetches()).toBeGreaterThan(before);
  });

  it("Z2: refused ones cause no fetch, or one in 30 s when nobody publishes their key", async () => {
    const before = site.issuer.requestsTo("/jwks");
    const flood = async (key: typeof site.old) => {
      for (let round = 0; round < 20; round += 1)
        await site.send(await site.notice([site.old.kid], {}, {}, key));
    };
    await flood(site.old);
    expect(site.issuer.requestsTo("/jwks")).toBe(before);
    await flood(site.unpublished);
    expect(site.issuer.requestsTo("/jwks")).toBe(before + 1);
    site.clock.advance(29);
    await flood(site.unpublished);
    expect(site.issuer.requestsTo("/jwks")).toBe(before + 1);
    expect(await site.accepts(site.old)).toBe(true);
  });

  it("design 7: ends the site session at once; the person goes through the provider and is back", async () => {
    const visitor = await site.signedInVisitor();
    site.promote();
    await site.send(await site.notice([site.old.kid]));
    const page = await visitor.request(`${site.baseUrl}/deep/here`);
    expect(page.status).toBe(303);
    expect(page.headers.get("location")).toContain(`${site.issuer.issuer}/authorize`);
    const back = await visitor.visit(`${site.baseUrl}/deep/here`);
    expect(back).toMatchObject({ status: 200, url: `${site.baseUrl}/deep/here` });
    expect(back.text).toContain(site.next.kid);
  });

  it.each([
    ["about to be renewed", 250],
    ["already expired", 400],
  ])(
    "design 7: ends a session whose access token is %s, instead of renewing it",
    async (_, age) => {
      const visitor = await site.signedInVisitor();
      const copy = visitor.cookies(site.baseUrl).get("harbour_session") ?? "";
      site.promote();
      site.clock.advance(age);
      await site.send(await site.notice([site.old.kid]));
      const before = site.issuer.requestsTo("/token");
      expect((await visitor.request(`${site.baseUrl}/`)).status).toBe(303);
      expect(site.issuer.requestsTo("/token")).toBe(before);
      const thief = site.visitor();
      thief.cookies(site.baseUrl).set("harbour_session", copy);
      expect((await thief.request(`${site.baseUrl}/`)).status).toBe(303);
    },
  );

  it("design 7: ends a session that only its ID token ties to the key", async () => {
    site.issuer.wrong.refreshWithoutIdToken = true;
    const visitor = await site.signedInVisitor();
    site.promote(site.old);
    site.clock.advance(250);
    expect((await visitor.request(`${site.baseUrl}/`)).text).toContain(site.next.kid);
    await site.send(await site.notice([site.old.kid]));
    expect((await visitor.request(`${site.baseUrl}/`)).status).toBe(303);
  });

  it("lets nobody sign in with tokens by the key", async () => {
    await site.send(await site.notice([site.old.kid]));
    expect((await site.visitor().visit(`${site.baseUrl}/`)).status).toBe(502);
    site.promote();
    expect((await site.visitor().visit(`${site.baseUrl}/`)).status).toBe(200);
  });

  it("signed by a thief before the real one: the report that follows sets the new key right", async () => {
    await site.close();
    site = await aSiteWithTwoKeys({ asksForSightings: true });
    // The stolen key speaks first, and against its successor.
    const refusals = await site.send(await site.notice([site.next.kid], {}, {}, site.old));
    expect(refusals.refused).toHaveLength(1);
    await eventually(() => site.accepts(site.next)).toBe(true);
    // Then the provider revokes it, and its word by report is enough to end it here.
    site.promote();
    site.issuer.revoked = [site.old.kid];
    expect((await site.send(await site.notice([site.old.kid]))).refused).toHaveLength(1);
    await eventually(() => site.issuer.sightings.at(-1)?.refused).toHaveLength(1);
    expect(await site.accepts(site.old)).toBe(false);
    expect(await site.accepts(site.next)).toBe(true);
  });
});
