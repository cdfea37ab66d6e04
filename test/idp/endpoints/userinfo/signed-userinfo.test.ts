// UserInfo as a signed JWT, for clients that registered for it (OpenID Connect Core §5.3.2).
import { createRemoteJWKSet, decodeProtectedHeader, jwtVerify } from "jose";
import { beforeAll, describe, expect, it } from "vitest";
import { aVisitor } from "../../../support/a-visitor.ts";
import { anIdp, aPerson, type Person, type TestIdp } from "../../../support/an-idp.ts";
import { aClient, authorizeUrl, redeem, signedIn, told } from "../authorize/arranging.ts";

let idp: TestIdp;
let alice: Person;
beforeAll(async () => {
  idp = await anIdp({ environment: { SIGNING_ALGS: "RS256,ES256" } });
  alice = await aPerson(idp);
  return () => idp.close();
});

async function userinfoOf(id: string, alg: string) {
  const client = await aClient(idp, id, { userinfoSignedResponseAlg: alg });
  const visitor = aVisitor();
  await signedIn(visitor, idp, client, alice);
  const { code } = told(await visitor.get(authorizeUrl(idp, client, { scope: "openid email" })));
  const tokens = await redeem(visitor, idp, client, code);
  const headers = { Authorization: `Bearer ${tokens.access_token}` };
  const answer = await visitor.get(`${idp.issuer}/userinfo`, headers);
  return { visitor, client, answer };
}

describe("signed UserInfo", () => {
  it.each(["RS256", "ES256"])("oidcc-userinfo-rs256: by %s, for the client alone", async (alg) => {
    const { answer, client } = await userinfoOf(`signed-${alg}`, alg);
    expect(answer.headers.get("content-type")).toBe("application/jwt");
    expect(answer.headers.get("cache-control")).toBe("no-store");
    expect(decodeProtectedHeader(answer.text)).toMatchObject({ alg, typ: "userinfo+jwt" });
    const keys = createRemoteJWKSet(new URL(`http://127.0.0.1:${idp.config.port}/jwks`));
    const { payload } = await jwtVerify(answer.text, keys, {
      issuer: idp.issuer,
      audience: client.id,
      currentDate: idp.clock.now(),
    });
    expect(payload).toEqual({
      iss: idp.issuer,
      aud: client.id,
      iat: expect.any(Number),
      sub: alice.account.id,
      email: "alice@example.test",
      email_verified: true,
    });
  });

  it("T3: passes for no other kind of token", async () => {
    const { visitor, answer, client } = await userinfoOf("signed", "RS256");
    const token = answer.text;
    const bearer = { Authorization: `Bearer ${token}` };
    expect((await visitor.get(`${idp.issuer}/userinfo`, bearer)).status).toBe(401);
    const hinted = authorizeUrl(idp, client, { prompt: "none", id_token_hint: token });
    expect(told(await visitor.get(hinted)).error).toBe("invalid_request");
    const basic = { Authorization: `Basic ${btoa(`${client.id}:${client.secret}`)}` };
    const asked = await visitor.post(`${idp.issuer}/introspection`, { token }, basic);
    expect(JSON.parse(asked.text)).toEqual({ active: false });
    const leaving = await visitor.follow(`${idp.issuer}/logout?id_token_hint=${token}`);
    expect(leaving.url).not.toContain("signed-out");
  });
});
