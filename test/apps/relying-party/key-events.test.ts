import { createPublicKey } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { aSite, type SiteWorld, type SiteWorldOptions } from "./support/a-site.ts";
import { aSigningKey, CLIENT, type SigningKey } from "./support/an-issuer.ts";
import { compact, hmac, rsa, unsigned } from "./support/forge.ts";

const PROBE = "key-probe+jwt";
const NOTICE = "key-notice+jwt";
const FORM = { "content-type": "application/x-www-form-urlencoded" };

let old: SigningKey;
let next: SigningKey;
let unpublished: SigningKey;
let world: SiteWorld;
beforeAll(async () => {
  [old, next, unpublished] = await Promise.all([aSigningKey(), aSigningKey(), aSigningKey()]);
});

/** A site that holds two keys: the one that signs, and the one that is to come. */
const open = async (options?: SiteWorldOptions) => {
  world = await aSite({
    ...options,
    issuerIs(issuer) {
      issuer.key = old;
      issuer.otherKeys = [next];
    },
  });
};
/** What every rotation and every emergency comes to: the next key signs. */
const promote = (...others: SigningKey[]) => {
  world.issuer.key = next;
  world.issuer.otherKeys = others;
};
const bodyOf = async (sent: ReturnType<SiteWorld["keyEvent"]>) => {
  const { status, text } = await sent;
  return { status, ...JSON.parse(text) };
};
const send = (token: string) => bodyOf(world.keyEvent(token));
const probe = (changes = {}, header = {}, key = next) =>
  world.issuer.keyEvent(PROBE, changes, header, key);
const notice = (revoked: unknown, changes = {}, header = {}, key = next) =>
  world.issuer.keyEvent(NOTICE, { revoked, ...changes }, header, key);
const accepts = async (key: SigningKey) =>
  (await world.api(await world.issuer.accessToken({ aud: `${world.baseUrl}/api` }, {}, key)))
    .status === 200;
/** Nobody is distrusted: neither now nor, by the file, after a restart. */
const expectNothingChanged = async () => {
  expect(await accepts(old)).toBe(true);
  expect(await accepts(next)).toBe(true);
  const kept = JSON.parse(await readFile(join(world.dataDirectory, "key-set.json"), "utf8"));
  expect(kept.distrusted).toEqual([]);
};

describe("what a key event is refused for, whoever sends it", () => {
  beforeAll(() => open());
  afterAll(() => world.close());
  afterEach(expectNothingChanged);

  const refused = { status: 400, error: "invalid_token" };
  const seconds = () => Math.floor(world.clock.now().getTime() / 1000);
  const claims = (changes = {}) => ({
    iss: world.issuer.issuer,
    aud: CLIENT.clientId,
    iat: seconds(),
    exp: seconds() + 60,
    jti: "one",
    revoked: [old.kid],
    ...changes,
  });
  const header = (changes = {}) => ({ alg: "RS256", kid: next.kid, typ: NOTICE, ...changes });

  it("K4: a notice by the very key that it names, or by one that is not published", async () => {
    expect(await send(await notice([old.kid], {}, {}, old))).toEqual(refused);
    expect(await send(await notice(["other", old.kid], {}, {}, old))).toEqual(refused);
    expect(await send(await notice([old.kid], {}, {}, unpublished))).toEqual(refused);
    // Under a name that is published, too.
    expect(await send(await notice([old.kid], {}, { kid: next.kid }, unpublished))).toEqual(
      refused,
    );
  });

  it("T4: a notice for another client, for several, or by another issuer", async () => {
    for (const changes of [
      { aud: "evergreen-retirement" },
      { aud: [CLIENT.clientId] },
      { aud: [CLIENT.clientId, "evergreen-retirement"] },
      { aud: `${world.baseUrl}/api` },
      { aud: undefined },
      { iss: "https://evil.example" },
      { iss: `${world.issuer.issuer}/` },
      { iss: undefined },
    ]) {
      expect(await send(await notice([old.kid], changes)), JSON.stringify(changes)).toEqual(
        refused,
      );
    }
  });

  it("T5: a notice that has expired, is from the future, lives too long or has no times", async () => {
    const now = seconds();
    for (const changes of [
      { iat: now - 60, exp: now },
      { iat: now - 3600, exp: now - 3540 },
      { iat: now + 61, exp: now + 121 },
      { exp: now + 61 },
      { exp: now + 3600 },
      { exp: now * 1000 },
      { exp: now, iat: now },
      { exp: undefined },
      { iat: undefined },
      { exp: String(now + 60) },
      { jti: undefined },
    ]) {
      expect(await send(await notice([old.kid], changes)), JSON.stringify(changes)).toEqual(
        refused,
      );
    }
  });

  it.each([
    undefined,
    "JWT",
    "at+jwt",
    "logout+jwt",
    "application/key-notice+jwt",
    "KEY-NOTICE+JWT",
  ])("T3: a notice whose typ is %s", async (typ) => {
    const token = compact(header({ typ }), claims(), rsa(next));
    expect(await send(token)).toEqual(refused);
  });

  it("T1: alg none, HS256 keyed with the public key, and algorithms that are not the site's", async () => {
    const pem = createPublicKey({ key: next.jwk, format: "jwk" })
      .export({ type: "spki", format: "pem" })
      .toString();
    for (const alg of ["none", "None", "NONE"]) {
      expect(await send(compact(header({ alg }), claims(), () => Buffer.from("x")))).toEqual(
        refused,
      );
    }
    expect(await send(compact(header({ alg: "HS256" }), claims(), hmac(pem)))).toEqual(refused);
    expect(
      await send(compact(header({ alg: "PS256" }), claims(), rsa(next, "sha256", true))),
    ).toEqual(refused);
    expect(await send(compact(header({ alg: "RS384" }), claims(), rsa(next, "sha384")))).toEqual(
      refused,
    );
    // An empty part is not a token at all.
    expect((await send(compact(header(), claims(), unsigned))).error).toBe("invalid_request");
  });

  it("T2: a header that brings a key, or asks for more, even by the right key; nothing is fetched", async () => {
    const requests = world.issuer.requests.length;
    const foreign = "http://id.localhost:1/keys";
    for (const extra of [
      { jwk: unpublished.jwk },
      { jwk: next.jwk },
      { jku: foreign },
      { x5u: foreign },
      { x5c: ["MIIB"] },
      { crit: ["exp"] },
      { b64: false, crit: ["b64"] },
      { zip: "DEF" },
      { cty: "JWT" },
    ]) {
      expect(await send(compact(header(extra), claims(), rsa(next)))).toEqual(refused);
      expect(await send(compact(header(extra), claims(), rsa(unpublished)))).toEqual(refused);
    }
    expect(world.issuer.requests.length).toBe(requests);
  });

  it("T10: a token with one character more, less or spelled otherwise", async () => {
    const token = await notice([old.kid]);
    const [head, body, signature] = token.split(".");
    for (const wrong of [
      `${token}=`,
      `${token}.`,
      `.${token}`,
      `${token}.${signature}`,
      `${head}..`,
    ]) {
      expect((await send(wrong)).status).toBe(400);
    }
    expect(await send(`${head}.${body}.${signature?.slice(4)}`)).toEqual(refused);
  });

  it("an access token, an ID token, a logout token: what is for another door opens none here", async () => {
    const access = await world.token();
    expect(await send(access)).toEqual(refused);
    // Signed by the right key and named for this very site, with a list of keys in it.
    for (const typ of ["at+jwt", "JWT", "logout+jwt"]) {
      expect(
        await send(await world.issuer.keyEvent(typ, { revoked: [old.kid], sub: "s" }, {}, next)),
      ).toEqual(refused);
    }
  });

  it.each([
    ["nothing", undefined],
    ["an empty list", []],
    ["a text", "kid"],
    ["numbers", [1]],
    ["an empty name", [""]],
    ["a very long name", ["k".repeat(257)]],
    ["more names than a key set has", Array.from({ length: 21 }, (_, index) => `k${index}`)],
  ])("a notice that names %s", async (_, revoked) => {
    expect(await send(await notice(revoked))).toEqual(refused);
  });

  it.each([
    ["no form", { "content-type": "application/json" }, '{"event_token":"x"}', 400],
    ["a form without the token", FORM, "other=x", 400],
    ["no body", FORM, "", 400],
    ["the token twice", FORM, "event_token=a.b.c&event_token=a.b.c", 400],
    ["something that is no token", FORM, "event_token=hello", 400],
    ["a token whose header is no JSON", FORM, "event_token=eHh4.e30.AAAA", 400],
    ["a token of nine kilobytes", FORM, `event_token=e30.${"A".repeat(9000)}.AAAA`, 400],
    ["more than 16 KiB", FORM, `event_token=${"A".repeat(17 * 1024)}`, 413],
  ])("%s: not readable, and no problem page either", async (_, headers, body, status) => {
    const answer = await fetch(`http://127.0.0.1:${world.site.port}/key-events`, {
      method: "POST",
      headers,
      body,
    });
    expect(answer.status).toBe(status);
    expect(await answer.json()).toEqual({ error: "invalid_request" });
  });

  it("H1: any method but POST, and answers that nobody keeps and no other origin may read", async () => {
    const visitor = world.visitor();
    for (const method of ["GET", "PUT", "DELETE"]) {
      const page = await visitor.request(`${world.baseUrl}/key-events`, { method });
      expect(page.status).toBe(405);
      expect(page.headers.get("content-type")).toContain("application/json");
    }
    const headers = { origin: "https://evil.example" };
    for (const token of [await probe(), "x"]) {
      const page = await visitor.request(`${world.baseUrl}/key-events`, {
        headers,
        form: { event_token: token },
      });
      expect(page.headers.get("cache-control")).toBe("no-store");
      expect(page.setCookies).toEqual([]);
      expect([...page.headers.keys()].filter((name) => name.startsWith("access-control"))).toEqual(
        [],
      );
    }
  });

  it("G1: no token reaches the log", async () => {
    const token = await notice([old.kid], { aud: "another" });
    await send(token);
    for (const part of token.split(".").slice(1)) expect(world.logged()).not.toContain(part);
  });
});

describe("a probe: would this site accept the key that is to come?", () => {
  beforeEach(() => open());
  afterEach(() => world.close());

  it("is answered with the key and the instance, and changes nothing", async () => {
    const answer = await send(await probe());
    expect(answer).toEqual({
      status: 200,
      kid: next.kid,
      instance: answer.instance,
      verified: true,
    });
    expect(answer.instance).toMatch(/^[\w-]{1,64}$/);
    await expectNothingChanged();
  });

  it("by a key that the site has not met yet: asks the provider once, at the usual pace", async () => {
    const fresh = await aSigningKey();
    world.issuer.otherKeys = [next, fresh];
    expect(await send(await probe({}, {}, fresh))).toEqual({
      status: 200,
      verified: false,
      error: "unknown_key",
    });
    world.clock.advance(31);
    const fetches = world.issuer.requestsTo("/jwks");
    expect(await send(await probe({}, {}, fresh))).toMatchObject({
      kid: fresh.kid,
      verified: true,
    });
    expect(world.issuer.requestsTo("/jwks")).toBe(fetches + 1);
  });

  it("that is wrong in any way is answered with the reason", async () => {
    const invalid = { status: 200, verified: false, error: "invalid_token" };
    const unknown = { ...invalid, error: "unknown_key" };
    const pss = (token: string) => {
      const [, body = ""] = token.split(".");
      const claims = Buffer.from(body, "base64url").toString();
      return compact(
        { alg: "PS256", kid: next.kid, typ: PROBE },
        claims,
        rsa(next, "sha256", true),
      );
    };
    expect(await send(await probe({ aud: "another" }))).toEqual(invalid);
    expect(await send(await probe({ iss: "https://evil.example" }))).toEqual(invalid);
    expect(await send(await probe({ exp: 1 }))).toEqual(invalid);
    expect(await send(await probe({}, { jwk: next.jwk }))).toEqual(invalid);
    expect(await send(await probe({}, { kid: next.kid }, unpublished))).toEqual(invalid);
    expect(await send(pss(await probe()))).toEqual(invalid);
    expect(await send(await probe({}, {}, unpublished))).toEqual(unknown);
    await world.site.relyingParty.distrust(next.kid);
    expect(await send(await probe())).toEqual(unknown);
  });

  it("T3: opens nothing: neither the API nor a page nor a sign-in", async () => {
    const claims = { sub: world.issuer.person.sub, client_id: "c", scope: "accounts:read" };
    for (const aud of [CLIENT.clientId, `${world.baseUrl}/api`]) {
      for (const typ of [PROBE, NOTICE]) {
        const token = await world.issuer.keyEvent(
          typ,
          { ...claims, aud, revoked: ["k"] },
          {},
          next,
        );
        expect((await world.api(token)).status).toBe(401);
        const visitor = world.visitor();
        for (const cookie of ["harbour_session", "harbour_sign-in-0"]) {
          visitor.cookies(world.baseUrl).set(cookie, token);
        }
        expect((await visitor.request(`${world.baseUrl}/`)).status).toBe(303);
        const callback = `${world.baseUrl}/callback?code=${token}&state=${token}`;
        expect((await visitor.request(callback)).status).toBe(400);
        const out = { form: { csrf: token } };
        const page = await visitor.request(`${world.baseUrl}/sign-out`, out);
        expect(page.text).toContain("You are signed out here");
      }
    }
  });

  it.each([PROBE, NOTICE])(
    "T3: is no ID token and no access token of a sign-in, as %s",
    async (typ) => {
      const trySignIn = async () => (await world.visitor().visit(`${world.baseUrl}/`)).status;
      expect(await trySignIn()).toBe(200);
      world.issuer.wrong.idTokenHeader = (header) => ({ ...header, typ });
      expect(await trySignIn()).toBe(502);
      world.issuer.wrong.idTokenHeader = (header) => header;
      world.issuer.wrong.accessTokenHeader = (header) => ({ ...header, typ });
      expect(await trySignIn()).toBe(502);
    },
  );
});

describe("a notice: keys that are revoked", () => {
  beforeEach(() => open());
  afterEach(() => world.close());

  it("K4: the key is refused before the notice is answered, with the time, across restarts", async () => {
    const token = await world.token();
    expect((await world.api(token)).status).toBe(200);
    const answer = await send(await notice([old.kid]));
    expect(answer).toEqual({
      status: 200,
      instance: answer.instance,
      refused: [{ kid: old.kid, at: world.clock.now().toISOString() }],
    });
    // Remembered or not.
    expect((await world.api(token)).status).toBe(401);
    expect(await accepts(old)).toBe(false);
    expect(await accepts(next)).toBe(true);
    await world.restart();
    expect(await accepts(old)).toBe(false);
  });

  it("names the same time however often it comes", async () => {
    const at = world.clock.now().toISOString();
    await send(await notice([old.kid]));
    const again = await notice([old.kid]);
    world.clock.advance(20);
    for (let round = 0; round < 3; round += 1) {
      expect((await send(again)).refused).toEqual([{ kid: old.kid, at }]);
    }
  });

  it("is not believed from a key that is refused already", async () => {
    await send(await notice([old.kid]));
    expect(await send(await notice([next.kid], {}, {}, old))).toEqual({
      status: 400,
      error: "invalid_token",
    });
    expect(await accepts(next)).toBe(true);
  });

  it("Z2: fetches the key set out of turn, and a flood of notices at most once in 5 s", async () => {
    const fetches = () => world.issuer.requestsTo("/jwks");
    const fresh = await aSigningKey();
    promote(fresh);
    const before = fetches();
    const flood = async () => {
      const tokens = await Promise.all(Array.from({ length: 50 }, () => notice([old.kid])));
      await Promise.all(tokens.map((token) => world.keyEvent(token)));
      await expect.poll(() => accepts(fresh)).toBe(true);
    };
    await flood();
    expect(fetches()).toBe(before + 1);
    world.clock.advance(4);
    await flood();
    expect(fetches()).toBe(before + 1);
    world.clock.advance(1);
    await flood();
    await expect.poll(fetches).toBe(before + 2);
  });

  it("refused ones cause no fetch at all", async () => {
    const before = world.issuer.requestsTo("/jwks");
    for (let round = 0; round < 20; round += 1) {
      await send(await notice([old.kid], {}, {}, old));
      await send(await notice([old.kid], {}, {}, unpublished));
    }
    expect(world.issuer.requestsTo("/jwks")).toBe(before);
  });

  it("design 7: ends the site session at once; the person goes through the provider and is back", async () => {
    const visitor = await world.signedInVisitor();
    promote();
    await send(await notice([old.kid]));
    const page = await visitor.request(`${world.baseUrl}/deep/here`);
    expect(page.status).toBe(303);
    expect(page.headers.get("location")).toContain(`${world.issuer.issuer}/authorize`);
    const back = await visitor.visit(`${world.baseUrl}/deep/here`);
    expect(back).toMatchObject({ status: 200, url: `${world.baseUrl}/deep/here` });
    expect(back.text).toContain(next.kid);
  });

  it.each([
    ["about to be renewed", 250],
    ["already expired", 400],
  ])(
    "design 7: ends a session whose access token is %s, instead of renewing it",
    async (_, age) => {
      const visitor = await world.signedInVisitor();
      const copy = visitor.cookies(world.baseUrl).get("harbour_session") ?? "";
      promote();
      world.clock.advance(age);
      await send(await notice([old.kid]));
      const before = world.issuer.requestsTo("/token");
      expect((await visitor.request(`${world.baseUrl}/`)).status).toBe(303);
      expect(world.issuer.requestsTo("/token")).toBe(before);
      const thief = world.visitor();
      thief.cookies(world.baseUrl).set("harbour_session", copy);
      expect((await thief.request(`${world.baseUrl}/`)).status).toBe(303);
    },
  );

  it("design 7: ends a session that only its ID token ties to the key", async () => {
    world.issuer.wrong.refreshWithoutIdToken = true;
    const visitor = await world.signedInVisitor();
    promote(old);
    world.clock.advance(250);
    expect((await visitor.request(`${world.baseUrl}/`)).text).toContain(next.kid);
    await send(await notice([old.kid]));
    expect((await visitor.request(`${world.baseUrl}/`)).status).toBe(303);
  });

  it("lets nobody sign in with tokens by the key", async () => {
    await send(await notice([old.kid]));
    expect((await world.visitor().visit(`${world.baseUrl}/`)).status).toBe(502);
    promote();
    expect((await world.visitor().visit(`${world.baseUrl}/`)).status).toBe(200);
  });

  it("signed by a thief before the real one: the report that follows sets the new key right", async () => {
    await world.close();
    await open({ asksForSightings: true });
    // The stolen key speaks first, and against its successor.
    const refusals = await send(await notice([next.kid], {}, {}, old));
    expect(refusals.refused).toHaveLength(1);
    await expect.poll(() => accepts(next)).toBe(true);
    // Then the provider revokes it, and its word by report is enough to end it here.
    promote();
    world.issuer.revoked = [old.kid];
    expect((await send(await notice([old.kid]))).refused).toHaveLength(1);
    await expect.poll(() => world.issuer.sightings.at(-1)?.refused).toHaveLength(1);
    expect(await accepts(old)).toBe(false);
    expect(await accepts(next)).toBe(true);
  });
});
