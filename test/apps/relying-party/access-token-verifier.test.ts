import { createPublicKey } from "node:crypto";
import { SignJWT } from "jose";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { aSite, type SiteWorld } from "./support/a-site.ts";
import { aSigningKey } from "./support/an-issuer.ts";
import { compact, hmac, rsa, unsigned } from "./support/forge.ts";

describe("verifying an access token at a site alone (RFC 9068 §4, RFC 8725)", () => {
  let world: SiteWorld;
  beforeAll(async () => {
    world = await aSite();
  });
  afterAll(() => world.close());

  const claims = (changes: object = {}) => {
    const now = Math.floor(world.clock.now().getTime() / 1000);
    const iss = world.issuer.issuer;
    const aud = `${world.baseUrl}/api`;
    const rest = { client_id: "c", jti: "j", scope: "accounts:read", iat: now, exp: now + 300 };
    return { iss, sub: "s", aud, ...rest, ...changes };
  };
  const header = (changes: object = {}) => ({
    alg: "RS256",
    typ: "at+jwt",
    kid: world.issuer.key.kid,
    ...changes,
  });
  const signed = (payload: object | string, headerChanges: object = {}) =>
    compact(header(headerChanges), payload, rsa(world.issuer.key));
  const status = async (token: string) => (await world.api(token)).status;
  const publicKey = () => createPublicKey({ key: world.issuer.key.jwk, format: "jwk" });

  it("accepts what the issuer signed for this site", async () => {
    const page = await world.api(signed(claims()));
    expect(page.status).toBe(200);
    expect(JSON.parse(page.text)).toEqual({ sub: "s" });
  });

  it.each(["none", "nOnE", "NONE"])("T1: refuses alg %s", async (alg) => {
    expect(await status(compact(header({ alg }), claims(), unsigned))).toBe(401);
  });

  it("T1: refuses RS256 with an empty signature", async () => {
    expect(await status(compact(header(), claims(), unsigned))).toBe(401);
  });

  it("T1: refuses HS256 keyed with any spelling of the public key", async () => {
    const pem = publicKey().export({ type: "spki", format: "pem" }).toString();
    const der = publicKey().export({ type: "spki", format: "der" });
    for (const secret of [pem, ` ${pem}`, pem.trim(), der, JSON.stringify(world.issuer.key.jwk)]) {
      expect(await status(compact(header({ alg: "HS256" }), claims(), hmac(secret)))).toBe(401);
    }
  });

  it("T1: refuses PS256 and RS384 by the very same key", async () => {
    const { key } = world.issuer;
    const ps256 = compact(header({ alg: "PS256" }), claims(), rsa(key, "sha256", true));
    const rs384 = compact(header({ alg: "RS384" }), claims(), rsa(key, "sha384"));
    expect(await status(ps256)).toBe(401);
    expect(await status(rs384)).toBe(401);
  });

  it("T2: a header never brings a key, and no request leaves for one", async () => {
    const attacker = await aSigningKey();
    const foreign = `http://id.localhost:1/keys`;
    const before = world.issuer.requests.length;
    for (const extra of [
      { jwk: attacker.jwk },
      { jku: foreign },
      { x5u: foreign },
      { x5c: ["MIIB"] },
      { crit: ["exp"] },
      { b64: false, crit: ["b64"] },
      { zip: "DEF" },
    ]) {
      expect(await status(compact(header(extra), claims(), rsa(attacker)))).toBe(401);
      // Not even when the right key signed it.
      expect(await status(signed(claims(), extra))).toBe(401);
    }
    expect(world.issuer.requests.length).toBe(before);
  });

  it("T2: kid is looked up and nothing else", async () => {
    const hostile = [
      "../../etc/passwd",
      "' OR 1=1 --",
      "http://id.localhost:1/",
      "__proto__",
      "toString",
    ];
    for (const kid of hostile) expect(await status(signed(claims(), { kid }))).toBe(401);
    for (const kid of [undefined, null, 7, ["a"], {}, ""]) {
      expect(await status(signed(claims(), { kid }))).toBe(401);
    }
  });

  it.each([
    "JWT",
    "logout+jwt",
    "at+JWT ",
    undefined,
    "application/at+jwt",
    "key-notice+jwt",
    "statuslist+jwt",
  ])("T3: refuses typ %s", async (typ) => {
    expect(await status(signed(claims(), { typ }))).toBe(401);
  });

  it("T4: refuses a token for another site, for several sites, and by another issuer", async () => {
    const other = "http://retirement.localhost:4002/api";
    expect(await status(signed(claims({ aud: other })))).toBe(401);
    expect(await status(signed(claims({ aud: [`${world.baseUrl}/api`, other] })))).toBe(401);
    expect(await status(signed(claims({ aud: `${world.baseUrl}/API` })))).toBe(401);
    expect(await status(signed(claims({ iss: `${world.issuer.issuer}/` })))).toBe(401);
  });

  it.each(["iss", "sub", "aud", "exp", "iat", "client_id", "jti"])(
    "T4, T5: refuses a token whose %s is missing or of another type",
    async (name) => {
      expect(await status(signed(claims({ [name]: undefined })))).toBe(401);
      for (const value of [null, "", [], {}, true, -1, 1.5, ["x"]]) {
        expect(await status(signed(claims({ [name]: value })))).toBe(401);
      }
    },
  );

  it("T5: refuses times in milliseconds, in lists and beyond all numbers", async () => {
    const { exp, iat } = claims();
    for (const changes of [
      { exp: exp * 1000 },
      { iat: iat * 1000 },
      { exp: [exp] },
      { nbf: "0" },
    ]) {
      expect(await status(signed(claims(changes)))).toBe(401);
    }
    const text = JSON.stringify(claims());
    expect(await status(signed(text.replace(`"exp":${exp}`, '"exp":1e400')))).toBe(401);
    expect(await status(signed(text.replace(`"iat":${iat}`, '"iat":-1e400')))).toBe(401);
  });

  it("T5: refuses a payload that is not one JSON object", async () => {
    for (const text of ["[]", '"text"', "null", "{", "{}{}"]) {
      expect(await status(signed(text))).toBe(401);
    }
  });

  it("T10: refuses a truncated, padded, re-encoded or concatenated token", async () => {
    const token = signed(claims());
    const [head = "", body = "", signature = ""] = token.split(".");
    const last = signature.at(-1) ?? "";
    // The last character carries unused bits: another letter decodes to the same signature.
    const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    const sameBits = alphabet[alphabet.indexOf(last) + 1];
    const base64 = Buffer.from(signature, "base64url").toString("base64");
    for (const wrong of [
      token.slice(0, -1),
      `${token}A`,
      `${token}=`,
      `${token}==`,
      `${token}.`,
      `.${token}`,
      `${token}.${signature}`,
      token + token,
      `${head}=.${body}.${signature}`,
      `${head}.${body}.${signature.slice(0, -1)}${sameBits}`,
      `${head}.${body}.${base64}`,
      `${head}..${signature}`,
      JSON.stringify({ protected: head, payload: body, signature }),
    ]) {
      expect(await status(wrong), wrong.slice(-30)).toBe(401);
    }
    expect(await status(token)).toBe(200);
  });

  it("T10: two people never share a remembered verification", async () => {
    const alice = signed(claims({ sub: "alice" }));
    const bruno = signed(claims({ sub: "bruno" }));
    const mixed = `${bruno.split(".").slice(0, 2).join(".")}.${alice.split(".")[2]}`;
    for (let round = 0; round < 3; round += 1) {
      expect(JSON.parse((await world.api(alice)).text)).toEqual({ sub: "alice" });
      expect(JSON.parse((await world.api(bruno)).text)).toEqual({ sub: "bruno" });
      expect(await status(mixed)).toBe(401);
    }
  });

  it("expiry is exact, remembered or not; a clock a minute behind the issuer's is forgiven", async () => {
    const token = signed(claims());
    expect(await status(token)).toBe(200);
    world.clock.advance(299);
    expect(await status(token)).toBe(200);
    world.clock.advance(1);
    expect(await status(token)).toBe(401);
    const { iat, exp } = claims();
    expect(await status(signed(claims({ iat: iat + 60, exp: exp + 60 })))).toBe(200);
    expect(await status(signed(claims({ iat: iat + 61, exp: exp + 61 })))).toBe(401);
    expect(await status(signed(claims({ nbf: iat + 61 })))).toBe(401);
  });

  it("a distrusted key is refused at once, remembered tokens included, also after a restart", async () => {
    const own = await aSite();
    try {
      const token = await own.token();
      expect((await own.api(token)).status).toBe(200);
      await own.site.relyingParty.distrust(own.issuer.key.kid);
      expect((await own.api(token)).status).toBe(401);
      await own.restart();
      expect((await own.api(token)).status).toBe(401);
    } finally {
      await own.close();
    }
  });

  it("a token by somebody else's key under the issuer's kid is refused", async () => {
    const attacker = await aSigningKey();
    const token = await new SignJWT(claims())
      .setProtectedHeader(header())
      .sign(attacker.privateKey);
    expect(await status(token)).toBe(401);
  });
});
