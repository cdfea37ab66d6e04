import { createHmac, generateKeyPairSync, sign } from "node:crypto";
import { decodeJwt, decodeProtectedHeader, exportSPKI, jwtVerify } from "jose";
import { beforeAll, describe, expect, it } from "vitest";
import { OAuthError } from "../../../idp/protocol/oauth-error.ts";
import {
  aTokenWorld,
  BANK,
  EVERGREEN,
  encode,
  ISSUER,
  signWith,
  type TokenWorld,
  TTL_SECONDS,
} from "./a-token-world.ts";

let world: TokenWorld;
let good: string;
let goodClaims: Record<string, unknown>;

const request = {
  grant: { id: "grant-0123456789abcdef", statusNumber: 7 },
  subject: "account-0123456789abcdef",
  clientId: "harbour-bank",
  audience: BANK,
  scopes: ["accounts:read", "transfers:write"],
  authenticatedAt: new Date("2026-03-01T11:59:00.500Z"),
  acr: "pwd",
  amr: ["pwd"],
};

beforeAll(async () => {
  world = await aTokenWorld();
  good = (await world.access.mint(request, world.clock.now())).token;
  goodClaims = decodeJwt(good);
});

const now = () => world.clock.now();
const seconds = () => now().getTime() / 1000;
const verify = (token: string, audience = BANK) => world.access.verify(token, audience, now());

async function expectRefused(token: string, audience = BANK): Promise<void> {
  const refusal = await verify(token, audience).catch((error: unknown) => error);
  expect(refusal).toBeInstanceOf(OAuthError);
  expect(refusal).toMatchObject({ code: "invalid_token" });
}

describe("an access token (RFC 9068)", () => {
  it("T4: carries what RFC 9068 §2.2 requires, and nothing about the person", () => {
    expect(decodeProtectedHeader(good)).toEqual({ alg: "RS256", typ: "at+jwt", kid: world.kid });
    expect(goodClaims).toEqual({
      iss: ISSUER,
      sub: request.subject,
      aud: BANK,
      client_id: "harbour-bank",
      iat: seconds(),
      exp: seconds() + TTL_SECONDS,
      jti: expect.stringMatching(/^[\w-]{22}$/),
      grant_id: request.grant.id,
      status: { status_list: { idx: 7, uri: `${ISSUER}/status-lists/0` } },
      scope: "accounts:read transfers:write",
      auth_time: Date.parse("2026-03-01T11:59:00Z") / 1000,
      acr: "pwd",
      amr: ["pwd"],
    });
  });

  it("is at most 1 KiB at the two sites", () => {
    expect(good.length).toBeLessThanOrEqual(1024);
  });

  it("says how long it lives, and never has the same name twice", async () => {
    const issued = await world.access.mint(request, now());
    expect(issued.expiresInSeconds).toBe(TTL_SECONDS);
    expect(decodeJwt(issued.token).jti).not.toBe(goodClaims.jti);
  });

  it("says nothing of an authentication where nobody authenticated", async () => {
    const { token } = await world.access.mint(
      {
        grant: { id: "g", statusNumber: 7 },
        subject: "machine",
        clientId: "machine",
        audience: BANK,
        scopes: [],
      },
      now(),
    );
    expect(Object.keys(decodeJwt(token)).sort()).toEqual(
      ["aud", "client_id", "exp", "grant_id", "iat", "iss", "jti", "status", "sub"].sort(),
    );
    expect((await verify(token)).scope).toBe("");
  });

  it("is verified by a plain jose verifier as well", async () => {
    await jwtVerify(good, world.publicKey, {
      issuer: ISSUER,
      audience: BANK,
      typ: "at+jwt",
      algorithms: ["RS256"],
      currentDate: now(),
    });
  });
});

describe("the verifier of access tokens", () => {
  it("accepts a good one and hands on its claims", async () => {
    expect(await verify(good)).toEqual(goodClaims);
    // So is what the hostile ones below are made from, before it is made hostile.
    expect(await verify(await world.signed(goodClaims))).toEqual(goodClaims);
  });

  it("T4: refuses a bank token for Evergreen, and one for a site at the issuer", async () => {
    await expectRefused(good, EVERGREEN);
    await expectRefused(good, ISSUER);
  });

  it("Z9: ends it exactly at its expiry", async () => {
    const at = (seconds: number) => new Date(seconds * 1000);
    const exp = Number(goodClaims.exp);
    await expect(world.access.verify(good, BANK, at(exp - 0.001))).resolves.toBeDefined();
    await expect(world.access.verify(good, BANK, at(exp))).rejects.toThrow(/expired/);
  });

  it("Z9: allows another replica's clock 60 s for iat, and not more", async () => {
    const issued = (iat: number) => world.signed({ ...goodClaims, iat, exp: iat + 300 });
    await expect(verify(await issued(seconds() + 60))).resolves.toBeDefined();
    await expectRefused(await issued(seconds() + 61));
    const notBefore = (nbf: number) => world.signed({ ...goodClaims, nbf });
    await expect(verify(await notBefore(seconds() + 60))).resolves.toBeDefined();
    await expectRefused(await notBefore(seconds() + 61));
  });

  it("T3: takes no token of another type", async () => {
    const { signed } = world;
    for (const typ of ["JWT", "jwt", "logout+jwt", "statuslist+jwt", "AT+JWT", "at+jwt ", ""]) {
      await expectRefused(await signed(goodClaims, { typ }));
    }
    await expectRefused(await signed(goodClaims, { typ: undefined }));
    await expectRefused(
      await world.id.mint(
        {
          ...request,
          accessToken: good,
          claims: { client_id: "harbour-bank", grant_id: "g", jti: "j" },
        },
        now(),
      ),
    );
  });
});

describe("T1: the algorithm is pinned", () => {
  it.each(["none", "None", "NONE", "nOnE", ""])(
    "alg %j with no signature is refused",
    async (alg) => {
      const unsigned = `${encode({ alg, kid: world.kid, typ: "at+jwt" })}.${encode(goodClaims)}`;
      const [, , signature = ""] = good.split(".");
      await expectRefused(`${unsigned}.`);
      await expectRefused(unsigned);
      await expectRefused(`${unsigned}.${signature}`);
    },
  );

  it("an empty signature is refused", async () => {
    await expectRefused(`${good.split(".").slice(0, 2).join(".")}.`);
  });

  it("HS256 keyed with the public key in any form is refused", async () => {
    const pem = await exportSPKI(world.publicKey);
    const der = Buffer.from(pem.replace(/-----.*-----|\s/g, ""), "base64");
    const jwk = JSON.stringify(world.jwk);
    for (const key of [
      pem,
      pem.trim(),
      ` ${pem}`,
      `${pem}\n`,
      der,
      jwk,
      ` ${jwk}`,
      world.jwk.n ?? "",
    ]) {
      const input = `${encode({ alg: "HS256", kid: world.kid, typ: "at+jwt" })}.${encode(goodClaims)}`;
      const mac = createHmac("sha256", key).update(input).digest("base64url");
      await expectRefused(`${input}.${mac}`);
    }
  });

  it.each([
    ["PS256", "RSA-PSS", "SHA-256"],
    ["RS384", "RSASSA-PKCS1-v1_5", "SHA-384"],
    ["RS512", "RSASSA-PKCS1-v1_5", "SHA-512"],
  ])("%s, truly signed with the very same key, is refused", async (alg, name, hash) => {
    const sameKey = await world.privateKeyFor(name, hash);
    await expectRefused(
      await signWith(sameKey, goodClaims, { alg, kid: world.kid, typ: "at+jwt" }),
    );
  });

  it("a signature by another key under our kid is refused", async () => {
    const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
    const input = `${encode({ alg: "RS256", kid: world.kid, typ: "at+jwt" })}.${encode(goodClaims)}`;
    const signature = sign("sha256", Buffer.from(input), privateKey).toString("base64url");
    await expectRefused(`${input}.${signature}`);
  });
});

describe("T2: nothing in a header is obeyed", () => {
  it.each([
    ["jku", { jku: "https://evil.test/jwks" }],
    ["x5u", { x5u: "https://evil.test/chain.pem" }],
    ["x5c", { x5c: ["MIIB"] }],
    ["x5t", { x5t: "thumbprint" }],
    ["unknown crit", { crit: ["exp-or-not"], "exp-or-not": true }],
    ["zip", { zip: "DEF" }],
    ["cty", { cty: "JWT" }],
    ["an unknown member", { whatever: 1 }],
  ])("%s, truly signed with our key, is refused", async (_, header) => {
    await expectRefused(await world.signed(goodClaims, header));
  });

  it("jwk is refused, truly signed by the key it brings or by ours", async () => {
    await expectRefused(await world.signed(goodClaims, { jwk: world.jwk }));
    const own = generateKeyPairSync("rsa", { modulusLength: 2048 });
    const jwk = own.publicKey.export({ format: "jwk" });
    for (const kid of [world.kid, "mine", undefined]) {
      const input = `${encode({ alg: "RS256", kid, typ: "at+jwt", jwk })}.${encode(goodClaims)}`;
      const signature = sign("sha256", Buffer.from(input), own.privateKey).toString("base64url");
      await expectRefused(`${input}.${signature}`);
    }
  });

  it("b64:false is refused", async () => {
    await expectRefused(await world.signed(goodClaims, { b64: true, crit: ["b64"] }));
    const header = encode({
      alg: "RS256",
      kid: world.kid,
      typ: "at+jwt",
      b64: false,
      crit: ["b64"],
    });
    const [, , signature = ""] = good.split(".");
    await expectRefused(`${header}.${encode(goodClaims)}.${signature}`);
  });

  it.each([
    "../../../../dev/null",
    "/proc/self/environ",
    "' OR '1'='1",
    'key-1\'; DROP TABLE "SigningKey"; --',
    "https://evil.test/key",
    "__proto__",
    "constructor",
    "toString",
    "",
    "\u0000",
  ])("kid %j names no key", async (kid) => {
    await expectRefused(await world.signed(goodClaims, { kid }));
  });

  it.each([undefined, null, 7, ["kid"], { toString: "kid" }])("kid %j is none", async (kid) => {
    const header = encode({ alg: "RS256", kid, typ: "at+jwt" });
    const [, payload, signature] = good.split(".");
    await expectRefused(`${header}.${payload}.${signature}`);
  });
});

describe("T5: a missing or ill-typed claim is a refusal", () => {
  const required = ["iss", "sub", "aud", "client_id", "iat", "exp", "jti", "grant_id"];

  it.each(required)("without %s", async (name) => {
    const { [name]: _, ...rest } = goodClaims;
    await expectRefused(await world.signed(rest));
  });

  it.each(required)("with %s of a wrong kind", async (name) => {
    for (const value of [null, true, {}, [], [goodClaims[name]], "", Number.NaN]) {
      await expectRefused(await world.signed({ ...goodClaims, [name]: value }));
    }
  });

  it.each(["exp", "iat", "auth_time"])(
    "with %s as text, milliseconds, negative or a fraction",
    async (name) => {
      const value = Number(goodClaims[name]);
      for (const wrong of [String(value), value * 1000, -value, 0, value + 0.5, "1e400"]) {
        await expectRefused(await world.signed({ ...goodClaims, [name]: wrong }));
      }
    },
  );

  it("with an exp that no number can hold", async () => {
    const text = JSON.stringify(goodClaims).replace(/"exp":\d+/, '"exp":1e400');
    expect(text).toContain("1e400");
    await expectRefused(await world.signed(text));
  });

  it.each([
    ["iss with a slash more", { iss: `${ISSUER}/` }],
    ["another iss", { iss: "https://evil.test" }],
    ["aud as a list that holds the right one", { aud: [BANK] }],
    ["aud as a list of two", { aud: [BANK, EVERGREEN] }],
    ["aud with a slash more", { aud: `${BANK}/` }],
    ["aud in another case", { aud: BANK.toUpperCase() }],
    ["scope as a list", { scope: ["accounts:read"] }],
    ["amr as text", { amr: "pwd" }],
  ])("%s", async (_, claims) => {
    await expectRefused(await world.signed({ ...goodClaims, ...claims }));
  });

  it.each(["null", "[]", '"text"', "7", "", "{", "{}", "\u0000"])(
    "a payload that is %j",
    async (payload) => {
      await expectRefused(await world.signed(payload));
    },
  );

  it("a payload that is no UTF-8", async () => {
    const bytes = Buffer.concat([Buffer.from('{"sub":"'), Buffer.from([0xff]), Buffer.from('"}')]);
    const input = `${good.split(".")[0]}.${bytes.toString("base64url")}`;
    const signature = await crypto.subtle.sign(
      "RSASSA-PKCS1-v1_5",
      world.privateKey,
      Buffer.from(input),
    );
    await expectRefused(`${input}.${Buffer.from(signature).toString("base64url")}`);
  });
});

describe("T10: a token has one text", () => {
  const changes: readonly [string, (token: string) => string][] = [
    ["cut by one", (token) => token.slice(0, -1)],
    ["longer by one", (token) => `${token}A`],
    ["cut in the middle", (token) => token.slice(0, token.length / 2)],
    ["padded", (token) => `${token}=`],
    ["padded twice", (token) => `${token}==`],
    ["after a space", (token) => ` ${token}`],
    ["before a new line", (token) => `${token}\n`],
    ["before a NUL", (token) => `${token}\u0000`],
    ["in the other base64", (token) => token.replaceAll("-", "+").replaceAll("_", "/")],
    ["with percent signs", (token) => encodeURIComponent(token).replaceAll(".", "%2E")],
    ["twice", (token) => token + token],
    ["twice, with a dot", (token) => `${token}.${token}`],
    ["with a fourth part", (token) => `${token}.`],
    ["as five parts (JWE)", (token) => `${token}.e30.e30`],
    ["with a space in its payload", (token) => token.replace(".", ". ")],
    ["as JSON", (token) => JSON.stringify(token)],
    [
      "as flattened JSON (RFC 7515 §7.2.2)",
      (token) => {
        const [header, payload, signature] = token.split(".");
        return JSON.stringify({ protected: header, payload, signature });
      },
    ],
    ["empty", () => ""],
    ["dots", () => ".."],
    ["9 KiB", (token) => token + "A".repeat(9 * 1024)],
  ];

  it.each(changes)("%s it is refused", async (_, change) => {
    const changed = change(good);
    // A token without - and _ reads the same in either base64.
    if (changed !== good) await expectRefused(changed);
    expect(await world.access.identify(changed === good ? "" : changed)).toBeUndefined();
  });

  it("with the spare bits of its signature set it is refused", async () => {
    // 256 bytes leave four spare bits in the last character: another text, the same bytes.
    const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    const last = alphabet.indexOf(good.slice(-1));
    const twin = good.slice(0, -1) + alphabet.charAt(last ^ 1);
    const bytes = (token: string) => Buffer.from(token.split(".")[2] ?? "", "base64url");
    expect(bytes(twin)).toEqual(bytes(good));
    await expectRefused(twin);
  });

  it("with any one character changed it is refused", async () => {
    for (let at = 0; at < good.length; at += 17) {
      const other = good.charAt(at) === "A" ? "B" : "A";
      await expectRefused(good.slice(0, at) + other + good.slice(at + 1));
    }
  });
});

describe("identifying an access token (for RFC 7009)", () => {
  it("knows our own, whatever its audience and after its expiry", async () => {
    const { token } = await world.access.mint(
      { ...request, audience: EVERGREEN },
      new Date(0 + 1e12),
    );
    expect(await world.access.identify(token)).toMatchObject({
      client_id: "harbour-bank",
      grant_id: request.grant.id,
    });
  });

  it("knows no ID token, no token of another issuer, and no other text", async () => {
    expect(
      await world.access.identify(await world.signed(goodClaims, { typ: "JWT" })),
    ).toBeUndefined();
    const foreign = await world.signed({ ...goodClaims, iss: "https://evil.test" });
    expect(await world.access.identify(foreign)).toBeUndefined();
    expect(await world.access.identify("sgr_not-a-jwt")).toBeUndefined();
  });
});
