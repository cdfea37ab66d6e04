import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { jwksDocument } from "../../keys/jwks.ts";
import type { KeyState, SigningKey } from "../../keys/signing-key.ts";

const base64url = fc.base64String({ minLength: 4 }).map((text) => text.replace(/\W/g, "x"));

/** A key record as hostile as a database could hold: private members beside the public ones. */
const anyKey = fc
  .record({
    kid: base64url,
    state: fc.constantFrom<KeyState>("pending", "active", "retiring", "retired", "revoked"),
    members: fc.oneof(
      fc.record({ kty: fc.constant("RSA"), n: base64url, e: base64url }),
      fc.record({ kty: fc.constant("EC"), crv: fc.constant("P-256"), x: base64url, y: base64url }),
    ),
    strays: fc.dictionary(
      fc.constantFrom("d", "p", "q", "dp", "dq", "qi", "k", "oth", "x5c", "key_ops", "__proto__"),
      base64url,
    ),
    time: fc.date({ noInvalidDate: true }),
  })
  .map(({ kid, state, members, strays, time }): SigningKey => {
    const alg = members.kty === "RSA" ? "RS256" : "ES256";
    const publicJwk = { ...strays, ...members };
    return {
      kid,
      alg,
      state,
      publicJwk,
      sealedPrivate: "c2VhbGVk",
      kekId: "kek-1",
      publishedAt: time,
    };
  });

const anySet = fc.uniqueArray(anyKey, { selector: ({ kid }) => kid, maxLength: 16 });

const published = (keys: readonly SigningKey[]): Record<string, unknown>[] =>
  JSON.parse(jwksDocument(keys).body.toString()).keys;

describe("the JWKS", () => {
  it("T8, K9: holds kty, kid, use, alg and public members, whatever the records hold", () => {
    fc.assert(
      fc.property(anySet, (keys) => {
        for (const jwk of published(keys)) {
          const members = jwk.kty === "RSA" ? ["e", "n"] : ["crv", "x", "y"];
          expect(Object.keys(jwk).sort()).toEqual(["alg", "kid", "kty", "use", ...members].sort());
          expect(jwk.use).toBe("sig");
        }
      }),
    );
  });

  it("K1: publishes pending, active and retiring keys, the active first, and no others", () => {
    fc.assert(
      fc.property(anySet, (keys) => {
        const states = published(keys).map(
          ({ kid }) => keys.find((key) => key.kid === kid)?.state ?? "unknown",
        );
        expect(states).toHaveLength(
          keys.filter(({ state }) => ["pending", "active", "retiring"].includes(state)).length,
        );
        const order = ["active", "pending", "retiring"];
        expect(states).toEqual([...states].sort((a, b) => order.indexOf(a) - order.indexOf(b)));
      }),
    );
  });

  it("K10: has one tag for one content, on every replica", () => {
    fc.assert(
      fc.property(anySet, (keys) => {
        const { etag, body } = jwksDocument(keys);
        expect(etag).toMatch(/^"[\w-]{22}"$/);
        expect(jwksDocument([...keys]).etag).toBe(etag);
        const fewer = jwksDocument(keys.slice(1));
        expect(fewer.etag === etag).toBe(fewer.body.equals(body));
      }),
    );
  });
});
