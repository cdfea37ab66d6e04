// The least that an API needs: jose, the address of the key set, and its own name. None of our kit.
import {
  type CryptoKey,
  createRemoteJWKSet,
  customFetch,
  errors,
  generateKeyPair,
  jwtVerify,
  SignJWT,
} from "jose";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { aClient } from "../idp/endpoints/authorize/arranging.ts";
import { localFetch } from "../support/local-fetch.ts";
import { aWorld, BANK_API, PORTAL_API, type World } from "./a-site.ts";

let world: World;
let machine: Awaited<ReturnType<typeof aClient>>;
let keys: ReturnType<typeof createRemoteJWKSet>;
beforeAll(async () => {
  world = await aWorld();
  machine = await aClient(world.idp, "machine", {
    grantTypes: ["client_credentials"],
    redirectUris: [],
    scopes: ["accounts:read", "plan:read"],
  });
  keys = createRemoteJWKSet(new URL(`${world.idp.issuer}/jwks`), {
    [customFetch]: localFetch as (url: string, init: object) => Promise<Response>,
  });
});
afterAll(() => world.idp.close());

async function tokenFor(resource: string): Promise<string> {
  const answer = await localFetch(`${world.idp.issuer}/token`, {
    method: "POST",
    headers: { Authorization: `Basic ${btoa(`${machine.id}:${machine.secret}`)}` },
    body: new URLSearchParams({ grant_type: "client_credentials", resource }),
  });
  const body = (await answer.json()) as { access_token: string };
  return body.access_token;
}

/** What the bank's API does with a token. */
const verifyAtBank = (token: string) =>
  jwtVerify(token, keys, {
    issuer: world.idp.issuer,
    audience: BANK_API,
    typ: "at+jwt",
    algorithms: ["RS256"],
    requiredClaims: ["exp", "iat", "sub", "client_id", "jti"],
  });

describe("a verifier of jose alone", () => {
  it("T4: takes the bank's token, offline but for the key set", async () => {
    const { payload, protectedHeader } = await verifyAtBank(await tokenFor(BANK_API));
    expect(payload).toMatchObject({ aud: BANK_API, sub: machine.id, scope: "accounts:read" });
    expect(protectedHeader).toMatchObject({ alg: "RS256", typ: "at+jwt" });
    const seen = world.idp.database.statements.count;
    await verifyAtBank(await tokenFor(BANK_API));
    expect(world.idp.database.statements.count).toBe(seen);
  });

  it("T4: refuses the portal's", async () => {
    await expect(verifyAtBank(await tokenFor(PORTAL_API))).rejects.toThrow(
      errors.JWTClaimValidationFailed,
    );
  });

  it("T1: refuses one that is signed by somebody else, whatever key it names", async () => {
    const { privateKey } = await generateKeyPair("RS256");
    const sign = (kid: string, key: CryptoKey) =>
      new SignJWT({ client_id: "x", jti: "x" })
        .setProtectedHeader({ alg: "RS256", typ: "at+jwt", kid })
        .setIssuer(world.idp.issuer)
        .setAudience(BANK_API)
        .setSubject("x")
        .setIssuedAt()
        .setExpirationTime("5m")
        .sign(key);
    const known = await sign(world.idp.known.ring.activeKid, privateKey);
    await expect(verifyAtBank(known)).rejects.toThrow(errors.JWSSignatureVerificationFailed);
    await expect(verifyAtBank(await sign("unknown", privateKey))).rejects.toThrow(
      errors.JWKSNoMatchingKey,
    );
  });

  it("K2, K3: takes tokens from before and after a rotation, with the keys it fetched before", async () => {
    const before = await tokenFor(BANK_API);
    await verifyAtBank(before);
    world.idp.clock.advance(world.idp.config.keys.leadSeconds);
    await world.idp.known.keys.poll();
    const rotated = await world.idp.known.keys.rotate({ actor: "test" });
    expect(rotated.kind).toBe("rotated");
    const after = await tokenFor(BANK_API);
    const currentDate = world.idp.clock.now();
    const { protectedHeader } = await jwtVerify(after, keys, { currentDate, audience: BANK_API });
    expect(protectedHeader.kid).toBe(world.idp.known.ring.activeKid);
    expect(keys.fresh).toBe(true);
    await verifyAtBank(before);
  });
});
