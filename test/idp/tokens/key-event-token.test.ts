import { beforeAll, describe, expect, it } from "vitest";
import { type KeyEventTokens, keyEventTokens } from "../../../idp/tokens/key-event-token.ts";
import { KeysUnavailable } from "../../../keys/key-ring.ts";
import { anIdp, type TestIdp } from "../../support/an-idp.ts";
import { openTestDatabase } from "../../support/databases.ts";

let idp: TestIdp;
let tokens: KeyEventTokens;
beforeAll(async () => {
  idp = await anIdp({ database: await openTestDatabase() });
  tokens = keyEventTokens({ issuer: idp.issuer, ring: idp.known.ring });
  return () => idp.close();
});

const read = (token: string) =>
  token
    .split(".")
    .slice(0, 2)
    .map((part) => JSON.parse(Buffer.from(part, "base64url").toString()));

describe("tokens about keys", () => {
  it("a probe and a notice are of two types, neither of which is any other token's", async () => {
    const now = idp.clock.now();
    const probe = await tokens.probe("bank", "RS256", now);
    const notice = await tokens.notice("bank", ["old-key"], now);
    const [probeHeader, probeClaims] = read(probe.token);
    const [noticeHeader, noticeClaims] = read(notice);
    expect(probeHeader).toEqual({ alg: "RS256", typ: "key-probe+jwt", kid: probe.kid });
    expect(noticeHeader).toMatchObject({ typ: "key-notice+jwt", kid: idp.known.ring.activeKid });
    expect(probe.kid).not.toBe(idp.known.ring.activeKid);
    expect(Object.keys(probeClaims).sort()).toEqual(["aud", "exp", "iat", "iss", "jti"]);
    expect(noticeClaims).toMatchObject({ aud: "bank", revoked: ["old-key"] });
    expect(noticeClaims.exp - noticeClaims.iat).toBe(60);
    expect(noticeClaims.jti).not.toBe(probeClaims.jti);
  });

  it("K4: no key announces its own end", async () => {
    const { activeKid } = idp.known.ring;
    await expect(tokens.notice("bank", ["x", activeKid], idp.clock.now())).rejects.toThrow(
      KeysUnavailable,
    );
  });

  it("there is no probe in an algorithm that has no pending key", async () => {
    await expect(tokens.probe("bank", "ES256", idp.clock.now())).rejects.toThrow(KeysUnavailable);
  });
});
