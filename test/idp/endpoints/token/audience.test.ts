import { describe, expect, it } from "vitest";
import {
  namedResource,
  narrowedScopes,
  scopesFor,
  targetResource,
} from "../../../../idp/endpoints/token/audience.ts";

const error = (code: string) => expect.objectContaining({ code });

describe("what an access token is for (RFC 8707 §2.2)", () => {
  it.each([
    ["none authorized, none named: the issuer", [], undefined, undefined],
    ["one authorized, none named: that one", ["a"], undefined, "a"],
    ["one authorized and named", ["a"], "a", "a"],
    ["several authorized, none named: the issuer", ["a", "b"], undefined, undefined],
    ["several authorized, one named", ["a", "b"], "b", "b"],
  ])("%s", (_what, authorized, named, target) => {
    expect(targetResource(authorized, named)).toBe(target);
  });

  it.each([
    ["nothing was", []],
    ["another one was", ["a"]],
    ["several others were", ["a", "b"]],
  ])("a resource that was not authorized is invalid_target, when %s", (_what, authorized) => {
    expect(() => targetResource(authorized, "c")).toThrow(error("invalid_target"));
    expect(() => targetResource(authorized, "a/")).toThrow(error("invalid_target"));
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

  it("E8: a request may ask for less and never for more", () => {
    expect(narrowedScopes(granted, undefined)).toEqual(granted);
    expect(narrowedScopes(granted, ["email"])).toEqual(["email"]);
    expect(() => narrowedScopes(granted, ["email", "phone"])).toThrow(error("invalid_scope"));
    expect(() => narrowedScopes([], ["openid"])).toThrow(error("invalid_scope"));
  });
});
