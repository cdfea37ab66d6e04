// Basic OP: the code flow as the Foundation's plan goes through it, with dynamic registration.
import { decodeJwt, decodeProtectedHeader } from "jose";
import { expect } from "vitest";
import { challengeOf } from "../../../idp/protocol/pkce.ts";
import { aVisitor } from "../../support/a-visitor.ts";
import { byPost, CALLBACK, redemption, type Suite } from "../the-suite.ts";
import type { Modules } from "./modules.ts";

const PASSED = "passed" as const;

const userinfoOf = async (suite: Suite, accessToken: unknown) => {
  const answer = await suite.userinfo(accessToken);
  expect(answer.status).toBe(200);
  return JSON.parse(await answer.text()) as Record<string, unknown>;
};

/** Signs in with scopes, and says what UserInfo tells. */
const toldFor = async (suite: Suite, scope: string) => {
  const { tokens, claims } = await suite.signIn(await suite.register(), { scope });
  const userinfo = await userinfoOf(suite, tokens.access_token);
  expect(userinfo.sub).toBe(claims.sub);
  return userinfo;
};

const PROFILE = {
  name: "Alice Moreau",
  family_name: "Moreau",
  given_name: "Alice",
  nickname: "Al",
};
const EMAIL = { email: "alice@example.test", email_verified: true };
const ADDRESS = { address: { country: "FR", locality: "Lyon" } };
const PHONE = { phone_number: "+33123456789" };

const REQUEST_OBJECT_REFUSED = {
  refused: "request objects are not offered, and discovery says so (request_not_supported)",
};

export const basic: Modules = {
  async "oidcc-server"(suite) {
    const { claims, told, tokens } = await suite.signIn(await suite.register());
    expect(told?.iss).toBe(suite.idp.issuer);
    expect(claims).toMatchObject({ iss: suite.idp.issuer, sub: suite.alice.account.id });
    expect(String(tokens.token_type).toLowerCase()).toBe("bearer");
    return PASSED;
  },
  async "oidcc-response-type-missing"(suite) {
    const { told } = await suite.visit(await suite.register(), { response_type: undefined });
    expect(told?.error).toMatch(/^(invalid_request|unsupported_response_type)$/);
    return PASSED;
  },
  async "oidcc-idtoken-signature"(suite) {
    const { tokens } = await suite.signIn(await suite.register());
    const { alg, kid } = decodeProtectedHeader(String(tokens.id_token));
    expect({ alg, kid }).toEqual({ alg: "RS256", kid: expect.any(String) });
    return PASSED;
  },
  async "oidcc-idtoken-unsigned"(suite) {
    const { status, body } = await suite.attempt({ id_token_signed_response_alg: "none" });
    expect({ status, error: body.error }).toEqual({
      status: 400,
      error: "invalid_client_metadata",
    });
    expect(suite.discovery.id_token_signing_alg_values_supported).not.toContain("none");
    return { refused: "unsigned ID tokens are not offered, and discovery does not list none" };
  },
  async "oidcc-userinfo-get"(suite) {
    const { tokens, claims } = await suite.signIn(await suite.register());
    expect((await userinfoOf(suite, tokens.access_token)).sub).toBe(claims.sub);
    return PASSED;
  },
  async "oidcc-userinfo-post-header"(suite) {
    const { tokens } = await suite.signIn(await suite.register());
    const headers = { Authorization: `Bearer ${tokens.access_token}` };
    expect((await suite.userinfo("", { method: "POST", headers })).status).toBe(200);
    return PASSED;
  },
  async "oidcc-userinfo-post-body"(suite) {
    const { tokens } = await suite.signIn(await suite.register());
    const body = new URLSearchParams({ access_token: String(tokens.access_token) });
    expect((await suite.userinfo("", { method: "POST", headers: {}, body })).status).toBe(200);
    return PASSED;
  },
  async "oidcc-ensure-request-without-nonce-succeeds-for-code-flow"(suite) {
    const { claims } = await suite.signIn(await suite.register(), { nonce: undefined });
    expect(claims).not.toHaveProperty("nonce");
    return PASSED;
  },
  async "oidcc-scope-profile"(suite) {
    expect(await toldFor(suite, "openid profile")).toMatchObject(PROFILE);
    return PASSED;
  },
  async "oidcc-scope-email"(suite) {
    expect(await toldFor(suite, "openid email")).toMatchObject(EMAIL);
    return PASSED;
  },
  async "oidcc-scope-address"(suite) {
    expect(await toldFor(suite, "openid address")).toMatchObject(ADDRESS);
    return PASSED;
  },
  async "oidcc-scope-phone"(suite) {
    expect(await toldFor(suite, "openid phone")).toMatchObject(PHONE);
    return PASSED;
  },
  async "oidcc-scope-all"(suite) {
    const told = await toldFor(suite, "openid profile email address phone");
    expect(told).toMatchObject({ ...PROFILE, ...EMAIL, ...ADDRESS, ...PHONE });
    return PASSED;
  },
  async "oidcc-alternate-happy-flow"(suite) {
    // A long state and nonce, prompt and other parameters beside them.
    const state = "s".repeat(128);
    const nonce = "n".repeat(43);
    const landed = await suite.signIn(await suite.register(), { state, nonce, prompt: "login" });
    expect(landed.told?.state).toBe(state);
    expect(landed.claims.nonce).toBe(nonce);
    return PASSED;
  },
  async "oidcc-display-page"(suite) {
    await suite.signIn(await suite.register(), { display: "page" });
    return PASSED;
  },
  async "oidcc-display-popup"(suite) {
    await suite.signIn(await suite.register(), { display: "popup" });
    return PASSED;
  },
  async "oidcc-prompt-login"(suite) {
    const client = await suite.register();
    const first = await suite.signIn(client);
    suite.idp.clock.advance(5);
    const second = await suite.signIn(client, { prompt: "login" }, { visitor: first.visitor });
    expect(second.seen).toContain("sign-in");
    expect(second.claims.sub).toBe(first.claims.sub);
    expect(Number(second.claims.auth_time)).toBeGreaterThan(Number(first.claims.auth_time));
    return PASSED;
  },
  async "oidcc-prompt-none-not-logged-in"(suite) {
    const { told, seen } = await suite.visit(await suite.register(), { prompt: "none" });
    expect(told?.error).toMatch(/^(login|interaction)_required$/);
    expect(seen).toEqual([]);
    return PASSED;
  },
  async "oidcc-prompt-none-logged-in"(suite) {
    const client = await suite.register();
    const first = await suite.signIn(client);
    const second = await suite.signIn(client, { prompt: "none" }, { visitor: first.visitor });
    expect(second.seen).toEqual([]);
    expect(second.claims).toMatchObject({
      sub: first.claims.sub,
      auth_time: first.claims.auth_time,
    });
    return PASSED;
  },
  async "oidcc-max-age-1"(suite) {
    const client = await suite.register();
    const first = await suite.signIn(client);
    suite.idp.clock.advance(2);
    const second = await suite.signIn(client, { max_age: "1" }, { visitor: first.visitor });
    expect(second.seen).toContain("sign-in");
    expect(Number(second.claims.auth_time)).toBeGreaterThan(Number(first.claims.auth_time));
    return PASSED;
  },
  async "oidcc-max-age-10000"(suite) {
    const client = await suite.register();
    const first = await suite.signIn(client);
    const second = await suite.signIn(client, { max_age: "10000" }, { visitor: first.visitor });
    expect(second.seen).toEqual([]);
    expect(second.claims.auth_time).toBe(first.claims.auth_time);
    return PASSED;
  },
  async "oidcc-ensure-request-with-unknown-parameter-succeeds"(suite) {
    await suite.signIn(await suite.register(), { extra: "foobar" });
    return PASSED;
  },
  async "oidcc-id-token-hint"(suite) {
    const client = await suite.register();
    const first = await suite.signIn(client);
    const hinted = { id_token_hint: String(first.tokens.id_token), prompt: "none" };
    const second = await suite.signIn(client, hinted, { visitor: first.visitor });
    expect(second.claims.sub).toBe(first.claims.sub);
    return PASSED;
  },
  async "oidcc-login-hint"(suite) {
    const client = await suite.register();
    const hint = { login_hint: "buffy@example.com" };
    const { page } = await suite.visit(client, hint, { until: "sign-in" });
    expect(page.text).toContain('value="buffy@example.com"');
    await suite.signIn(client, hint);
    return PASSED;
  },
  async "oidcc-ui-locales"(suite) {
    await suite.signIn(await suite.register(), { ui_locales: "se" });
    return PASSED;
  },
  async "oidcc-claims-locales"(suite) {
    await suite.signIn(await suite.register(), { claims_locales: "se" });
    return PASSED;
  },
  async "oidcc-ensure-request-with-acr-values-succeeds"(suite) {
    const { claims } = await suite.signIn(await suite.register(), { acr_values: "1 2" });
    expect(claims.acr).toBe("pwd");
    return PASSED;
  },
  async "oidcc-codereuse"(suite) {
    const client = await suite.register();
    const landed = await suite.signIn(client);
    const again = await suite.token(client, redemption(landed, suite));
    expect({ status: again.status, error: again.body.error }).toEqual({
      status: 400,
      error: "invalid_grant",
    });
    return PASSED;
  },
  async "oidcc-codereuse-30seconds"(suite) {
    const client = await suite.register();
    const landed = await suite.signIn(client);
    suite.idp.clock.advance(30);
    expect((await suite.token(client, redemption(landed, suite))).body.error).toBe("invalid_grant");
    expect((await suite.userinfo(landed.tokens.access_token)).status).toBe(401);
    return PASSED;
  },
  async "oidcc-ensure-registered-redirect-uri"(suite) {
    const elsewhere = { redirect_uri: `${CALLBACK}/not-registered` };
    const { told, page } = await suite.visit(await suite.register(), elsewhere);
    expect({ told, status: page.status }).toEqual({ told: undefined, status: 400 });
    return PASSED;
  },
  async "oidcc-ensure-post-request-succeeds"(suite) {
    await suite.signIn(await suite.register(), {}, { post: true });
    return PASSED;
  },
  async "oidcc-server-client-secret-post"(suite) {
    const client = await suite.register({ token_endpoint_auth_method: "client_secret_post" });
    const landed = await suite.visit(client);
    expect((await suite.token(client, redemption(landed, suite), byPost)).status).toBe(200);
    return PASSED;
  },
  async "oidcc-request-uri-unsigned-supported-correctly-or-rejected-as-unsupported"(suite) {
    const uri = { request_uri: "https://suite.example/request.jwt" };
    const { told } = await suite.visit(await suite.register(), uri);
    expect(told?.error).toBe("request_uri_not_supported");
    expect(suite.discovery.request_uri_parameter_supported).toBe(false);
    return { refused: "a request_uri of the client's own is never fetched, and discovery says so" };
  },
  async "oidcc-unsigned-request-object-supported-correctly-or-rejected-as-unsupported"(suite) {
    const { told } = await suite.visit(await suite.register(), { request: "e30.e30." });
    expect(told?.error).toBe("request_not_supported");
    expect(suite.discovery.request_parameter_supported).toBe(false);
    return REQUEST_OBJECT_REFUSED;
  },
  async "oidcc-claims-essential"(suite) {
    const claims = JSON.stringify({ userinfo: { name: { essential: true } } });
    const { tokens } = await suite.signIn(await suite.register(), { claims });
    expect((await userinfoOf(suite, tokens.access_token)).name).toBe("Alice Moreau");
    return PASSED;
  },
  async "oidcc-ensure-request-object-with-redirect-uri"(suite) {
    const { told } = await suite.visit(await suite.register(), { request: "e30.e30." });
    expect(told?.error).toBe("request_not_supported");
    return REQUEST_OBJECT_REFUSED;
  },
  async "oidcc-refresh-token"(suite) {
    const client = await suite.register();
    const wanted = { scope: "openid offline_access", prompt: "consent" };
    const { tokens, claims } = await suite.signIn(client, wanted);
    const fields = { grant_type: "refresh_token", refresh_token: String(tokens.refresh_token) };
    const plain = await suite.token(client, fields);
    expect(plain.status).toBe(200);
    // The ID token is optional here (OIDC Core §12.2): who names openid gets one.
    const next = { ...fields, refresh_token: String(plain.body.refresh_token) };
    const { status, body } = await suite.token(client, { ...next, scope: "openid" });
    expect(status).toBe(200);
    const { iss, sub, aud, auth_time } = decodeJwt(String(body.id_token));
    expect({ iss, sub, aud, auth_time }).toEqual({
      iss: claims.iss,
      sub: claims.sub,
      aud: claims.aud,
      auth_time: claims.auth_time,
    });
    const another = await suite.register();
    expect((await suite.token(another, fields)).body.error).toBe("invalid_grant");
    return PASSED;
  },
  async "oidcc-ensure-request-with-valid-pkce-succeeds"(suite) {
    const client = await suite.register();
    const code_verifier = "a-verifier-of-the-suite-that-is-long-enough-1234";
    const pkce = { code_challenge: challengeOf(code_verifier), code_challenge_method: "S256" };
    const landed = await suite.visit(client, pkce, { visitor: aVisitor() });
    const fields = { ...redemption(landed, suite), code_verifier };
    expect((await suite.token(client, fields)).status).toBe(200);
    return PASSED;
  },
};
