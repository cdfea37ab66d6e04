import { createPublicKey } from "node:crypto";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { aSiteWithTwoKeys, NOTICE, type SiteWithTwoKeys } from "./support/a-site-with-two-keys.ts";
import { CLIENT } from "./support/an-issuer.ts";
import { compact, hmac, rsa, unsigned } from "./support/forge.ts";

const FORM = { "content-type": "application/x-www-form-urlencoded" };

describe("what a key event is refused for, whoever sends it", () => {
  let site: SiteWithTwoKeys;
  beforeAll(async () => {
    site = await aSiteWithTwoKeys();
  });
  afterAll(() => site.close());
  afterEach(() => site.expectNothingChanged());

  const refused = { status: 400, error: "invalid_token" };
  const seconds = () => Math.floor(site.clock.now().getTime() / 1000);
  const claims = (changes = {}) => ({
    iss: site.issuer.issuer,
    aud: CLIENT.clientId,
    iat: seconds(),
    exp: seconds() + 60,
    jti: "one",
    revoked: [site.old.kid],
    ...changes,
  });
  const header = (changes = {}) => ({ alg: "RS256", kid: site.next.kid, typ: NOTICE, ...changes });

  it("K4: a notice by the very key that it names, or by one that is not published", async () => {
    expect(await site.send(await site.notice([site.old.kid], {}, {}, site.old))).toEqual(refused);
    expect(await site.send(await site.notice(["other", site.old.kid], {}, {}, site.old))).toEqual(
      refused,
    );
    expect(await site.send(await site.notice([site.old.kid], {}, {}, site.unpublished))).toEqual(
      refused,
    );
    // Under a name that is published, too.
    expect(
      await site.send(
        await site.notice([site.old.kid], {}, { kid: site.next.kid }, site.unpublished),
      ),
    ).toEqual(refused);
  });

  it("T4: a notice for another client, for several, or by another issuer", async () => {
    for (const changes of [
      { aud: "evergreen-retirement" },
      { aud: [CLIENT.clientId] },
      { aud: [CLIENT.clientId, "evergreen-retirement"] },
      { aud: `${site.baseUrl}/api` },
      { aud: undefined },
      { iss: "https://evil.example" },
      { iss: `${site.issuer.issuer}/` },
      { iss: undefined },
    ]) {
      expect(
        await site.send(await site.notice([site.old.kid], changes)),
        JSON.stringify(changes),
      ).toEqual(refused);
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
      expect(
        await site.send(await site.notice([site.old.kid], changes)),
        JSON.stringify(changes),
      ).toEqual(refused);
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
    const token = compact(header({ typ }), claims(), rsa(site.next));
    expect(await site.send(token)).toEqual(refused);
  });

  it("T1: alg none, HS256 keyed with the public key, and algorithms that are not the site's", async () => {
    const pem = createPublicKey({ key: site.next.jwk, format: "jwk" })
      .export({ type: "spki", format: "pem" })
      .toString();
    for (const alg of ["none", "None", "NONE"]) {
      expect(await site.send(compact(header({ alg }), claims(), () => Buffer.from("x")))).toEqual(
        refused,
      );
    }
    expect(await site.send(compact(header({ alg: "HS256" }), claims(), hmac(pem)))).toEqual(
      refused,
    );
    expect(
      await site.send(compact(header({ alg: "PS256" }), claims(), rsa(site.next, "sha256", true))),
    ).toEqual(refused);
    expect(
      await site.send(compact(header({ alg: "RS384" }), claims(), rsa(site.next, "sha384"))),
    ).toEqual(refused);
    // An empty part is not a token at all.
    expect((await site.send(compact(header(), claims(), unsigned))).error).toBe("invalid_request");
  });

  it("T2: a header that brings a key, or asks for more, even by the right key; nothing is fetched", async () => {
    const requests = site.issuer.requests.length;
    const foreign = "http://id.localhost:1/keys";
    for (const extra of [
      { jwk: site.unpublished.jwk },
      { jwk: site.next.jwk },
      { jku: foreign },
      { x5u: foreign },
      { x5c: ["MIIB"] },
      { crit: ["exp"] },
      { b64: false, crit: ["b64"] },
      { zip: "DEF" },
      { cty: "JWT" },
    ]) {
      expect(await site.send(compact(header(extra), claims(), rsa(site.next)))).toEqual(refused);
      expect(await site.send(compact(header(extra), claims(), rsa(site.unpublished)))).toEqual(
        refused,
      );
    }
    expect(site.issuer.requests.length).toBe(requests);
  });

  it("T10: a token with one character more, less or spelled otherwise", async () => {
    const token = await site.notice([site.old.kid]);
    const [head, body, signature] = token.split(".");
    for (const wrong of [
      `${token}=`,
      `${token}.`,
      `.${token}`,
      `${token}.${signature}`,
      `${head}..`,
    ]) {
      expect((await site.send(wrong)).status).toBe(400);
    }
    expect(await site.send(`${head}.${body}.${signature?.slice(4)}`)).toEqual(refused);
  });

  it("an access token, an ID token, a logout token: what is for another door opens none here", async () => {
    const access = await site.token();
    expect(await site.send(access)).toEqual(refused);
    // Signed by the right key and named for this very site, with a list of keys in it.
    for (const typ of ["at+jwt", "JWT", "logout+jwt"]) {
      expect(
        await site.send(
          await site.issuer.keyEvent(typ, { revoked: [site.old.kid], sub: "s" }, {}, site.next),
        ),
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
    expect(await site.send(await site.notice(revoked))).toEqual(refused);
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
    const answer = await fetch(`http://127.0.0.1:${site.site.port}/key-events`, {
      method: "POST",
      headers,
      body,
    });
    expect(answer.status).toBe(status);
    expect(await answer.json()).toEqual({ error: "invalid_request" });
  });

  it("H1: any method but POST, and answers that nobody keeps and no other origin may read", async () => {
    const visitor = site.visitor();
    for (const method of ["GET", "PUT", "DELETE"]) {
      const page = await visitor.request(`${site.baseUrl}/key-events`, { method });
      expect(page.status).toBe(405);
      expect(page.headers.get("content-type")).toContain("application/json");
    }
    const headers = { origin: "https://evil.example" };
    for (const token of [await site.probe(), "x"]) {
      const page = await visitor.request(`${site.baseUrl}/key-events`, {
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
    const token = await site.notice([site.old.kid], { aud: "another" });
    await site.send(token);
    for (const part of token.split(".").slice(1)) expect(site.logged()).not.toContain(part);
  });
});
