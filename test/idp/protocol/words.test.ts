import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { claimsForScopes } from "../../../idp/protocol/claims.ts";
import {
  type CredentialKind,
  hashOf,
  isCredential,
  matchesHash,
  newCredential,
} from "../../../idp/protocol/credential.ts";
import { invalidGrant, serverError } from "../../../idp/protocol/oauth-error.ts";
import { challengeOf, isCodeChallenge, isCodeVerifier } from "../../../idp/protocol/pkce.ts";
import { formatScope, parseScope } from "../../../idp/protocol/scope.ts";

describe("PKCE (RFC 7636)", () => {
  it("computes the challenge of RFC 7636 Appendix B", () => {
    expect(challengeOf("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk")).toBe(
      "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM",
    );
  });

  it.each([
    [42, false],
    [43, true],
    [128, true],
    [129, false],
  ])("A5: a verifier of %i characters: %s", (length, accepted) => {
    expect(isCodeVerifier("a".repeat(length))).toBe(accepted);
  });

  it("A5: a challenge is 43 base64url characters and nothing else", () => {
    expect(isCodeChallenge("A".repeat(43))).toBe(true);
    for (const not of [
      "",
      "A".repeat(42),
      "A".repeat(44),
      `${"A".repeat(42)}=`,
      `${"A".repeat(42)}\n`,
    ]) {
      expect(isCodeChallenge(not), JSON.stringify(not)).toBe(false);
    }
  });
});

describe("scope (RFC 6749 §3.3)", () => {
  it("keeps the order, drops what is repeated, forgives extra spaces", () => {
    expect(parseScope("openid  email openid ")).toEqual(["openid", "email"]);
  });

  it.each(["openid\temail", 'o"', "o\\", "é", "a\nb", "a\u00a0b"])("refuses %j", (text) => {
    expect(() => parseScope(text)).toThrow(expect.objectContaining({ code: "invalid_scope" }));
  });

  it("E8: more than 1 KiB is refused before it is looked at", () => {
    expect(parseScope("a".repeat(1024))).toHaveLength(1);
    expect(() => parseScope("a ".repeat(25_000))).toThrow("longer than 1024");
  });

  it("reads back what it writes", () => {
    const token = fc.stringMatching(/^[\x21\x23-\x5b\x5d-\x7e]{1,8}$/);
    fc.assert(
      fc.property(fc.uniqueArray(token, { maxLength: 20 }), (scopes) => {
        expect(parseScope(formatScope(scopes))).toEqual(scopes);
      }),
    );
  });
});

describe("credentials", () => {
  const kinds: CredentialKind[] = [
    "code",
    "refresh",
    "session",
    "browser",
    "device",
    "password-link",
    "client-secret",
    "csrf",
  ];

  it.each(kinds)("T9: a %s credential is 256 random bits and no other kind", (kind) => {
    const secret = newCredential(kind);
    expect(secret).toMatch(/^sg[a-z]_[A-Za-z0-9_-]{43}$/);
    expect(secret).not.toBe(newCredential(kind));
    expect(kinds.filter((other) => isCredential(other, secret))).toEqual([kind]);
  });

  it("T10: a shortened, lengthened or padded credential is none", () => {
    const code = newCredential("code");
    for (const not of [
      code.slice(0, -1),
      `${code}A`,
      `${code}=`,
      ` ${code}`,
      `${code}\n`,
      code.toUpperCase(),
    ]) {
      expect(isCredential("code", not), JSON.stringify(not)).toBe(false);
    }
  });

  it("compares a secret with its hash", () => {
    const secret = newCredential("client-secret");
    expect(matchesHash(secret, hashOf(secret))).toBe(true);
    expect(matchesHash(`${secret}x`, hashOf(secret))).toBe(false);
    expect(matchesHash("", "")).toBe(false);
  });
});

describe("claims by scope (OpenID Connect Core §5.4)", () => {
  const person = {
    id: "a1",
    name: "Alice Moreau",
    email: "Alice@example.test",
    emailVerified: true,
    updatedAt: new Date("2026-01-02T03:04:05.678Z"),
    claims: {
      family_name: "Moreau",
      nickname: 7,
      name: "Mallory",
      sub: "somebody-else",
      phone_number: "+33 1 23 45 67 89",
      address: { locality: "Lyon", planet: "Earth" },
    },
  };

  it.each([
    [["openid"], {}],
    [["openid", "accounts:read"], {}],
    [["profile"], { name: "Alice Moreau", family_name: "Moreau", updated_at: 1767323045 }],
    [["email"], { email: "Alice@example.test", email_verified: true }],
    [["phone"], { phone_number: "+33 1 23 45 67 89", phone_number_verified: false }],
    [["address"], { address: { locality: "Lyon" } }],
  ])("%j opens exactly its own claims, of the right type", (scopes, claims) => {
    expect(claimsForScopes(person, scopes)).toEqual(claims);
  });

  it("leaves out what is not known, whatever is stored", () => {
    for (const claims of [null, "text", [], {}, { address: "text", phone_number: 1 }]) {
      expect(claimsForScopes({ ...person, claims }, ["address", "phone"])).toEqual({});
    }
  });
});

describe("OAuth errors", () => {
  it("RFC 6749 §5.2: a description holds only the characters that the RFC allows", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        expect(invalidGrant(text).description).toMatch(/^[\x20\x21\x23-\x5b\x5d-\x7e]*$/);
      }),
    );
  });

  it("a server error keeps its cause to itself", () => {
    const error = serverError(new Error("password is hunter2"));
    expect(error.description).not.toMatch(/hunter2/);
    expect(error.cause).toBeInstanceOf(Error);
  });
});
