// The certified client library openid-client, with every check that it has switched on, against the
// whole provider: registered by itself, signed in through the pages.
import * as client from "openid-client";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { aVisitor, type Visitor } from "../support/a-visitor.ts";
import { REGISTRATION_TOKEN } from "../support/an-idp.ts";
import { localFetch } from "../support/local-fetch.ts";
import {
  aWorld,
  BANK_API,
  CALLBACK,
  PORTAL_API,
  SIGNED_OUT,
  throughTheBrowser,
  type World,
} from "./a-site.ts";

let world: World;
beforeAll(async () => {
  world = await aWorld();
});
afterAll(() => world.idp.close());

const options = {
  execute: [client.allowInsecureRequests, client.enableNonRepudiationChecks],
  [client.customFetch]: localFetch as client.CustomFetch,
};

const authentications = {
  client_secret_basic: () => client.ClientSecretBasic(),
  client_secret_post: () => client.ClientSecretPost(),
  none: () => client.None(),
} as const;
type Method = keyof typeof authentications;

/** A client that registers itself (RFC 7591), and knows the provider by discovery. */
const register = (
  metadata: Partial<client.ClientMetadata> = {},
  method: Method = "client_secret_basic",
) =>
  client.dynamicClientRegistration(
    new URL(world.idp.issuer),
    {
      client_name: "A site",
      redirect_uris: [CALLBACK],
      post_logout_redirect_uris: [SIGNED_OUT],
      grant_types: ["authorization_code", "refresh_token"],
      token_endpoint_auth_method: method,
      ...metadata,
    },
    authentications[method](),
    { ...options, initialAccessToken: REGISTRATION_TOKEN },
  );

async function aRequest(config: client.Configuration, more: Record<string, string> = {}) {
  const pkceCodeVerifier = client.randomPKCECodeVerifier();
  const [expectedState, expectedNonce] = [client.randomState(), client.randomNonce()];
  const url = client.buildAuthorizationUrl(config, {
    redirect_uri: CALLBACK,
    scope: "openid profile email offline_access",
    state: expectedState,
    nonce: expectedNonce,
    code_challenge: await client.calculatePKCECodeChallenge(pkceCodeVerifier),
    code_challenge_method: "S256",
    ...more,
  });
  const checks = { pkceCodeVerifier, expectedState, expectedNonce, idTokenExpected: true };
  return { url, checks };
}

async function signIn(
  config: client.Configuration,
  more: Record<string, string> = {},
  visitor: Visitor = aVisitor(),
) {
  const { url, checks } = await aRequest(config, more);
  const callback = await throughTheBrowser(url, world.alice, { visitor });
  const tokens = await client.authorizationCodeGrant(config, callback, {
    ...checks,
    ...(more.max_age === undefined ? {} : { maxAge: Number(more.max_age) }),
  });
  return { tokens, visitor };
}

const refused = (error: string) => expect.objectContaining({ error });

describe("openid-client, registered by itself", () => {
  it.each(["client_secret_basic", "client_secret_post", "none"] as const)(
    "signs somebody in with PKCE, state, nonce and iss, refreshes and revokes: %s",
    async (method) => {
      const config = await register({}, method);
      const { tokens } = await signIn(config, { max_age: "600", prompt: "consent" });
      const claims = tokens.claims();
      expect(claims).toMatchObject({
        iss: world.idp.issuer,
        sub: world.alice.account.id,
        aud: config.clientMetadata().client_id,
        email: "alice@example.test",
        acr: "pwd",
      });
      expect(tokens.scope).toBe("openid profile email offline_access");

      const subject = world.alice.account.id;
      const person = await client.fetchUserInfo(config, tokens.access_token, subject);
      expect(person).toMatchObject({ sub: subject, name: "Alice Moreau", email_verified: true });

      const first = tokens.refresh_token ?? "";
      const refreshed = await client.refreshTokenGrant(config, first, {
        scope: "openid profile",
      });
      expect(refreshed.scope).toBe("openid profile");
      expect(refreshed.refresh_token).not.toBe(first);
      expect(refreshed.claims()).toMatchObject({ sub: subject, auth_time: claims?.auth_time });

      const second = refreshed.refresh_token ?? "";
      await client.tokenRevocation(config, second, { token_type_hint: "refresh_token" });
      await expect(client.refreshTokenGrant(config, second)).rejects.toEqual(
        refused("invalid_grant"),
      );
      await expect(
        client.fetchUserInfo(config, refreshed.access_token, subject),
      ).rejects.toBeInstanceOf(client.WWWAuthenticateChallengeError);
    },
  );

  it("gets a token for each resource that was authorized, by name (RFC 8707)", async () => {
    const config = await register();
    const scope = "openid offline_access accounts:read";
    const { tokens } = await signIn(config, { scope, resource: BANK_API });
    expect(tokens.scope).toBe("accounts:read");
    const first = tokens.refresh_token ?? "";
    await expect(client.refreshTokenGrant(config, first, { resource: PORTAL_API })).rejects.toEqual(
      refused("invalid_target"),
    );
    const refreshed = await client.refreshTokenGrant(config, first, { resource: BANK_API });
    expect(refreshed.scope).toBe("accounts:read");
  });

  it("acts for itself (RFC 6749 §4.4)", async () => {
    const grant_types = ["client_credentials"];
    const config = await register({ grant_types, redirect_uris: [], response_types: [] });
    const asked = { resource: BANK_API, scope: "accounts:read" };
    const tokens = await client.clientCredentialsGrant(config, asked);
    expect(tokens).toMatchObject({
      token_type: "bearer",
      expires_in: 300,
      scope: asked.scope,
    });
    expect(tokens.refresh_token).toBeUndefined();
  });

  it("L1: ends the session and comes back with its state", async () => {
    const config = await register();
    const { tokens, visitor } = await signIn(config);
    const url = client.buildEndSessionUrl(config, {
      id_token_hint: tokens.id_token ?? "",
      post_logout_redirect_uri: SIGNED_OUT,
      state: "after",
    });
    const left = await visitor.follow(url.href, SIGNED_OUT);
    expect(left.location).toBe(`${SIGNED_OUT}?state=after`);

    const { url: silent, checks } = await aRequest(config, { prompt: "none" });
    const callback = await throughTheBrowser(silent, world.alice, { visitor });
    await expect(client.authorizationCodeGrant(config, callback, checks)).rejects.toEqual(
      refused("login_required"),
    );
  });

  it("is told when the person does not consent", async () => {
    const config = await register();
    const { url, checks } = await aRequest(config);
    const callback = await throughTheBrowser(url, world.alice, { decision: "deny" });
    await expect(client.authorizationCodeGrant(config, callback, checks)).rejects.toEqual(
      refused("access_denied"),
    );
  });

  it("A6: refuses an answer without iss, since discovery says that there is one", async () => {
    const config = await register();
    const { url, checks } = await aRequest(config);
    const callback = await throughTheBrowser(url, world.alice);
    callback.searchParams.delete("iss");
    await expect(client.authorizationCodeGrant(config, callback, checks)).rejects.toMatchObject({
      cause: { message: expect.stringContaining('"iss"') },
    });
  });

  it("A12: signs in by form_post", async () => {
    const config = await register();
    const { url, checks } = await aRequest(config, { response_mode: "form_post" });
    const visitor = aVisitor();
    const { email, password } = world.alice;
    const { location = "" } = await visitor.submit(await visitor.follow(url.href), {
      email,
      password,
    });
    const allowed = await visitor.submit(await visitor.follow(location), { decision: "allow" });
    const { forms } = await visitor.follow(allowed.location ?? "");
    expect(forms).toMatchObject([{ action: CALLBACK }]);
    const posted = new Request(CALLBACK, {
      method: "POST",
      body: new URLSearchParams(forms[0]?.fields),
    });
    const tokens = await client.authorizationCodeGrant(config, posted, checks);
    expect(tokens.claims()?.sub).toBe(world.alice.account.id);
  });

  it("is not registered without the initial access token", async () => {
    const registration = client.dynamicClientRegistration(
      new URL(world.idp.issuer),
      { redirect_uris: [CALLBACK] },
      client.ClientSecretBasic(),
      { ...options, initialAccessToken: "another token" },
    );
    await expect(registration).rejects.toBeInstanceOf(client.WWWAuthenticateChallengeError);
  });
});
