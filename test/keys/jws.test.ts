import { createPublicKey } from "node:crypto";
import { compactVerify, exportJWK, generateKeyPair, SignJWT } from "jose";
import { describe, expect, it } from "vitest";
import { compactJws, encodedHeader, isSignedBy } from "../../keys/jws.ts";

const ALGS = ["RS256", "PS256", "ES256", "EdDSA"];

const pairFor = async (alg: string) => {
  const { privateKey, publicKey } = await generateKeyPair(alg, { extractable: true });
  const key = createPublicKey({ key: { ...(await exportJWK(publicKey)) }, format: "jwk" });
  return { privateKey, publicKey, verification: { alg, key } };
};

const sign = async (alg: string, pair: Awaited<ReturnType<typeof pairFor>>) =>
  compactJws(encodedHeader({ alg, typ: "JWT", kid: "one" }), { sub: "zoë" }, { alg, ...pair });

describe.each(ALGS)("a compact JWS by %s", (alg) => {
  it("is what a library of others verifies, header and payload as given", async () => {
    const pair = await pairFor(alg);
    const token = await sign(alg, pair);
    const { payload, protectedHeader } = await compactVerify(token, pair.publicKey);
    expect(protectedHeader).toEqual({ alg, typ: "JWT", kid: "one" });
    expect(JSON.parse(new TextDecoder().decode(payload))).toEqual({ sub: "zoë" });
  });

  it("of a library of others is verified here", async () => {
    const { privateKey, verification } = await pairFor(alg);
    const token = await new SignJWT({}).setProtectedHeader({ alg }).sign(privateKey);
    expect(isSignedBy(verification, token)).toBe(true);
  });

  it("T1: one bit, another key or an empty signature, and it is nobody's", async () => {
    const pair = await pairFor(alg);
    const token = await sign(alg, pair);
    const [header = "", payload = "", signature = ""] = token.split(".");
    const bytes = Buffer.from(signature, "base64url");
    bytes[0] = (bytes[0] ?? 0) ^ 1;
    const { verification: other } = await pairFor(alg);
    expect(isSignedBy(pair.verification, token)).toBe(true);
    expect(isSignedBy(other, token)).toBe(false);
    for (const wrong of [bytes.toString("base64url"), "", signature.slice(4), `${signature}AAAA`])
      expect(isSignedBy(pair.verification, `${header}.${payload}.${wrong}`)).toBe(false);
    expect(isSignedBy(pair.verification, `${header}.${payload}x.${signature}`)).toBe(false);
  });
});

it("T1: RS256 and PS256 share their keys and not their signatures", async () => {
  const pair = await pairFor("RS256");
  const token = await sign("RS256", pair);
  expect(isSignedBy({ ...pair.verification, alg: "PS256" }, token)).toBe(false);
});
