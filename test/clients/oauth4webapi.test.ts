// oauth4webapi, on which openid-client stands: each step by itself, so that each answer is held to its
// own rules (content types, required members, signatures), and a resource server's side of RFC 9068.
import * as oauth from "oauth4webapi";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { REGISTRATION_TOKEN } from "../support/an-idp.ts";
import { localFetch } from "../support/local-fetch.ts";
import { aWorld, BANK_API, CALLBACK, PORTAL_API, throughTheBrowser, type World } from "./a-site.ts";

const http = {
  [oauth.allowInsecureRequests]: true,
  [oauth.customFetch]: localFetch as (url: string, init: object) => Promise<Response>,
};

let world: World;
let as: oauth.AuthorizationServer;
let site: oauth.Client;
let authentication: oauth.ClientAuth;

beforeAll(async () => {
  world = await aWorld();
  as = await discover("oidc");
  const answer = await oauth.dynamicClientRegistrationRequest(
    as,
    {
      client_name: "A site",
      redirect_uris: [CALLBACK],
      grant_types: ["authorization_code", "refresh_token", "client_credentials"],
    },
    { ...http, initialAccessToken: REGISTRATION_TOKEN },
  );
  const registered = await oauth.processDynamicClientRegistrationResponse(answer);
  site = { ...registered, id_token_signed_response_alg: "RS256" };
  authentication = oauth.ClientSecretBasic(String(registered.client_secret));
});
afterAll(() => world.idp.close());

async function discover(algorithm: "oidc" | "oauth2") {
  const issuer = new URL(world.idp.issuer);
  const answer = await oauth.discoveryRequest(issuer, { ...http, algorithm });
  return oauth.processDiscoveryResponse(issuer, answer);
}

/** A code, redeemed: everything the authorization response and the token response must have. */
async function signIn(asked: { scope: string; resource?: string }) {
  const verifier = oauth.generateRandomCodeVerifier();
  const [state, nonce] = [oauth.generateRandomState(), oauth.generateRandomNonce()];
  const url = new URL(String(as.authorization_endpoint));
  url.search = new URLSearchParams({
    client_id: site.client_id,
    redirect_uri: CALLBACK,
    response_type: "code",
    state,
    nonce,
    max_age: "300",
    code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
    code_challenge_method: "S256",
    ...asked,
  }).toString();
  const callback = await throughTheBrowser(url, world.alice);
  const parameters = oauth.validateAuthResponse(as, site, callback, state);
  const answer = await oauth.authorizationCodeGrantRequest(
    as,
    site,
    authentication,
    parameters,
    CALLBACK,
    verifier,
    http,
  );
  const tokens = await oauth.processAuthorizationCodeResponse(as, site, answer, {
    expectedNonce: nonce,
    maxAge: 300,
    requireIdToken: true,
  });
  await oauth.validateApplicationLevelSignature(as, answer, http);
  return { tokens, parameters, verifier };
}

const redeemAgain = (parameters: URLSearchParams, verifier: string) =>
  oauth.authorizationCodeGrantRequest(
    as,
    site,
    authentication,
    parameters,
    CALLBACK,
    verifier,
    http,
  );

/** What an API that knows only the issuer and its own name does with a token (RFC 9068 §4). */
const validate = (accessToken: string, audience: string) =>
  oauth.validateJwtAccessToken(
    as,
    new Request(audience, { headers: { Authorization: `Bearer ${accessToken}` } }),
    audience,
    { ...http, signingAlgorithms: ["RS256"] },
  );

describe("discovery", () => {
  it("is the same at both well-known addresses (OpenID Connect Discovery §4, RFC 8414 §3)", async () => {
    expect(await discover("oauth2")).toEqual(as);
  });
});

describe("the code flow, step by step", () => {
  it("answers as the specifications say, refresh and userinfo included", async () => {
    const { tokens } = await signIn({ scope: "openid email offline_access" });
    const claims = oauth.getValidatedIdTokenClaims(tokens);
    expect(claims?.sub).toBe(world.alice.account.id);

    const userinfo = await oauth.userInfoRequest(as, site, tokens.access_token, http);
    const person = await oauth.processUserInfoResponse(as, site, claims?.sub ?? "", userinfo);
    expect(person.email).toBe("alice@example.test");

    const answer = await oauth.refreshTokenGrantRequest(
      as,
      site,
      authentication,
      tokens.refresh_token ?? "",
      { ...http, additionalParameters: { scope: "openid email" } },
    );
    const refreshed = await oauth.processRefreshTokenResponse(as, site, answer);
    await oauth.validateApplicationLevelSignature(as, answer, http);
    expect(oauth.getValidatedIdTokenClaims(refreshed)?.auth_time).toBe(claims?.auth_time);

    const revocation = await oauth.revocationRequest(
      as,
      site,
      authentication,
      refreshed.refresh_token ?? "",
      http,
    );
    expect(await oauth.processRevocationResponse(revocation)).toBeUndefined();
    const late = await oauth.userInfoRequest(as, site, refreshed.access_token, http);
    await expect(
      oauth.processUserInfoResponse(as, site, claims?.sub ?? "", late),
    ).rejects.toMatchObject({
      cause: [{ scheme: "bearer", parameters: { error: "invalid_token" } }],
    });
  });

  it("E2: a code that comes back is invalid_grant, and takes everything with it", async () => {
    const { tokens, parameters, verifier } = await signIn({ scope: "openid" });
    const replay = await redeemAgain(parameters, verifier);
    await expect(oauth.processAuthorizationCodeResponse(as, site, replay)).rejects.toMatchObject({
      status: 400,
      error: "invalid_grant",
    });
    const userinfo = await oauth.userInfoRequest(as, site, tokens.access_token, http);
    expect(userinfo.status).toBe(401);
  });

  it("C1: a wrong secret is invalid_client, with a challenge", async () => {
    const wrong = oauth.ClientSecretBasic("wrong");
    const asked = { resource: BANK_API };
    const answer = await oauth.clientCredentialsGrantRequest(as, site, wrong, asked, http);
    await expect(oauth.processClientCredentialsResponse(as, site, answer)).rejects.toMatchObject({
      cause: [{ scheme: "basic" }],
    });
  });
});

describe("an API's side (RFC 9068 §4)", () => {
  it("T4: a person's token is good at the resource it was asked for, and nowhere else", async () => {
    const scope = "openid accounts:read";
    const { tokens } = await signIn({ scope, resource: BANK_API });
    expect(await validate(tokens.access_token, BANK_API)).toMatchObject({
      sub: world.alice.account.id,
      client_id: site.client_id,
      scope: "accounts:read",
    });
    await expect(validate(tokens.access_token, PORTAL_API)).rejects.toThrow();
    await expect(validate(String(tokens.id_token), BANK_API)).rejects.toThrow();
  });

  it("a client's own token too", async () => {
    const asked = { resource: BANK_API, scope: "accounts:read" };
    const answer = await oauth.clientCredentialsGrantRequest(as, site, authentication, asked, http);
    const tokens = await oauth.processClientCredentialsResponse(as, site, answer);
    const claims = await validate(tokens.access_token, BANK_API);
    expect(claims.sub).toBe(site.client_id);
  });
});
