import { createHash } from "node:crypto";
import { exportJWK, exportPKCS8, jwtVerify, SignJWT } from "jose";
import { describe, expect, it } from "vitest";
import { keySeal } from "../../keys/key-seal.ts";
import {
  newSigningKey,
  openPrivateKey,
  publicKeyOf,
  publicMembersOf,
  type SigningKey,
} from "../../keys/signing-key.ts";
import { aKek } from "./a-key-lifecycle.ts";

const seal = keySeal([aKek()]);
const aKey = async (alg: string): Promise<SigningKey> => ({
  ...(await newSigningKey(alg, { seal, rsaBits: 2048 })),
  state: "active",
  publishedAt: new Date(0),
});

describe.each(["RS256", "PS256", "ES256", "EdDSA"])("a signing key for %s", (alg) => {
  it("signs what its public half verifies", async () => {
    const key = await aKey(alg);
    const token = await new SignJWT({ sub: "alice" })
      .setProtectedHeader({ alg })
      .sign(await openPrivateKey(key, seal));
    const { payload } = await jwtVerify(token, publicKeyOf(key), { algorithms: [alg] });
    expect(payload.sub).toBe("alice");
  });

  it("K9: cannot be exported once it is opened", async () => {
    const opened = await openPrivateKey(await aKey(alg), seal);
    expect(opened.extractable).toBe(false);
    expect(opened.usages).toEqual(["sign"]);
    await expect(exportPKCS8(opened)).rejects.toThrow();
    await expect(exportJWK(opened)).rejects.toThrow();
    await expect(crypto.subtle.exportKey("jwk", opened)).rejects.toThrow();
    expect(JSON.stringify(opened)).not.toContain('"d"');
  });
});

describe("a signing key", () => {
  it("T8: is named by the RFC 7638 thumbprint of its public half", async () => {
    const { kid, publicJwk } = await aKey("RS256");
    const { e, kty, n } = publicJwk;
    // RFC 7638 §3: the required members, in lexicographic order, without white space.
    const thumbprint = createHash("sha256").update(JSON.stringify({ e, kty, n }));
    expect(kid).toBe(thumbprint.digest("base64url"));
  });

  // Large primes are found by luck, perhaps on a machine that is busy with other tests.
  it.each([2048, 3072, 4096])(
    "has the %i bits that are asked for",
    { timeout: 120_000 },
    async (rsaBits) => {
      const made = await newSigningKey("RS256", { seal, rsaBits });
      expect(Buffer.from(made.publicJwk.n ?? "", "base64url")).toHaveLength(rsaBits / 8);
      const key: SigningKey = { ...made, state: "active", publishedAt: new Date(0) };
      const token = await new SignJWT({ sub: "alice" })
        .setProtectedHeader({ alg: "RS256" })
        .sign(await openPrivateKey(key, seal));
      await jwtVerify(token, publicKeyOf(key), { algorithms: ["RS256"] });
    },
  );

  it("keeps nothing private in the open: no PEM, no d, p or q", async () => {
    const key = await aKey("RS256");
    expect(Object.keys(key.publicJwk).sort()).toEqual(["e", "kty", "n"]);
    expect(JSON.stringify(key)).not.toMatch(/PRIVATE|"(d|p|q|dp|dq|qi|k)"/);
  });

  it("drops members that do not belong, and refuses a public half without its own", () => {
    const jwk = { kty: "RSA", n: "n", e: "AQAB", d: "secret", x5c: ["certificate"] };
    expect(publicMembersOf(jwk)).toEqual({ kty: "RSA", n: "n", e: "AQAB" });
    expect(() => publicMembersOf({ kty: "RSA", n: "n" })).toThrow(/without its e/);
    expect(() => publicMembersOf({ kty: "oct", k: "secret" })).toThrow(/no key type oct/);
  });

  it("is not made for an algorithm that nobody asked us to know", async () => {
    await expect(newSigningKey("HS256", { seal, rsaBits: 2048 })).rejects.toThrow(/SIGNING_ALGS/);
  });
});
