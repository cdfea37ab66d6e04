// Somebody who would be another client, at every door that asks which client it is (C1, C2): with its id and
// a secret of one's own, in two ways at once, by a weaker way than it is registered for, or by no way at all.
import { generateKeyPairSync, type KeyObject, randomBytes } from "node:crypto";
import { exportJWK, SignJWT } from "jose";
import { beforeAll, describe, expect, it } from "vitest";
import { API, aClient, aResource, parametersFor } from "../idp/endpoints/authorize/arranging.ts";
import { aVisitor } from "../support/a-visitor.ts";
import { anIdp, type TestIdp } from "../support/an-idp.ts";

const DEVICE = "urn:ietf:params:oauth:grant-type:device_code";
const ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

let idp: TestIdp;
let victim: { id: string; secret: string };
let attacker: { id: string; secret: string };
let keys: { privateKey: KeyObject; publicKey: KeyObject };

beforeAll(async () => {
  idp = await anIdp();
  await aResource(idp, API);
  const every = {
    grantTypes: ["authorization_code", "refresh_token", "client_credentials", DEVICE],
  };
  victim = await aClient(idp, "victim", every);
  attacker = await aClient(idp, "attacker", every);
  keys = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const jwks = { keys: [await exportJWK(keys.publicKey)] };
  await aClient(idp, "keyed", { ...every, tokenEndpointAuthMethod: "private_key_jwt", jwks });
  await aClient(idp, "spa", { tokenEndpointAuthMethod: "none" });
  return () => idp.close();
});

/** What each door wants besides, so that only the client is in question. */
const DOORS: Readonly<Record<string, () => Record<string, string>>> = {
  "/token": () => ({ grant_type: "client_credentials" }),
  "/introspection": () => ({ token: "x" }),
  "/revocation": () => ({ token: "x" }),
  "/par": () => {
    const { client_id: _, ...request } = Object.fromEntries(parametersFor(victim));
    return request;
  },
  "/device_authorization": () => ({ scope: "openid" }),
};

interface Claim {
  readonly headers?: Record<string, string>;
  readonly fields?: Record<string, string>;
  readonly query?: string;
}

const basic = (id: string, secret: string) => ({
  Authorization: `Basic ${btoa(`${id}:${secret}`)}`,
});

async function asserting(client: string, by: KeyObject = keys.privateKey, more: object = {}) {
  const now = Math.floor(idp.clock.now().getTime() / 1000);
  const claims = {
    iss: client,
    sub: client,
    aud: idp.issuer,
    iat: now,
    exp: now + 60,
    jti: randomBytes(9).toString("hex"),
    ...more,
  };
  const client_assertion = await new SignJWT(claims).setProtectedHeader({ alg: "ES256" }).sign(by);
  return { client_assertion_type: ASSERTION_TYPE, client_assertion };
}

const ATTEMPTS: [string, () => Claim | Promise<Claim>][] = [
  ["its id, with a secret of one's own", () => ({ headers: basic("victim", attacker.secret) })],
  [
    "its id in the body, with a secret of one's own",
    () => ({ fields: { client_id: "victim", client_secret: attacker.secret } }),
  ],
  [
    "one's own header, with its id in the body",
    () => ({ headers: basic("attacker", attacker.secret), fields: { client_id: "victim" } }),
  ],
  [
    "one's own header, and its id with one's secret in the body",
    () => ({
      headers: basic("attacker", attacker.secret),
      fields: { client_id: "victim", client_secret: attacker.secret },
    }),
  ],
  ["its id alone, as a public client would", () => ({ fields: { client_id: "victim" } })],
  ["its id with an empty secret", () => ({ fields: { client_id: "victim", client_secret: "" } })],
  ["its id with an empty secret in the header", () => ({ headers: basic("victim", "") })],
  ["its id in other letters", () => ({ headers: basic("Victim", victim.secret) })],
  ["its id with a space", () => ({ headers: basic("victim ", victim.secret) })],
  [
    "its secret by another way than it is registered for",
    () => ({ fields: { client_id: "victim", client_secret: victim.secret } }),
  ],
  [
    "its secret in the address",
    () => ({ query: `?client_id=victim&client_secret=${victim.secret}` }),
  ],
  ["a public client's id with a secret", () => ({ headers: basic("spa", attacker.secret) })],
  [
    "an assertion for it, by a key of one's own",
    async () => ({
      fields: await asserting(
        "keyed",
        generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey,
      ),
    }),
  ],
  [
    "an assertion about it, issued by oneself",
    async () => ({ fields: await asserting("keyed", keys.privateKey, { iss: "attacker" }) }),
  ],
  [
    "an assertion that it wrote for another provider",
    async () => ({
      fields: await asserting("keyed", keys.privateKey, { aud: "https://evil.example" }),
    }),
  ],
  [
    "its assertion beside one's own header",
    async () => ({ headers: basic("attacker", attacker.secret), fields: await asserting("keyed") }),
  ],
  [
    "the id of the keyed client, with a secret",
    () => ({ headers: basic("keyed", attacker.secret) }),
  ],
  ["the id of the keyed client alone", () => ({ fields: { client_id: "keyed" } })],
  ["nothing", () => ({})],
];

describe.each(Object.keys(DOORS))("at %s", (door) => {
  it.each(ATTEMPTS)("C1: %s is nobody", async (_what, claim) => {
    const { headers = {}, fields = {}, query = "" } = await claim();
    const sent = { ...DOORS[door]?.(), ...fields };
    const answer = await aVisitor().post(`${idp.issuer}${door}${query}`, sent, headers);
    expect([400, 401]).toContain(answer.status);
    expect(JSON.parse(answer.text).error).toMatch(/^invalid_(client|request)$/);
    expect(answer.text).not.toContain("access_token");
    // Whatever was tried is not said again.
    for (const { secret } of [victim, attacker]) expect(answer.text).not.toContain(secret);
  });

  it("and its own proof lets it in", async () => {
    const sent = { ...DOORS[door]?.() };
    const answer = await aVisitor().post(
      `${idp.issuer}${door}`,
      sent,
      basic("victim", victim.secret),
    );
    expect([200, 201]).toContain(answer.status);
  });
});
