import { beforeAll, describe, expect, it } from "vitest";
import { aVisitor } from "../../../support/a-visitor.ts";
import { anIdp, type TestIdp } from "../../../support/an-idp.ts";
import {
  API,
  aClient,
  aResource,
  authorizeUrl,
  CALLBACK,
  type Parameters,
  told,
} from "./arranging.ts";

let idp: TestIdp;
beforeAll(async () => {
  idp = await anIdp();
  await aResource(idp, API);
  await aResource(idp, {
    ...API,
    identifier: "https://private.example/api",
    public: false,
    scopes: {},
  });
  await aClient(idp, "bank");
  await aClient(idp, "native", { redirectUris: ["com.example.app:/cb"] });
  await aClient(idp, "machine", { grantTypes: ["client_credentials"] });
  return () => idp.close();
});

const ask = (changed: Parameters, id = "bank") =>
  aVisitor().get(authorizeUrl(idp, { id }, changed));

describe("what /authorize refuses, told to the client (RFC 6749 §4.1.2.1)", () => {
  const tooLong = "a".repeat(2049);
  const cases: [string, Parameters, string][] = [
    ["oidcc-response-type-missing", { response_type: undefined }, "invalid_request"],
    ["A4: the implicit flow", { response_type: "id_token" }, "unsupported_response_type"],
    ["A4: a hybrid flow", { response_type: "code id_token" }, "unsupported_response_type"],
    ["A4: response_type=token", { response_type: "token" }, "unsupported_response_type"],
    ["A4: response_mode=fragment", { response_mode: "fragment" }, "invalid_request"],
    ["A4: an unknown response_mode", { response_mode: "web_message" }, "invalid_request"],
    ["A5: no code_challenge", { code_challenge: undefined }, "invalid_request"],
    ["A5: code_challenge_method=plain", { code_challenge_method: "plain" }, "invalid_request"],
    [
      "A5: no code_challenge_method, which means plain",
      { code_challenge_method: undefined },
      "invalid_request",
    ],
    ["A5: a challenge of 42 characters", { code_challenge: "a".repeat(42) }, "invalid_request"],
    ["A5: a challenge of 129 characters", { code_challenge: "a".repeat(129) }, "invalid_request"],
    [
      "A5: a challenge that is not base64url",
      { code_challenge: "+".repeat(43) },
      "invalid_request",
    ],
    ["prompt=none with another", { prompt: "none login" }, "invalid_request"],
    ["an unknown prompt", { prompt: "create" }, "invalid_request"],
    ["a negative max_age", { max_age: "-1" }, "invalid_request"],
    ["a max_age that is no number", { max_age: "1e9" }, "invalid_request"],
    [
      "oidcc-unsigned-request-object-…-rejected-as-unsupported",
      { request: "eyJ" },
      "request_not_supported",
    ],
    [
      "oidcc-request-uri-unsigned-…-rejected-as-unsupported",
      { request_uri: "https://bank.example/r" },
      "request_uri_not_supported",
    ],
    ["a registration of its own", { registration: "{}" }, "registration_not_supported"],
    ["no scope", { scope: undefined }, "invalid_scope"],
    ["only scopes nobody knows", { scope: "unknown" }, "invalid_scope"],
    ["a scope the client may not ask for", { scope: "openid phone" }, "invalid_scope"],
    [
      "a resource's scope the client may not ask for",
      { scope: "openid transfers:write" },
      "invalid_scope",
    ],
    ["a scope with characters it cannot have", { scope: 'openid "' }, "invalid_scope"],
    ["E8: a scope of more than 1 KiB", { scope: "a".repeat(1025) }, "invalid_scope"],
    ["an unknown resource", { resource: "https://unknown.example" }, "invalid_target"],
    [
      "a resource that is not for this client",
      { resource: [API.identifier, "https://private.example/api"] },
      "invalid_target",
    ],
    ["an id_token_hint that is none", { id_token_hint: "a.b.c" }, "invalid_request"],
    [
      "A7: prompt=none and nobody signed in (oidcc-prompt-none-not-logged-in)",
      { prompt: "none" },
      "login_required",
    ],
    ["A3: response_type twice", { response_type: ["code", "code"] }, "invalid_request"],
    ["A3: scope twice", { scope: ["openid", "openid"] }, "invalid_request"],
    ["A3: nonce twice", { nonce: ["a", "a"] }, "invalid_request"],
    ["A3: prompt twice", { prompt: ["login", "login"] }, "invalid_request"],
    ["A3: max_age twice", { max_age: ["1", "1"] }, "invalid_request"],
    [
      "A3: code_challenge twice",
      { code_challenge: ["a".repeat(43), "a".repeat(43)] },
      "invalid_request",
    ],
    [
      "A3: code_challenge_method twice",
      { code_challenge_method: ["S256", "S256"] },
      "invalid_request",
    ],
    ["A3: response_mode twice", { response_mode: ["query", "query"] }, "invalid_request"],
    ["A3: login_hint twice", { login_hint: ["a", "b"] }, "invalid_request"],
    ["A3: id_token_hint twice", { id_token_hint: ["a", "b"] }, "invalid_request"],
    ["A3: acr_values twice", { acr_values: ["a", "b"] }, "invalid_request"],
    ["A3: ui_locales twice", { ui_locales: ["a", "b"] }, "invalid_request"],
    ["A3: display twice", { display: ["page", "page"] }, "invalid_request"],
  ];

  it.each(cases)("A6: %s", async (_, changed, error) => {
    const answer = await ask(changed);
    expect(answer.location).toMatch(CALLBACK);
    const parameters = told(answer);
    expect(parameters).toMatchObject({ error, state: "a-state", iss: idp.issuer });
    expect(parameters.error_description).not.toBe("");
    expect(parameters.code).toBeUndefined();
  });

  it("A3: state twice: the error comes without either", async () => {
    const parameters = told(await ask({ state: ["a", "b"] }));
    expect(parameters).toMatchObject({ error: "invalid_request", iss: idp.issuer });
    expect(parameters.state).toBeUndefined();
  });

  const onPages: [string, Parameters][] = [
    ["client_id twice", { client_id: ["bank", "bank"] }],
    ["redirect_uri twice", { redirect_uri: [CALLBACK, CALLBACK] }],
    ["a value of more than 2 KiB", { state: tooLong }],
    ["NUL", { nonce: "a\0" }],
  ];
  it.each(onPages)("A3: %s gets a page", async (_, changed) => {
    const answer = await ask(changed);
    expect([answer.status, answer.location]).toEqual([400, undefined]);
    expect(answer.text).toContain("invalid_request");
  });

  it("A3: bad UTF-8 gets a page", async () => {
    const url = `${authorizeUrl(idp, { id: "bank" })}&login_hint=%FF`;
    expect((await aVisitor().get(url)).status).toBe(400);
  });

  it("A12: form_post to what is no web address is refused by query", async () => {
    const answer = await ask(
      { redirect_uri: "com.example.app:/cb", response_mode: "form_post" },
      "native",
    );
    expect(answer.location).toMatch(/^com\.example\.app:\/cb\?error=invalid_request&/);
  });

  it("a client without the authorization code grant", async () => {
    expect(told(await ask({}, "machine"))).toMatchObject({ error: "unauthorized_client" });
  });
});

describe("what /authorize accepts (OIDC Core §3.1.2.1)", () => {
  const cases: [string, Parameters][] = [
    ["a plain request", {}],
    ["oidcc-ensure-request-with-unknown-parameter-succeeds", { extra: "foobar" }],
    ["A3: unknown names with brackets", { "a[]": ["1", "2"], "scope[x]": "y" }],
    ["an unknown parameter twice", { extra: ["1", "2"] }],
    ["oidcc-ensure-request-without-nonce-succeeds-for-code-flow", { nonce: undefined }],
    ["no state", { state: undefined }],
    ["empty values, which are none", { prompt: "", max_age: "", request: "" }],
    ["oidcc-display-page", { display: "page" }],
    ["oidcc-display-popup", { display: "popup" }],
    ["oidcc-ui-locales", { ui_locales: "se" }],
    ["oidcc-claims-locales", { claims_locales: "se" }],
    ["oidcc-claims-essential, ignored", { claims: '{"userinfo":{"name":{"essential":true}}}' }],
    ["oidcc-ensure-request-with-acr-values-succeeds", { acr_values: "1 2" }],
    ["oidcc-login-hint", { login_hint: "buffy@example.test" }],
    ["scopes nobody knows, among others", { scope: "openid something-else" }],
    ["plain OAuth, without openid", { scope: "accounts:read", resource: API.identifier }],
    ["the same resource twice", { resource: [API.identifier, API.identifier] }],
    ["every prompt but none", { prompt: "login consent select_account" }],
  ];
  it.each(cases)("%s", async (_, changed) => {
    const answer = await ask(changed);
    expect(answer.location).toMatch(`${idp.issuer}/sign-in/`);
  });

  it("oidcc-ensure-post-request-succeeds: the same by POST", async () => {
    const visitor = aVisitor();
    const form = Object.fromEntries(new URL(authorizeUrl(idp, { id: "bank" })).searchParams);
    const page = await visitor.post(`${idp.issuer}/authorize`, form);
    expect(page.status).toBe(303);
    expect((await visitor.follow(page.location ?? "")).url).toMatch("/sign-in/");
  });

  it("by POST, only a form", async () => {
    const answer = await fetch(`${idp.issuer.replace("id.localhost", "127.0.0.1")}/authorize`, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: "{}",
    });
    expect(answer.status).toBe(400);
  });

  it("login_hint prefills the sign-in page, escaped", async () => {
    const login_hint = 'buffy"><svg onload=alert(1)>@example.test';
    const page = await aVisitor().follow(authorizeUrl(idp, { id: "bank" }, { login_hint }));
    expect(page.text).not.toContain("<svg onload");
    expect(page.forms[0]?.fields.email).toContain("buffy");
  });
});
