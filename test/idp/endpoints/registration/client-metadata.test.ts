import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { clientMetadata } from "../../../../idp/endpoints/registration/client-metadata.ts";
import { OAuthError } from "../../../../idp/protocol/oauth-error.ts";

const rules = {
  scopes: ["openid", "email", "accounts:read"],
  signingAlgs: ["RS256"],
  issuer: "https://id.example",
};
const redirect_uris = ["https://rp.example/callback"];
const check = (presented: Record<string, unknown>) => clientMetadata(presented, rules);
const accept = (presented: Record<string, unknown>) => check({ redirect_uris, ...presented });

const P256 = {
  kty: "EC",
  crv: "P-256",
  x: "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
  y: "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0",
};

describe("client metadata (RFC 7591 §2)", () => {
  it("fills in the defaults", () => {
    expect(accept({})).toEqual({
      redirect_uris,
      post_logout_redirect_uris: [],
      token_endpoint_auth_method: "client_secret_basic",
      grant_types: ["authorization_code"],
      response_types: ["code"],
      application_type: "web",
      subject_type: "public",
      require_auth_time: false,
      require_pushed_authorization_requests: false,
      id_token_on_refresh: false,
      backchannel_logout_session_required: false,
      frontchannel_logout_session_required: false,
      id_token_signed_response_alg: "RS256",
      scopes: rules.scopes,
    });
  });

  it("takes where the client hears of logouts, with what it wants to be told", () => {
    const logout = {
      backchannel_logout_uri: "https://hooks.rp.example/logout?a=b",
      backchannel_logout_session_required: true,
      frontchannel_logout_uri: "https://rp.example/logged-out",
      frontchannel_logout_session_required: true,
    };
    expect(accept(logout)).toMatchObject(logout);
  });

  it("ignores what it does not know, and null", () => {
    expect(accept({ "client_name#de": "Bank", nonsense: 1, logo_uri: null })).toEqual(accept({}));
  });

  it("refuses a software statement, which nobody here would believe (RFC 7591 §3.2.2)", () => {
    expect(() => accept({ software_statement: "e30.e30." })).toThrow(
      expect.objectContaining({ code: "unapproved_software_statement" }),
    );
  });

  it("takes where a sign-in is begun, over http on loopback only where the issuer itself is", () => {
    const initiate_login_uri = "https://rp.example/sign-in?a=b";
    expect(accept({ initiate_login_uri, default_acr_values: ["pwd"] })).toMatchObject({
      initiate_login_uri,
      default_acr_values: ["pwd"],
    });
    const local = { redirect_uris, initiate_login_uri: "http://rp.localhost:4001/sign-in" };
    const issuer = "http://id.localhost:4000";
    expect(clientMetadata(local, { ...rules, issuer })).toMatchObject(local);
  });

  it("gives of the scopes asked for those that exist, and says so", () => {
    expect(accept({ scope: "openid admin accounts:read" }).scopes).toEqual([
      "openid",
      "accounts:read",
    ]);
    expect(() => accept({ scope: "admin" })).toThrow(/^invalid_client_metadata: scope/);
  });

  it.each([
    [{ grant_types: ["client_credentials"] }, []],
    [{ grant_types: ["authorization_code", "refresh_token"] }, ["code"]],
    [{ grant_types: ["authorization_code"], response_types: ["code"] }, ["code"]],
    [{ grant_types: ["client_credentials"], response_types: [] }, []],
  ])("grants and response types belong together: %j", (presented, responseTypes) => {
    expect(accept(presented).response_types).toEqual(responseTypes);
  });

  it("a machine needs no redirect URI", () => {
    expect(check({ grant_types: ["client_credentials"] }).redirect_uris).toEqual([]);
  });

  it.each([
    ["grant_types", { grant_types: ["password"] }],
    ["grant_types", { grant_types: ["implicit"] }],
    ["grant_types", { grant_types: [] }],
    ["grant_types", { grant_types: "authorization_code" }],
    ["grant_types", { grant_types: ["refresh_token"] }],
    ["grant_types", { grant_types: ["client_credentials"], token_endpoint_auth_method: "none" }],
    ["response_types", { response_types: ["token"] }],
    ["response_types", { response_types: ["code id_token"] }],
    ["response_types", { response_types: [] }],
    ["response_types", { grant_types: ["client_credentials"], response_types: ["code"] }],
    ["token_endpoint_auth_method", { token_endpoint_auth_method: "private_key_jwt" }],
    ["token_endpoint_auth_method", { token_endpoint_auth_method: "client_secret_jwt" }],
    ["token_endpoint_auth_signing_alg", { token_endpoint_auth_signing_alg: "HS256" }],
    ["jwks", { jwks: { keys: [] } }],
    ["jwks_uri", { jwks_uri: "http://rp.example/jwks" }],
    ["jwks_uri", { jwks_uri: "https://rp.example/jwks", jwks: { keys: [P256] } }],
    ["jwks", { jwks: { keys: [{ ...P256, d: "AAAA" }] } }],
    ["jwks", { jwks: { keys: [{ kty: "oct", k: "AAAA" }] } }],
    ["jwks", { jwks: "https://rp.example/jwks" }],
    ["jwks", { jwks: { keys: [{ ...P256, crv: "P-384" }] } }],
    ["token_endpoint_auth_method", { token_endpoint_auth_method: "private_key_jwt" }],
    ["token_endpoint_auth_method", { token_endpoint_auth_method: "client_secret_jwt" }],
    ["sector_identifier_uri", { sector_identifier_uri: "http://rp.example/sector" }],
    ["request_uris", { request_uris: ["https://rp.example/request"] }],
    ["request_object_signing_alg", { request_object_signing_alg: "RS256" }],
    ["userinfo_signed_response_alg", { userinfo_signed_response_alg: "none" }],
    ["userinfo_encrypted_response_alg", { userinfo_encrypted_response_alg: "RSA-OAEP" }],
    ["id_token_signed_response_alg", { id_token_signed_response_alg: "none" }],
    ["id_token_signed_response_alg", { id_token_signed_response_alg: "HS256" }],
    ["id_token_signed_response_alg", { id_token_signed_response_alg: ["RS256"] }],
    ["application_type", { application_type: "service" }],
    ["client_name", { client_name: "" }],
    ["client_name", { client_name: "a\nb" }],
    ["client_name", { client_name: "a\u0000b" }],
    ["client_name", { client_name: "a".repeat(201) }],
    ["client_name", { client_name: {} }],
    ["client_uri", { client_uri: "javascript:alert(1)" }],
    ["logo_uri", { logo_uri: "data:image/png;base64,AAAA" }],
    ["policy_uri", { policy_uri: "/policy" }],
    ["tos_uri", { tos_uri: "file:///etc/passwd" }],
    ["initiate_login_uri", { initiate_login_uri: "http://rp.example/start" }],
    ["initiate_login_uri", { initiate_login_uri: "javascript:alert(1)" }],
    ["initiate_login_uri", { initiate_login_uri: "https://rp.example/start#x" }],
    ["initiate_login_uri", { initiate_login_uri: "http://rp.localhost/start" }],
    ["default_acr_values", { default_acr_values: ["phr"] }],
    ["default_acr_values", { default_acr_values: "pwd" }],
    ["contacts", { contacts: Array.from({ length: 21 }, (_, i) => `${i}@rp.example`) }],
    ["contacts", { contacts: "me@rp.example" }],
    ["default_max_age", { default_max_age: -1 }],
    ["default_max_age", { default_max_age: "60" }],
    ["require_auth_time", { require_auth_time: "true" }],
    ["scope", { scope: ["openid"] }],
    ["scope", { scope: 'open"id' }],
    ["scope", { scope: "a ".repeat(600) }],
    ["post_logout_redirect_uris", { post_logout_redirect_uris: ["http://rp.example/"] }],
    ["post_logout_redirect_uris", { post_logout_redirect_uris: ["https://rp.example/#x"] }],
    ["backchannel_logout_uri", { backchannel_logout_uri: "http://rp.example/logout" }],
    ["backchannel_logout_uri", { backchannel_logout_uri: "https://rp.example/logout#x" }],
    ["backchannel_logout_uri", { backchannel_logout_uri: "https://u:p@rp.example/logout" }],
    ["backchannel_logout_uri", { backchannel_logout_uri: "/logout" }],
    ["backchannel_logout_session_required", { backchannel_logout_session_required: "yes" }],
    ["frontchannel_logout_uri", { frontchannel_logout_uri: "https://other.example/logout" }],
    ["frontchannel_logout_uri", { frontchannel_logout_uri: "https://rp.example:8443/logout" }],
    ["frontchannel_logout_uri", { frontchannel_logout_uri: "javascript:alert(1)" }],
    ["key_events_uri", { key_events_uri: "" }],
    ["key_events_uri", { key_events_uri: ["https://rp.example/key-events"] }],
    ["key_events_uri", { key_events_uri: "/key-events" }],
    ["key_events_uri", { key_events_uri: "http://rp.example/key-events" }],
    ["key_events_uri", { key_events_uri: "http://127.0.0.1/key-events" }],
    ["key_events_uri", { key_events_uri: "https://rp.example/key-events#x" }],
    ["key_events_uri", { key_events_uri: "https://user:pass@rp.example/key-events" }],
    ["key_events_uri", { key_events_uri: "https://other.example/key-events" }],
    ["key_events_uri", { key_events_uri: "https://rp.example:8443/key-events" }],
    ["key_events_uri", { key_events_uri: "https://169.254.169.254/latest/meta-data" }],
  ])("refuses %s by name: %j", (member, presented) => {
    expect(() => accept(presented)).toThrow(
      expect.objectContaining({
        code: "invalid_client_metadata",
        description: expect.stringMatching(new RegExp(`^${member} `)),
      }),
    );
  });

  it.each([
    [{}],
    [{ redirect_uris: [] }],
    [{ redirect_uris: "https://rp.example/callback" }],
    [{ redirect_uris: [1] }],
    [{ redirect_uris: ["http://rp.example/callback"] }],
    [{ redirect_uris: ["https://rp.example/callback#fragment"] }],
    [{ redirect_uris: ["https://rp.example/a", "https://user@rp.example/b"] }],
    [{ redirect_uris: ["com.example.app:/callback"] }],
    [{ redirect_uris: Array.from({ length: 51 }, (_, i) => `https://rp.example/${i}`) }],
  ])("A1: refuses as invalid_redirect_uri: %j", (presented) => {
    expect(() => check(presented)).toThrow(
      expect.objectContaining({ code: "invalid_redirect_uri" }),
    );
  });

  it("A1: a native application may use a private-use scheme and a loopback IP", () => {
    const uris = ["com.example.app:/callback", "http://127.0.0.1/callback"];
    expect(check({ redirect_uris: uris, application_type: "native" }).redirect_uris).toEqual(uris);
  });

  it("F1: a site's kit hears of keys where its codes are sent, and nowhere else", () => {
    const key_events_uri = "https://rp.example/a/key-events?b";
    expect(accept({ key_events_uri })).toMatchObject({ key_events_uri });
    const machine = { grant_types: ["client_credentials"], key_events_uri };
    expect(() => check(machine)).toThrow(/^invalid_client_metadata: key_events_uri/);
  });

  it("F1: over http on loopback only where the issuer itself is", () => {
    const local = {
      redirect_uris: ["http://rp.localhost:4001/callback"],
      key_events_uri: "http://rp.localhost:4001/key-events",
    };
    expect(() => check(local)).toThrow(/^invalid_client_metadata: key_events_uri must be https/);
    const issuer = "http://id.localhost:4000";
    expect(clientMetadata(local, { ...rules, issuer })).toMatchObject(local);
  });

  it("takes every algorithm that signs here, the usual one unless asked", () => {
    const signingAlgs = ["RS256", "ES256"];
    const alg = (presented: object) =>
      clientMetadata({ redirect_uris, ...presented }, { ...rules, signingAlgs })
        .id_token_signed_response_alg;
    expect(alg({ id_token_signed_response_alg: "ES256" })).toBe("ES256");
    expect(alg({})).toBe("RS256");
    expect(() => alg({ id_token_signed_response_alg: "PS256" })).toThrow(/signed_response_alg/);
  });

  it("H6: any JSON gives metadata or a refusal of RFC 7591", () => {
    const member = fc.constantFrom(
      "redirect_uris",
      "grant_types",
      "response_types",
      "scope",
      "client_name",
      "contacts",
      "default_max_age",
      "key_events_uri",
      "__proto__",
    );
    fc.assert(
      fc.property(fc.array(fc.tuple(member, fc.jsonValue())), (members) => {
        try {
          accept(Object.fromEntries(members));
        } catch (thrown) {
          expect(thrown).toBeInstanceOf(OAuthError);
          expect(thrown).toHaveProperty(
            "code",
            expect.stringMatching(/^invalid_(client|redirect)/),
          );
        }
      }),
    );
  });
});
