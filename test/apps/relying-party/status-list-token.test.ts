import { randomBytes } from "node:crypto";
import { deflateRawSync, gzipSync } from "node:zlib";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { compressed, STATUS_LIST_PATH } from "./support/a-status-list.ts";
import { aSigningKey } from "./support/an-issuer.ts";
import { compact, hmac, rsa, unsigned } from "./support/forge.ts";
import { HOSTILE_ANSWERS } from "./support/hostile-answers.ts";
import { type SiteTokensWorld, someSiteTokens } from "./support/some-site-tokens.ts";

const REVOKED = "The access token has been revoked";
const MEGABYTE = 1024 * 1024;
/** All entries valid: whoever gets this believed has given back what was taken. */
const PARDON = compressed(new Uint8Array(128));
type Changes = Record<string, unknown>;

describe("what a status list's address may answer (Token Status List, draft-20)", () => {
  let world: SiteTokensWorld;
  let taken: string;
  let good: string;
  beforeAll(async () => {
    world = await someSiteTokens();
    world.issuer.accessTokenSeconds = 12 * 3600;
    world.issuer.statusList.revoke(5);
    [taken, good] = await Promise.all([world.tokenAt(5), world.tokenAt(6)]);
    await world.verdict(taken);
  });
  afterEach(async () => {
    delete world.issuer.wrong.statusList;
    world.clock.advance(60);
    await world.verdict(good);
  });
  afterAll(() => world.close());

  /** A list that pardons everybody, with other claims, another header, other members of `status_list`. */
  const tokenOf = (
    changes: Changes = {},
    header: Changes = {},
    key = world.issuer.key,
    members: Changes = {},
  ) => {
    const status_list = { bits: 1, lst: PARDON, ...members };
    const claims = { ...world.issuer.statusList.claims(), status_list, ...changes };
    return world.issuer.sign(claims, { typ: "statuslist+jwt", ...header }, key);
  };
  const tokenWith = (members: Changes) => tokenOf({}, {}, world.issuer.key, members);
  const serve = (token: string, type = "application/statuslist+jwt") => {
    world.issuer.wrong.statusList = (response) =>
      void response.writeHead(200, { "content-type": type }).end(token);
  };
  /** The list has to be asked for now, and its answer decides. */
  const isBelieved = async () => {
    const before = world.listRequests();
    world.clock.advance(60);
    const verdict = await world.verdict(taken);
    expect(world.listRequests()).toBeGreaterThan(before);
    // Whatever came, who is in stays in.
    expect(await world.verdict(good)).toBe("good");
    return verdict !== REVOKED;
  };

  it("a good one counts", async () => {
    serve(await tokenOf());
    expect(await isBelieved()).toBe(true);
    serve(await tokenOf({ ttl: undefined, surplus: [1] }), "Application/StatusList+JWT; x=y");
    expect(await isBelieved()).toBe(true);
  });

  it.each(HOSTILE_ANSWERS)("Z2: %s leaves the last good list", async (_, answer) => {
    world.issuer.wrong.statusList = (response) => answer(response, world.issuer.key.jwk);
    expect(await isBelieved()).toBe(false);
  });

  it.each([
    ["JWT", "a list that says that it is another kind of token"],
    ["at+jwt", "an access token"],
    ["logout+jwt", "a logout token"],
    ["key-notice+jwt", "a notice"],
    ["application/statuslist+jwt", "the long spelling"],
    ["statuslist+cwt", "the other format"],
    [undefined, "no type at all"],
  ])("T3: typ %s is no status list: %s", async (typ, _) => {
    serve(await tokenOf({}, { typ }));
    expect(await isBelieved()).toBe(false);
  });

  it("T3: an access token, an ID token's claims and a probe in its place", async () => {
    serve(good);
    expect(await isBelieved()).toBe(false);
    serve(await world.issuer.keyEvent("key-probe+jwt"));
    expect(await isBelieved()).toBe(false);
    serve(await world.issuer.logoutToken());
    expect(await isBelieved()).toBe(false);
  });

  it("a list of another address, of another issuer, or of none", async () => {
    const { issuer } = world.issuer;
    for (const changes of [
      { sub: `${issuer}/status-lists/1` },
      { sub: `${issuer}${STATUS_LIST_PATH}/` },
      { sub: undefined },
      { sub: [`${issuer}${STATUS_LIST_PATH}`] },
      { iss: `${issuer}/` },
      { iss: undefined },
    ]) {
      serve(await tokenOf(changes));
      expect(await isBelieved(), JSON.stringify(changes)).toBe(false);
    }
  });

  it("T1, T2: by another key, another algorithm, or with a key of its own", async () => {
    const attacker = await aSigningKey();
    const { key } = world.issuer;
    const header = { alg: "RS256", typ: "statuslist+jwt", kid: key.kid };
    const claims = { ...world.issuer.statusList.claims(), status_list: { bits: 1, lst: PARDON } };
    const forged = [
      await tokenOf({}, {}, attacker),
      await tokenOf({}, { kid: key.kid }, attacker),
      await tokenOf({}, { jwk: attacker.jwk }, attacker),
      await tokenOf({}, { jwk: key.jwk }),
      compact({ ...header, crit: ["exp"] }, claims, rsa(key)),
      compact({ ...header, zip: "DEF" }, claims, rsa(key)),
      await tokenOf({}, { kid: undefined }),
      compact({ ...header, alg: "none" }, claims, unsigned),
      compact({ ...header, alg: "HS256" }, claims, hmac(JSON.stringify(key.jwk))),
      compact({ ...header, alg: "PS256" }, claims, rsa(key, "sha256", true)),
    ];
    for (const token of forged) {
      serve(token);
      expect(await isBelieved()).toBe(false);
    }
  });

  it("T5: with a time that is missing, over, to come, or no time", async () => {
    const now = Math.floor(world.clock.now().getTime() / 1000);
    for (const changes of [
      { exp: undefined },
      { exp: now },
      { exp: now - 3600 },
      { exp: String(now + 3600) },
      { exp: null },
      { iat: undefined },
      { iat: now + 3600 },
      { iat: "0" },
      { nbf: now + 3600 },
      { ttl: 0 },
      { ttl: -15 },
      { ttl: "15" },
    ]) {
      serve(await tokenOf(changes));
      expect(await isBelieved(), JSON.stringify(changes)).toBe(false);
    }
  });

  it("with a list that is none", async () => {
    const raw = deflateRawSync(new Uint8Array(128)).toString("base64url");
    const gzip = gzipSync(new Uint8Array(128)).toString("base64url");
    for (const members of [
      { bits: 0 },
      { bits: 3 },
      { bits: 16 },
      { bits: "1" },
      { bits: undefined },
      { lst: undefined },
      { lst: "" },
      { lst: "AAAA" },
      { lst: randomBytes(200).toString("base64url") },
      { lst: PARDON.slice(0, -6) },
      { lst: `${PARDON}=` },
      { lst: raw },
      { lst: gzip },
      { lst: 7 },
    ]) {
      serve(await tokenWith(members));
      expect(await isBelieved(), JSON.stringify(members)).toBe(false);
    }
    serve(await tokenOf({ status_list: undefined }));
    expect(await isBelieved()).toBe(false);
  });

  it("T10: as a token in another spelling", async () => {
    const token = await tokenOf();
    for (const wrong of [`${token}=`, `${token}.`, ` ${token}`, `${token}\n`, token.slice(0, -1)]) {
      serve(wrong);
      expect(await isBelieved()).toBe(false);
    }
    serve(token, "application/jwt");
    expect(await isBelieved()).toBe(false);
    serve(token, "application/statuslist+jwtx");
    expect(await isBelieved()).toBe(false);
  });

  it("H5: that is a bomb: a kilobyte for every megabyte is not unpacked", async () => {
    for (const megabytes of [2, 64]) {
      const lst = compressed(new Uint8Array(megabytes * MEGABYTE));
      serve(await tokenWith({ lst }));
      expect(await isBelieved()).toBe(false);
    }
    // As large as we take.
    serve(await tokenWith({ lst: compressed(new Uint8Array(MEGABYTE)) }));
    expect(await isBelieved()).toBe(true);
  });

  it("H5: that is larger than 512 KiB, or unpacks to that on the way", async () => {
    const lst = compressed(randomBytes(500 * 1024));
    serve(await tokenWith({ lst }));
    expect(await isBelieved()).toBe(false);
    const zipped = gzipSync(" ".repeat(64 * MEGABYTE));
    world.issuer.wrong.statusList = (response) => {
      const type = { "content-type": "application/statuslist+jwt", "content-encoding": "gzip" };
      response.writeHead(200, type).end(zipped);
    };
    expect(await isBelieved()).toBe(false);
  });
});
