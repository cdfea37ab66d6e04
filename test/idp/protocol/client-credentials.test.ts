import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { bearerToken } from "../../../idp/protocol/bearer-token.ts";
import { clientCredentials } from "../../../idp/protocol/client-credentials.ts";
import { OAuthError } from "../../../idp/protocol/oauth-error.ts";

const base64 = (text: string) => Buffer.from(text).toString("base64");
const basic = (id: string, secret: string) => {
  const encode = (text: string) => new URLSearchParams({ x: text }).toString().slice(2);
  return `Basic ${base64(`${encode(id)}:${encode(secret)}`)}`;
};
const error = (code: string) => expect.objectContaining({ code });

describe("how a client says who it is (RFC 6749 §2.3)", () => {
  it("client_secret_basic, whatever characters the two hold (RFC 6749 §2.3.1)", () => {
    const text = fc.string({ unit: "grapheme", minLength: 1 }).filter((t) => !t.includes("\0"));
    fc.assert(
      fc.property(text, text, (clientId, clientSecret) => {
        expect(clientCredentials(basic(clientId, clientSecret), {})).toEqual({
          method: "client_secret_basic",
          clientId,
          clientSecret,
        });
      }),
    );
  });

  it("client_secret_post and none", () => {
    expect(clientCredentials("", { client_id: "c", client_secret: "s" })).toEqual({
      method: "client_secret_post",
      clientId: "c",
      clientSecret: "s",
    });
    expect(clientCredentials("", { client_id: "c" })).toEqual({ method: "none", clientId: "c" });
  });

  it("client_id may repeat what the header says, and nothing else", () => {
    expect(clientCredentials(basic("c", "s"), { client_id: "c" }).clientId).toBe("c");
    expect(() => clientCredentials(basic("c", "s"), { client_id: "d" })).toThrow(
      error("invalid_request"),
    );
  });

  const JWT_BEARER = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

  it("C1: an assertion names its client, and is not believed yet", () => {
    const client_assertion = `e30.${base64('{"sub":"machine"}')}.AAAA`;
    const request = { client_assertion, client_assertion_type: JWT_BEARER };
    expect(clientCredentials("", request)).toEqual({
      method: "private_key_jwt",
      clientId: "machine",
      assertion: client_assertion,
    });
  });

  const assertion = { client_assertion: "x", client_assertion_type: "y" };
  it.each([
    ["Basic and a secret in the body", basic("c", "s"), { client_id: "c", client_secret: "s" }],
    ["Basic and an assertion", basic("c", "s"), assertion],
    ["a secret and an assertion", "", { client_id: "c", client_secret: "s", ...assertion }],
  ])("C1: %s is one method too many", (_what, authorization, request) => {
    expect(() => clientCredentials(authorization, request)).toThrow(error("invalid_request"));
  });

  it.each([
    ["nothing at all", "", {}],
    ["a secret without a client_id", "", { client_secret: "s" }],
    ["an assertion that is no JWT", "", { ...assertion, client_assertion_type: JWT_BEARER }],
    ["another scheme", "Bearer abc", {}],
    ["no credentials", "Basic", {}],
    ["what is not base64", "Basic ***", {}],
    ["no colon", `Basic ${base64("client")}`, {}],
    ["bytes that are not ASCII", `Basic ${base64("clïent:secret")}`, {}],
    ["a broken percent-encoding", `Basic ${base64("client:%zz")}`, {}],
    ["NUL", `Basic ${base64("client:%00")}`, {}],
    ["two headers in one", `${basic("c", "s")}, ${basic("c", "s")}`, {}],
  ])("C1: %s is invalid_client with a challenge", (_what, authorization, request) => {
    expect(() => clientCredentials(authorization, request)).toThrow(
      expect.objectContaining({ code: "invalid_client", options: { scheme: "Basic" } }),
    );
  });

  it("C1: any header gives credentials or an OAuth error", () => {
    const header = fc.oneof(
      fc.string(),
      fc.string().map((text) => `Basic ${text}`),
      fc.string({ unit: "binary" }).map((text) => `basic ${base64(text)}`),
    );
    fc.assert(
      fc.property(header, (authorization) => {
        try {
          clientCredentials(authorization, {});
        } catch (thrown) {
          expect(thrown).toBeInstanceOf(OAuthError);
        }
      }),
    );
  });
});

describe("how a bearer token comes (RFC 6750 §2)", () => {
  it.each(["Bearer abc.d-e_f~+/==", "bearer abc.d-e_f~+/==", "BEARER   abc.d-e_f~+/== "])(
    "in the header: %s",
    (authorization) => {
      expect(bearerToken({ authorization })).toBe("abc.d-e_f~+/==");
    },
  );

  it("in the body", () => {
    expect(bearerToken({ authorization: "", body: "abc" })).toBe("abc");
  });

  it.each([
    ["header and body", { authorization: "Bearer a", body: "a" }],
    ["another scheme and body", { authorization: "Basic a", body: "a" }],
    ["the query", { authorization: "", query: "a" }],
    ["header and query", { authorization: "Bearer a", query: "a" }],
    ["nothing behind Bearer", { authorization: "Bearer" }],
    ["two tokens", { authorization: "Bearer a b" }],
    ["a quoted token", { authorization: 'Bearer "a"' }],
  ])("%s is no way", (_what, presented) => {
    expect(() => bearerToken(presented)).toThrow(OAuthError);
  });

  it("none at all is a challenge without an error code (RFC 6750 §3.1)", () => {
    for (const authorization of ["", "Basic abc", "DPoP abc"]) {
      expect(() => bearerToken({ authorization })).toThrow(
        expect.objectContaining({ options: { scheme: "Bearer", credentialsMissing: true } }),
      );
    }
  });
});
