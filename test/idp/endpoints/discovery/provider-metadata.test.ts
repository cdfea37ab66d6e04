import { describe, expect, it } from "vitest";
import { providerMetadata } from "../../../../idp/endpoints/discovery/provider-metadata.ts";

const provider = {
  issuer: "https://id.example",
  endpoints: { token_endpoint: "/token", jwks_uri: "/jwks" },
  grantTypes: ["authorization_code", "refresh_token"],
  signingAlgs: ["RS256"],
};

describe("provider metadata (OpenID Connect Discovery §3, RFC 8414 §2)", () => {
  it("names what is mounted, under the issuer, and nothing else", () => {
    const metadata = providerMetadata(provider);
    expect(metadata).toMatchObject({
      issuer: "https://id.example",
      token_endpoint: "https://id.example/token",
      jwks_uri: "https://id.example/jwks",
      grant_types_supported: ["authorization_code", "refresh_token"],
    });
    expect(metadata).not.toHaveProperty("registration_endpoint");
    expect(metadata).not.toHaveProperty("revocation_endpoint_auth_methods_supported");
  });

  it("says aloud what is refused although a default would promise it", () => {
    expect(providerMetadata(provider)).toMatchObject({
      request_uri_parameter_supported: false,
      request_parameter_supported: false,
    });
  });

  it("never advertises what is forbidden: implicit, plain, none", () => {
    const text = JSON.stringify(providerMetadata(provider));
    for (const forbidden of ["implicit", "plain", "id_token token", "password", "HS256"]) {
      expect(text).not.toContain(`"${forbidden}"`);
    }
    expect(providerMetadata(provider).id_token_signing_alg_values_supported).not.toContain("none");
  });

  it("does not double the slash of an issuer that ends with one", () => {
    const metadata = providerMetadata({ ...provider, issuer: "https://id.example/" });
    expect(metadata).toMatchObject({
      issuer: "https://id.example/",
      token_endpoint: "https://id.example/token",
    });
  });
});
