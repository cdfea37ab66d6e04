import { describe, expect, it } from "vitest";
import { calledUriProblem, isAtOriginOf } from "../../../idp/protocol/client-uri.ts";

const ISSUER = "https://id.example";
const LOCAL_ISSUER = "http://id.localhost:4000";

describe("where a site hears of signing keys", () => {
  it.each([
    "https://bank.example/key-events",
    "https://bank.example:8443/a/b?c=d",
    "https://[2606:4700::1111]/key-events",
  ])("may be %s", (uri) => {
    expect(calledUriProblem(uri, ISSUER)).toBeUndefined();
  });

  it.each([
    "http://bank.example/key-events",
    "http://bank.localhost:4001/key-events",
    "https://user:password@bank.example/key-events",
    "https://user@bank.example/key-events",
    "https://bank.example/key-events#here",
    "https://bank.example/key events",
    "https://0x7f.1/key-events",
    "https:bank.example/key-events",
    "/key-events",
    "key-events",
    "com.example.app:/key-events",
    "javascript:alert(1)",
    `https://bank.example/${"a".repeat(2048)}`,
    "",
  ])("may not be %.60s", (uri) => {
    expect(calledUriProblem(uri, ISSUER)).toBeDefined();
  });

  it("may be http on loopback when the issuer itself is there, and nowhere else", () => {
    expect(calledUriProblem("http://bank.localhost:4001/k", LOCAL_ISSUER)).toBeUndefined();
    expect(calledUriProblem("http://127.0.0.1:4001/k", LOCAL_ISSUER)).toBeUndefined();
    expect(calledUriProblem("http://bank.example/k", LOCAL_ISSUER)).toBeDefined();
  });

  it.each([
    ["https://bank.example/key-events", true],
    ["https://bank.example:443/key-events", true],
    ["https://bank.example:8443/key-events", false],
    ["http://bank.example/key-events", false],
    ["https://evil.example/key-events", false],
    ["https://api.bank.example/key-events", false],
  ])("%s is at the origin of a redirect URI: %s", (uri, isThere) => {
    const redirects = ["com.example.app:/callback", "https://bank.example/callback"];
    expect(isAtOriginOf(uri, redirects)).toBe(isThere);
  });
});
