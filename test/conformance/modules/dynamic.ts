// Dynamic OP and Config OP: what a client may register, and what the provider says of itself.
import { generateKeyPairSync, type KeyObject } from "node:crypto";
import { exportJWK, SignJWT } from "jose";
import { expect } from "vitest";
import { aServer } from "../../idp/sending/a-server.ts";
import { localFetch } from "../../support/local-fetch.ts";
import { type Authenticate, CALLBACK, type Client, redemption, type Suite } from "../the-suite.ts";
import { basic } from "./basic.ts";
import type { Modules } from "./modules.ts";

const PASSED = "passed" as const;

const refusal = (error: string) =>
  expect.objectContaining({ body: expect.objectContaining({ error }) });

/** A host of the client's, with a document that it may change. */
async function aDocument(first: unknown) {
  const document = { now: first };
  const server = await aServer((_request, response) => {
    response.setHeader("Content-Type", "application/json");
    response.end(JSON.stringify(document.now));
  });
  return Object.assign(document, { uri: `http://127.0.0.1:${server.port}/document.json` });
}

const aKey = () => generateKeyPairSync("ec", { namedCurve: "P-256" });
const published = async (key: KeyObject, kid: string) => ({
  ...(await exportJWK(key)),
  kid,
  use: "sig",
});

/** private_key_jwt, as the suite writes it; good for one request. */
async function assertionOf(
  suite: Suite,
  { id }: Client,
  privateKey: KeyObject,
  kid: string,
  aud: string,
): Promise<Authenticate> {
  const now = Math.floor(suite.idp.clock.now().getTime() / 1000);
  const client_assertion = await new SignJWT({ jti: crypto.randomUUID() })
    .setProtectedHeader({ alg: "ES256", kid })
    .setIssuer(id)
    .setSubject(id)
    .setAudience(aud)
    .setIssuedAt(now)
    .setExpirationTime(now + 60)
    .sign(privateKey);
  const client_assertion_type = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
  return () => ({ fields: { client_assertion_type, client_assertion } });
}

const keyClient = (jwks_uri: string) => ({
  jwks_uri,
  token_endpoint_auth_method: "private_key_jwt",
});

const REQUEST_OBJECTS = {
  refused: "request objects are not offered, and discovery says so (request_uri_not_supported)",
};

async function refusesRequestUri(suite: Suite) {
  const request_uris = ["https://suite.example/request.jwt"];
  expect(await suite.attempt({ request_uris })).toEqual(refusal("invalid_client_metadata"));
  const { told } = await suite.visit(await suite.register(), { request_uri: request_uris[0] });
  expect(told?.error).toBe("request_uri_not_supported");
  return REQUEST_OBJECTS;
}

const only = (name: string) => {
  const found = basic[name];
  if (!found) throw new Error(name);
  return found;
};

/** A client may say where its logo, policy and terms are, and the answer says so too. */
const echoes = (member: string) => async (suite: Suite) => {
  const uri = `https://suite.example/${member}`;
  const { body } = await suite.attempt({ [member]: uri });
  expect(body[member]).toBe(uri);
  return PASSED;
};

export const config: Modules = {
  async "oidcc-discovery-endpoint-verification"({ discovery, idp }) {
    expect(discovery).toMatchObject({
      issuer: idp.issuer,
      authorization_endpoint: expect.any(String),
      token_endpoint: expect.any(String),
      userinfo_endpoint: expect.any(String),
      jwks_uri: expect.any(String),
      registration_endpoint: expect.any(String),
      response_types_supported: ["code"],
      subject_types_supported: expect.arrayContaining(["public", "pairwise"]),
      id_token_signing_alg_values_supported: expect.arrayContaining(["RS256"]),
      scopes_supported: expect.arrayContaining(["openid"]),
      claims_supported: expect.arrayContaining(["sub"]),
      claims_parameter_supported: true,
    });
    for (const [member, value] of Object.entries(discovery)) {
      if (!/_(endpoint|uri)$/.test(member)) continue;
      expect(String(value).startsWith(idp.issuer), member).toBe(true);
      expect((await localFetch(String(value))).status, member).not.toBe(404);
    }
    const keys = JSON.parse(await (await localFetch(String(discovery.jwks_uri))).text()).keys;
    expect(new Set(keys.map(({ kid }: { kid: string }) => kid)).size).toBe(keys.length);
    return PASSED;
  },
};

export const dynamic: Modules = {
  async "oidcc-idtoken-rs256"(suite) {
    const client = await suite.register({ id_token_signed_response_alg: "RS256" });
    await suite.signIn(client);
    return PASSED;
  },
  "oidcc-idtoken-unsigned": only("oidcc-idtoken-unsigned"),
  async "oidcc-userinfo-rs256"(suite) {
    const client = await suite.register({ userinfo_signed_response_alg: "RS256" });
    const { tokens, claims } = await suite.signIn(client);
    const answer = await suite.userinfo(tokens.access_token);
    expect(answer.headers.get("content-type")).toBe("application/jwt");
    expect((await suite.verify(await answer.text(), client)).sub).toBe(claims.sub);
    return PASSED;
  },
  async "oidcc-ensure-redirect-uri-in-authorization-request"(suite) {
    const { told, page } = await suite.visit(await suite.register(), { redirect_uri: undefined });
    expect({ told, status: page.status }).toEqual({ told: undefined, status: 400 });
    return PASSED;
  },
  async "oidcc-redirect-uri-query-OK"(suite) {
    const redirect_uri = `${CALLBACK}?foo=bar`;
    const { told } = await suite.signIn(await suite.register({ redirect_uris: [redirect_uri] }), {
      redirect_uri,
    });
    if (suite.responseMode === "query") expect(told?.foo).toBe("bar");
    return PASSED;
  },
  async "oidcc-redirect-uri-query-mismatch"(suite) {
    const client = await suite.register({ redirect_uris: [`${CALLBACK}?foo=bar`] });
    const { told } = await suite.visit(client, { redirect_uri: `${CALLBACK}?bar=foo` });
    expect(told).toBeUndefined();
    return PASSED;
  },
  async "oidcc-redirect-uri-query-added"(suite) {
    const client = await suite.register();
    const { told } = await suite.visit(client, { redirect_uri: `${CALLBACK}?foo=bar` });
    expect(told).toBeUndefined();
    return PASSED;
  },
  async "oidcc-redirect-uri-regfrag"(suite) {
    const redirect_uris = [`${CALLBACK}#foobar`];
    expect(await suite.attempt({ redirect_uris })).toEqual(refusal("invalid_redirect_uri"));
    return PASSED;
  },
  "oidcc-discovery-endpoint-verification": (suite) =>
    (config["oidcc-discovery-endpoint-verification"] ?? only("oidcc-server"))(suite),
  "oidcc-server": only("oidcc-server"),
  "oidcc-registration-logo-uri": echoes("logo_uri"),
  "oidcc-registration-policy-uri": echoes("policy_uri"),
  "oidcc-registration-tos-uri": echoes("tos_uri"),
  async "oidcc-registration-jwks-uri"(suite) {
    const { publicKey, privateKey } = aKey();
    const { uri } = await aDocument({ keys: [await published(publicKey, "one")] });
    const client = await suite.register(keyClient(uri));
    const landed = await suite.visit(client);
    const proof = await assertionOf(suite, client, privateKey, "one", suite.idp.issuer);
    expect((await suite.token(client, redemption(landed, suite), proof)).status).toBe(200);
    return PASSED;
  },
  async "oidcc-registration-sector-uri"(suite) {
    const redirect_uris = [CALLBACK, "https://other.example/callback"];
    const { uri } = await aDocument(redirect_uris);
    const pairwise = { subject_type: "pairwise", sector_identifier_uri: uri, redirect_uris };
    const { claims } = await suite.signIn(await suite.register(pairwise));
    expect(claims.sub).not.toBe(suite.alice.account.id);
    return PASSED;
  },
  async "oidcc-registration-sector-bad"(suite) {
    const { uri } = await aDocument(["https://other.example/callback"]);
    expect(await suite.attempt({ sector_identifier_uri: uri })).toEqual(
      refusal("invalid_client_metadata"),
    );
    return PASSED;
  },
  async "oidcc-server-rotate-keys"(suite) {
    const client = await suite.register();
    const before = await suite.signIn(client);
    suite.idp.clock.advance(2 * 86_400);
    await suite.idp.known.keys.poll();
    await suite.idp.known.keys.rotate({ actor: "test", reason: "conformance" });
    const after = await suite.signIn(client, {}, { visitor: before.visitor });
    const kidOf = (token: unknown) => String(token).split(".")[0];
    expect(kidOf(after.tokens.id_token)).not.toBe(kidOf(before.tokens.id_token));
    return PASSED;
  },
  async "oidcc-refresh-token-rp-key-rotation"(suite) {
    const [first, second] = [aKey(), aKey()];
    const set = await aDocument({ keys: [await published(first.publicKey, "one")] });
    const client = await suite.register(keyClient(set.uri));
    const wanted = { scope: "openid offline_access", prompt: "consent" };
    const landed = await suite.visit(client, wanted);
    const proofBy = (key: KeyObject, kid: string) =>
      assertionOf(suite, client, key, kid, suite.idp.issuer);
    const fields = redemption(landed, suite);
    const { body } = await suite.token(client, fields, await proofBy(first.privateKey, "one"));
    set.now = { keys: [await published(second.publicKey, "two")] };
    suite.idp.clock.advance(10);
    const refresh = { grant_type: "refresh_token", refresh_token: String(body.refresh_token) };
    const refreshed = await suite.token(client, refresh, await proofBy(second.privateKey, "two"));
    expect(refreshed.status).toBe(200);
    return PASSED;
  },
  "oidcc-request-uri-unsigned": refusesRequestUri,
  "oidcc-request-uri-signed-rs256": refusesRequestUri,
  "oidcc-ensure-request-object-with-redirect-uri": only(
    "oidcc-ensure-request-object-with-redirect-uri",
  ),
  "oidcc-refresh-token": only("oidcc-refresh-token"),
  async "oidcc-ensure-client-assertion-with-iss-aud-succeeds"(suite) {
    const { publicKey, privateKey } = aKey();
    const jwks = { keys: [await published(publicKey, "one")] };
    const client = await suite.register({ jwks, token_endpoint_auth_method: "private_key_jwt" });
    for (const aud of [suite.idp.issuer, String(suite.discovery.token_endpoint)]) {
      const landed = await suite.visit(client);
      const proof = await assertionOf(suite, client, privateKey, "one", aud);
      expect((await suite.token(client, redemption(landed, suite), proof)).status).toBe(200);
    }
    return PASSED;
  },
};
