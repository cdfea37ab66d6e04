import { describe, expect, it } from "vitest";
import {
  namedResource,
  scopesFor,
  soleResource,
} from "../../../../idp/endpoints/token/audience.ts";

const error = (code: string) => expect.objectContaining({ code });

describe("what an access token is for (RFC 8707 §2.2)", () => {
  it.each([
    ["none authorized: the issuer", [], undefined],
    ["one authorized: that one", ["a"], "a"],
    ["several authorized: the issuer", ["a", "b"], undefined],
  ])("when its request names no resource, with %s", (_what, authorized, sole) => {
    expect(soleResource(authorized)).toBe(sole);
  });

  it("a token is for one resource, however often that one is named", () => {
    expect(namedResource([])).toBeUndefined();
    expect(namedResource(["a", "a"])).toBe("a");
    expect(() => namedResource(["a", "b"])).toThrow(error("invalid_target"));
  });
});

describe("which scopes it carries", () => {
  const granted = ["openid", "email", "accounts:read", "plan:read", "toString"];

  it("those of OpenID Connect for the issuer, its own for a resource", () => {
    expect(scopesFor(granted, undefined)).toEqual(["openid", "email"]);
    expect(scopesFor(granted, { "accounts:read": "…", "transfers:write": "…" })).toEqual([
      "accounts:read",
    ]);
    expect(scopesFor(granted, {})).toEqual([]);
  });
});
