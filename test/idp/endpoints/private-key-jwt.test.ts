// Clients that prove who they are by a key of their own (RFC 7523 §2.2, OpenID Connect Core §9). The attacks
// are rows: an assertion that is right in every way but one.
import { randomBytes } from "node:crypto";
import {
  exportJWK,
  exportPKCS8,
  exportSPKI,
  type GenerateKeyPairResult,
  generateKeyPair,
  importPKCS8,
  SignJWT,
} from "jose";
import { beforeAll, describe, expect, it } from "vitest";
import { openTestDatabase, openTwoHandles } from "../../support/databases.ts";
import { aServer } from "../sending/a-server.ts";
import { issuer, type TestClient, type TokenWorld, tokenWorld } from "./support/token-world.ts";

const TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

let world: TokenWorld;
let keys: GenerateKeyPairResult;
let otherKeys: GenerateKeyPairResult;
let rsa: GenerateKeyPairResult;
let rsaForPss: Pick<GenerateKeyPairResult, "privateKey">;
let edwards: GenerateKeyPairResult;
let machine: TestClient;

beforeAll(async () => {
  world = await tokenWorld(await openTwoHandles());
  keys = await generateKeyPair("ES256", { extractable: true });
  otherKeys = await generateKeyPair("ES256", { extractable: true });
  rsa = await generateKeyPair("RS256", { extractable: true });
  rsaForPss = { privateKey: await importPKCS8(await exportPKCS8(rsa.privateKey), "PS256") };
  edwards = await generateKeyPair("EdDSA", { extractable: true });
  const jwks = {
    keys: [
      { ...(await exportJWK(keys.publicKey)), kid: "one", use: "sig" },
      { ...(await exportJWK(rsa.publicKey)), kid: "rsa" },
      { ...(await exportJWK(edwards.publicKey)), kid: "edwards" },
      // Its keys for other uses are nobody's business.
      { ...(await exportJWK(otherKeys.publicKey)), kid: "for-reading", use: "enc" },
      { kty: "future", kid: "unheard-of" },
    ],
  };
  machine = await aKeyClient("asserting", { jwks });
  await aKeyClient("pinned", { jwks, tokenEndpointAuthSigningAlg: "ES256" });
});

const aKeyClient = async (id: string, change: object) => {
  const client = await world.addClient(id, {
    tokenEndpointAuthMethod: "private_key_jwt",
    grantTypes: ["client_credentials"],
    ...change,
  });
  for (const { idp } of world.replicas) idp.clients.forget();
  return client;
};

interface Changed {
  claims?: Record<string, unknown>;
  header?: Record<string, unknown>;
  by?: GenerateKeyPairResult["privateKey"] | Uint8Array;
  client?: string;
}

/** An assertion that is right in every way but for what the test changes; undefined leaves a claim out. */
async function assertion({ claims = {}, header = {}, by, client = "asserting" }: Changed = {}) {
  const now = Math.floor(world.clock.now().getTime() / 1000);
  const all = {
    iss: client,
    sub: client,
    aud: issuer,
    jti: randomBytes(12).toString("hex"),
    iat: now,
    exp: now + 60,
    ...claims,
  };
  const present = Object.fromEntries(
    Object.entries(all).filter(([, value]) => value !== undefined),
  );
  return new SignJWT(present)
    .setProtectedHeader({ alg: "ES256", kid: "one", ...header })
    .sign(by ?? keys.privateKey);
}

const present = (client_assertion: string, more = {}, at = world.replicas[0]) => {
  const proof = { client_assertion_type: TYPE, client_assertion, ...more };
  return (at ?? world).post("/token", { grant_type: "client_credentials", ...proof });
};

const refused = (error = "invalid_client", status = 401) =>
  expect.objectContaining({ status, body: expect.objectContaining({ error }) });

describe("private_key_jwt", () => {
  it("proves who the client is, with client_id beside it or without", async () => {
    expect((await present(await assertion())).status).toBe(200);
    expect((await present(await assertion(), { client_id: "asserting" })).status).toBe(200);
  });

  it.each([
    ["RS256", () => ({ kid: "rsa", by: rsa })],
    ["PS256", () => ({ kid: "rsa", by: rsaForPss })],
    ["ES256", () => ({ kid: "one", by: keys })],
    ["EdDSA", () => ({ kid: "edwards", by: edwards })],
  ])("takes %s by a key that fits, and by no other", async (alg, key) => {
    const { kid, by } = key();
    const signed = (named: string) => assertion({ header: { alg, kid: named }, by: by.privateKey });
    expect((await present(await signed(kid))).status).toBe(200);
    for (const unfit of ["rsa", "one", "edwards"].filter((name) => name !== kid)) {
      expect(await present(await signed(unfit))).toEqual(refused());
    }
  });

  it("takes any typ of an assertion, and none; a kid, and none", async () => {
    for (const typ of ["JWT", "jwt", "client-authentication+jwt"]) {
      expect((await present(await assertion({ header: { typ } }))).status).toBe(200);
    }
    expect((await present(await assertion({ header: { kid: undefined } }))).status).toBe(200);
  });

  it.each([
    ["/introspection", 200, undefined],
    ["/revocation", 200, undefined],
    // Past the door these find fault with the request itself.
    ["/par", 400, "invalid_request"],
    ["/device_authorization", 400, "unauthorized_client"],
  ])("opens %s", async (path, status, error) => {
    const answer = await world.post(path, {
      token: "unknown",
      client_assertion_type: TYPE,
      client_assertion: await assertion(),
    });
    expect([answer.status, answer.body.error]).toEqual([status, error]);
  });

  it("opens /key-sightings, in JSON", async () => {
    const sighting = { instance: "one", kids: [] };
    const proof = { client_assertion_type: TYPE, client_assertion: await assertion() };
    const report = () =>
      fetch(`${world.origin}/key-sightings`, {
        method: "POST",
        body: JSON.stringify({ ...sighting, ...proof }),
        headers: { "Content-Type": "application/json" },
      });
    expect((await report()).status).toBe(200);
    expect((await report()).status).toBe(401);
  });
});

describe("C2: an assertion that is wrong in one way", () => {
  const seconds = (offset: number) => () => Math.floor(world.clock.now().getTime() / 1000) + offset;
  const cases: [string, () => Changed][] = [
    ["aud is the token endpoint", () => ({ claims: { aud: `${issuer}/token` } })],
    ["aud is a list", () => ({ claims: { aud: [issuer] } })],
    ["aud is a list with others", () => ({ claims: { aud: [issuer, "https://evil.example"] } })],
    ["aud has a slash too many", () => ({ claims: { aud: `${issuer}/` } })],
    ["aud is somebody else", () => ({ claims: { aud: "https://evil.example" } })],
    ["no aud", () => ({ claims: { aud: undefined } })],
    ["iss is another client", () => ({ claims: { iss: "bank" } })],
    ["no iss", () => ({ claims: { iss: undefined } })],
    ["no exp", () => ({ claims: { exp: undefined } })],
    ["exp is a text", () => ({ claims: { exp: "9999999999" } })],
    ["exp in milliseconds", () => ({ claims: { exp: seconds(60)() * 1000 } })],
    ["expired", () => ({ claims: { iat: seconds(-200)(), exp: seconds(-61)() } })],
    ["made to live over 300 seconds", () => ({ claims: { exp: seconds(301)() } })],
    [
      "made to live for long, without iat",
      () => ({ claims: { iat: undefined, exp: seconds(361)() } }),
    ],
    ["from the future", () => ({ claims: { iat: seconds(120)(), exp: seconds(180)() } })],
    ["not yet to be used", () => ({ claims: { nbf: seconds(120)() } })],
    ["no jti", () => ({ claims: { jti: undefined } })],
    ["an empty jti", () => ({ claims: { jti: "" } })],
    ["a jti that is a number", () => ({ claims: { jti: 7 } })],
    ["by another key of the same name", () => ({ by: otherKeys.privateKey })],
    [
      "by a key that is for reading",
      () => ({ by: otherKeys.privateKey, header: { kid: "for-reading" } }),
    ],
    ["a kid that is none", () => ({ header: { kid: "../../etc/passwd" } })],
    ["a type of another token", () => ({ header: { typ: "at+jwt" } })],
    ["crit that nobody knows", () => ({ header: { crit: ["x"], x: 1 } as never })],
  ];
  it.each(cases)("%s", async (_what, changed) => {
    const made = await assertion(changed()).catch(() => forged(changed()));
    expect(await present(made)).toEqual(refused());
  });

  /** What jose would not sign. */
  const forged = async ({ header }: Changed) => {
    const [, payload, signature] = (await assertion()).split(".");
    const text = JSON.stringify({ alg: "ES256", kid: "one", ...header });
    return [Buffer.from(text).toString("base64url"), payload, signature].join(".");
  };

  it("T1: alg none, or HS256 keyed with the public key", async () => {
    const none = await forged({ header: { alg: "none" } });
    for (const one of [none, none.replace(/\.[^.]*$/, ".")]) {
      expect(await present(one)).toEqual(refused());
    }
    for (const text of [
      await exportSPKI(rsa.publicKey),
      JSON.stringify(await exportJWK(rsa.publicKey)),
    ]) {
      const by = new TextEncoder().encode(text);
      const made = await assertion({ header: { alg: "HS256", kid: "rsa" }, by });
      expect(await present(made)).toEqual(refused());
    }
  });

  it("T2: keys that it brings along or points to are not looked at", async () => {
    const asked: string[] = [];
    const server = await aServer(async (request, response) => {
      asked.push(request.url ?? "");
      response.end(JSON.stringify({ keys: [await exportJWK(otherKeys.publicKey)] }));
    });
    const at = `http://127.0.0.1:${server.port}/keys`;
    const jwk = await exportJWK(otherKeys.publicKey);
    for (const header of [{ jwk }, { jku: at }, { x5u: at }, { jku: at, kid: undefined }]) {
      expect(await present(await assertion({ header, by: otherKeys.privateKey }))).toEqual(
        refused(),
      );
    }
    expect(asked).toEqual([]);
  });

  it("an algorithm that the client is not registered for", async () => {
    const byRsa = { client: "pinned", header: { alg: "RS256", kid: "rsa" }, by: rsa.privateKey };
    expect(await present(await assertion(byRsa))).toEqual(refused());
    expect((await present(await assertion({ client: "pinned" }))).status).toBe(200);
  });

  it("for another client than the one that is named, or than the one it is about", async () => {
    const named = { client_id: "pinned" };
    expect(await present(await assertion(), named)).toEqual(refused("invalid_request", 400));
    const about = await assertion({ claims: { sub: "pinned" } });
    expect(await present(about)).toEqual(refused());
    const nobody = { claims: { iss: "nobody", sub: "nobody" } };
    expect(await present(await assertion(nobody))).toEqual(refused());
  });

  it("C1: beside a secret or a header, without its type, or without itself", async () => {
    const made = await assertion();
    const invalid = refused("invalid_request", 400);
    expect(await present(made, { client_secret: "sgx_x" })).toEqual(invalid);
    expect(await present(made, { client_assertion_type: undefined })).toEqual(invalid);
    expect(await present(made, { client_assertion_type: `${TYPE}x` })).toEqual(invalid);
    expect(await present("", {})).toEqual(invalid);
    const twice = { client_assertion: [made, made] };
    expect(await present(made, twice)).toEqual(invalid);
    const header = { Authorization: "Basic YTpi" };
    const form = { grant_type: "client_credentials", client_assertion_type: TYPE };
    expect(await world.post("/token", { ...form, client_assertion: made }, header)).toEqual(
      invalid,
    );
    expect(await present(`${made.slice(0, 100)}${"A".repeat(9000)}`)).toEqual(invalid);
    // None of that has spent it.
    expect((await present(made)).status).toBe(200);
  });

  it("is refused again although it was right the first time, by either replica", async () => {
    const [here, there] = world.replicas;
    const made = await assertion();
    expect((await present(made, {}, here)).status).toBe(200);
    expect(await present(made, {}, there)).toEqual(refused());
    expect(await present(made, {}, here)).toEqual(refused());
    world.clock.advance(110);
    expect(await present(made, {}, there)).toEqual(refused());
  });

  it("counts once, of 50 at the same time over two replicas", async () => {
    const made = await assertion();
    const attempts = Array.from({ length: 50 }, (_, n) => present(made, {}, world.replicas[n % 2]));
    const statuses = (await Promise.all(attempts)).map(({ status }) => status);
    expect(statuses.filter((status) => status === 200)).toHaveLength(1);
    expect(statuses.filter((status) => status === 401)).toHaveLength(49);
  });

  it("jtis of one client do not take up another's", async () => {
    const jti = "the-same";
    expect((await present(await assertion({ claims: { jti } }))).status).toBe(200);
    expect((await present(await assertion({ client: "pinned", claims: { jti } }))).status).toBe(
      200,
    );
  });
});

describe("C1: one method for each client", () => {
  it("a client registered for its key cannot use a secret, nor go without", async () => {
    const secret = { grant_type: "client_credentials", client_id: machine.id };
    expect(await world.post("/token", { ...secret, client_secret: "sgx_x" })).toEqual(refused());
    expect(await world.post("/token", secret)).toEqual(refused());
  });

  it("names the registered method to whoever has proven to be the client, and to nobody else", async () => {
    const jwks = { keys: [await exportJWK(keys.publicKey)] };
    const client = await world.addClient("both", { grantTypes: ["client_credentials"], jwks });
    for (const { idp } of world.replicas) idp.clients.forget();
    const right = await present(await assertion({ client: client.id, header: { kid: undefined } }));
    expect(right.body.error_description).toContain("client_secret_basic");
    const wrong = { client: client.id, header: { kid: undefined }, by: otherKeys.privateKey };
    const told = (await present(await assertion(wrong))).body.error_description;
    expect(told).toBe("Client authentication failed");
  });

  it("records why, and never the assertion", async () => {
    const made = await assertion({ claims: { aud: "https://evil.example" } });
    await present(made);
    const events = await world.idp.audit.list({ limit: 500 });
    const event = events.find(({ reason }) => reason === "assertion wrong aud");
    expect(event).toMatchObject({
      kind: "client.authentication-failed",
      clientId: "asserting",
      reason: "assertion wrong aud",
    });
    expect(JSON.stringify(event)).not.toContain(made.slice(0, 20));
  });
});

describe("jwks_uri", () => {
  const aKeySet = async (first: unknown[]) => {
    const set = { keys: first, asked: 0, status: 200, body: undefined as string | undefined };
    const server = await aServer((_request, response) => {
      set.asked += 1;
      response.writeHead(set.status, { Location: "/elsewhere" });
      response.end(set.body ?? JSON.stringify({ keys: set.keys }));
    });
    return Object.assign(set, { uri: `http://127.0.0.1:${server.port}/jwks` });
  };
  const kidded = async (pair: GenerateKeyPairResult, kid: string) => ({
    ...(await exportJWK(pair.publicKey)),
    kid,
  });

  /** Another world, whose provider may call the loopback. */
  let calling: TokenWorld;
  beforeAll(async () => {
    calling = await tokenWorld([await openTestDatabase()], { OUTBOUND_ALLOW: "127.0.0.0/8" });
  });
  const ask = async (client: string, pair: GenerateKeyPairResult, kid: string) => {
    const now = Math.floor(calling.clock.now().getTime() / 1000);
    const made = await assertion({
      client,
      by: pair.privateKey,
      header: { kid },
      claims: { iat: now, exp: now + 60 },
    });
    return (await present(made, {}, calling.replicas[0])).status;
  };
  const register = async (id: string, jwksUri: string) => {
    const described = {
      tokenEndpointAuthMethod: "private_key_jwt",
      grantTypes: ["client_credentials"],
    } as const;
    await calling.addClient(id, { ...described, jwksUri });
    calling.idp.clients.forget();
  };

  it("is asked once for many assertions, and at once for a key that is new", async () => {
    const set = await aKeySet([await kidded(keys, "one")]);
    await register("rotating", set.uri);
    for (let n = 0; n < 5; n += 1) expect(await ask("rotating", keys, "one")).toBe(200);
    expect(set.asked).toBe(1);
    // The client moves on to another key.
    set.keys = [await kidded(otherKeys, "two")];
    calling.clock.advance(5);
    expect(await ask("rotating", otherKeys, "two")).toBe(200);
    expect(set.asked).toBe(2);
    // And the former one is over.
    expect(await ask("rotating", keys, "one")).toBe(401);
  });

  it("is not asked more than once in five seconds, however many keys are made up", async () => {
    const set = await aKeySet([await kidded(keys, "one")]);
    await register("flooded", set.uri);
    await Promise.all(
      Array.from({ length: 20 }, (_, n) => ask("flooded", otherKeys, `made-up-${n}`)),
    );
    expect(set.asked).toBe(1);
    expect(await ask("flooded", keys, "one")).toBe(200);
    calling.clock.advance(5);
    await ask("flooded", otherKeys, "another");
    expect(set.asked).toBe(2);
  });

  it("that fails leaves the last good keys, for a day", async () => {
    const set = await aKeySet([await kidded(keys, "one")]);
    await register("away", set.uri);
    expect(await ask("away", keys, "one")).toBe(200);
    for (const [status, body] of [
      [500, undefined],
      [302, undefined],
      [200, "<html>"],
      [200, "x".repeat(70_000)],
    ] as const) {
      Object.assign(set, { status, body });
      calling.clock.advance(700);
      expect(await ask("away", keys, "one")).toBe(200);
    }
    calling.clock.advance(86_400);
    expect(await ask("away", keys, "one")).toBe(401);
  });

  it("F2: is not called where it is not public", async () => {
    const set = await aKeySet([await kidded(keys, "one")]);
    const { jwks: _, ...described } = { jwks: null, jwksUri: set.uri };
    await aKeyClient("inside", described);
    const made = await assertion({ client: "inside" });
    expect(await present(made)).toEqual(refused());
    expect(set.asked).toBe(0);
  });
});

describe("ASSERTION_AUDIENCE=issuer-or-token-endpoint", () => {
  it("takes the token endpoint's URL as well, still never a list, and is told as a weakening", async () => {
    const weaker = await tokenWorld([await openTestDatabase()], {
      ASSERTION_AUDIENCE: "issuer-or-token-endpoint",
    });
    const jwks = { keys: [{ ...(await exportJWK(keys.publicKey)), kid: "one" }] };
    await weaker.addClient("asserting", {
      tokenEndpointAuthMethod: "private_key_jwt",
      grantTypes: ["client_credentials"],
      jwks,
    });
    weaker.idp.clients.forget();
    const now = Math.floor(weaker.clock.now().getTime() / 1000);
    const said = async (aud: string | string[]) =>
      (
        await present(
          await assertion({ claims: { aud, iat: now, exp: now + 60 } }),
          {},
          weaker.replicas[0],
        )
      ).status;
    expect(await said(`${issuer}/token`)).toBe(200);
    expect(await said(issuer)).toBe(200);
    expect(await said(`${issuer}/introspection`)).toBe(401);
    expect(await said([issuer, `${issuer}/token`])).toBe(401);
  });
});
