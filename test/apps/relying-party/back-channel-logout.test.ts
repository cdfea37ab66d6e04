import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { aSite, type SiteWorld } from "./support/a-site.ts";
import type { Visitor } from "./support/a-visitor.ts";
import { aSigningKey, CLIENT, LOGOUT_EVENT } from "./support/an-issuer.ts";
import { compact, hmac, rsa, unsigned } from "./support/forge.ts";

let world: SiteWorld;
const start = async () => {
  world = await aSite({ servesStatusLists: true });
};
const close = () => world.close();

const home = (visitor: Visitor) => visitor.request(`${world.baseUrl}/`);
const isSignedIn = async (visitor: Visitor) => (await home(visitor)).status === 200;
const now = () => Math.floor(world.clock.now().getTime() / 1000);

/** Somebody whose session here hangs on this session at the provider. */
async function signedIn(sid: string | undefined, sub = "subject-of-alice"): Promise<Visitor> {
  world.issuer.sid = sid ?? "";
  world.issuer.wrong.idToken = (claims) => (sid === undefined ? { ...claims, sid } : claims);
  world.issuer.person = { ...world.issuer.person, sub };
  return world.signedInVisitor();
}
const logoutOf = async (claims: Record<string, unknown>) =>
  world.logout(await world.issuer.logoutToken({ sub: "subject-of-alice", ...claims }));

describe("a logout token that ends sessions (Back-Channel Logout 1.0 §2.7)", () => {
  beforeEach(start);
  afterEach(close);

  it("L2: with a sid, every session here that hangs on it, in all browsers, and no other", async () => {
    const [one, two, other] = [
      await signedIn("laptop"),
      await signedIn("laptop"),
      await signedIn("telephone"),
    ];
    const copy = one.cookies(world.baseUrl).get("harbour_session") ?? "";
    const answer = await logoutOf({ sid: "laptop" });
    expect(answer.status).toBe(200);
    expect(answer.text).toBe("");
    expect(answer.headers.get("cache-control")).toBe("no-store");
    expect(await isSignedIn(one)).toBe(false);
    expect(await isSignedIn(two)).toBe(false);
    expect(await isSignedIn(other)).toBe(true);
    const thief = world.visitor();
    thief.cookies(world.baseUrl).set("harbour_session", copy);
    expect(await isSignedIn(thief)).toBe(false);
  });

  it("L2: with a sid and no sub the same", async () => {
    const one = await signedIn("laptop");
    expect((await logoutOf({ sub: undefined, sid: "laptop" })).status).toBe(200);
    expect(await isSignedIn(one)).toBe(false);
  });

  it("L2: with a sub alone, every session of that person until now, and nobody else's", async () => {
    const [one, two, without] = [
      await signedIn("laptop"),
      await signedIn("telephone"),
      await signedIn(undefined),
    ];
    const bruno = await signedIn("laptop of bruno", "bruno");
    world.clock.advance(5);
    expect((await logoutOf({ sid: undefined })).status).toBe(200);
    for (const visitor of [one, two, without]) expect(await isSignedIn(visitor)).toBe(false);
    expect(await isSignedIn(bruno)).toBe(true);
  });

  it("a new sign-in of the same person afterwards works, after either", async () => {
    await signedIn("laptop");
    await logoutOf({ sid: "laptop" });
    expect(await isSignedIn(await signedIn("laptop, again"))).toBe(true);
    await logoutOf({ sid: undefined });
    world.clock.advance(1);
    const again = await signedIn("another");
    expect(await isSignedIn(again)).toBe(true);
    // A token that was made before that sign-in, and comes only now, does not mean it.
    expect((await logoutOf({ sid: undefined, iat: now() - 1, exp: now() + 60 })).status).toBe(200);
    expect(await isSignedIn(again)).toBe(true);
  });

  it("L2: the same token again is 200, and ends nothing that began since", async () => {
    const one = await signedIn("laptop");
    const token = await world.issuer.logoutToken({ sid: undefined });
    for (let round = 0; round < 3; round += 1) expect((await world.logout(token)).status).toBe(200);
    expect(await isSignedIn(one)).toBe(false);
    world.clock.advance(30);
    const again = await signedIn("another");
    expect((await world.logout(token)).status).toBe(200);
    expect(await isSignedIn(again)).toBe(true);
  });

  it("L2: twenty at once are twenty ends", async () => {
    const names = Array.from({ length: 20 }, (_, index) => `sid ${index}`);
    const visitors: Visitor[] = [];
    for (const sid of names) visitors.push(await signedIn(sid));
    const answers = await Promise.all(names.map((sid) => logoutOf({ sid })));
    expect(answers.every(({ status }) => status === 200)).toBe(true);
    for (const visitor of visitors) expect(await isSignedIn(visitor)).toBe(false);
    await world.restart();
    for (const visitor of visitors) expect(await isSignedIn(visitor)).toBe(false);
  });

  it("a restart forgets neither a sid nor a person, nor what an earlier version kept", async () => {
    const [one, two, left] = [
      await signedIn("laptop"),
      await signedIn("telephone", "bruno"),
      await signedIn("desk", "carla"),
    ];
    const copy = new Map(left.cookies(world.baseUrl));
    await logoutOf({ sid: "laptop" });
    await logoutOf({ sid: undefined, sub: "bruno" });
    const csrf = /name="csrf" value="([^"]+)"/.exec((await home(left)).text)?.[1] ?? "";
    await left.request(`${world.baseUrl}/sign-out`, { form: { csrf } });
    const file = join(world.dataDirectory, "ended-sessions.json");
    const kept = Object.entries<{ until: number }>(JSON.parse(await readFile(file, "utf8")));
    const asBefore = kept.map(([name, end]) =>
      name.startsWith("session ") ? [name.slice("session ".length), end.until] : [name, end],
    );
    await writeFile(file, JSON.stringify(Object.fromEntries(asBefore)));
    await world.restart();
    expect(await isSignedIn(one)).toBe(false);
    expect(await isSignedIn(two)).toBe(false);
    const thief = world.visitor();
    for (const [name, value] of copy) thief.cookies(world.baseUrl).set(name, value);
    expect(await isSignedIn(thief)).toBe(false);
  });

  it("is remembered for as long as a cookie could count, and then no longer", async () => {
    const sids = async () =>
      Object.keys(
        JSON.parse(await readFile(join(world.dataDirectory, "ended-sessions.json"), "utf8")),
      );
    await logoutOf({ sid: "laptop" });
    world.clock.advance(12 * 3600);
    await logoutOf({ sid: "telephone" });
    expect(await sids()).toEqual(["sid laptop", "sid telephone"]);
    world.clock.advance(601);
    await logoutOf({ sid: "desk" });
    expect(await sids()).toEqual(["sid telephone", "sid desk"]);
  });

  it("S6: a callback that was on its way does not begin a session, and may not be tried again", async () => {
    for (const [sid, end] of [
      ["laptop", { sid: "laptop" }],
      ["telephone", { sid: undefined }],
    ] as const) {
      world.issuer.sid = sid;
      const visitor = world.visitor();
      const toProvider = await home(visitor);
      const answer = await visitor.request(toProvider.headers.get("location") ?? "");
      const callback = answer.headers.get("location") ?? "";
      expect((await logoutOf(end)).status).toBe(200);
      const page = await visitor.request(callback);
      expect(page.status).toBe(400);
      expect(page.text).toContain("You have signed out at Signet since");
      expect(visitor.cookies(world.baseUrl).has("harbour_session")).toBe(false);
      expect((await visitor.request(callback)).status).toBe(400);
      expect(await isSignedIn(visitor)).toBe(false);
    }
  });

  it("S6: nor one whose code is being redeemed while the logout token comes", async () => {
    world.issuer.sid = "laptop";
    const visitor = world.visitor();
    const toProvider = await home(visitor);
    const answer = await visitor.request(toProvider.headers.get("location") ?? "");
    const token = await world.issuer.logoutToken();
    world.issuer.wrong.accessToken = (claims) => {
      // Between the redemption and the answer to it.
      void world.logout(token);
      return claims;
    };
    const page = await visitor.request(answer.headers.get("location") ?? "");
    expect([303, 400]).toContain(page.status);
    await expect.poll(() => isSignedIn(visitor)).toBe(false);
  });

  it("a page that is asking for a new access token meanwhile is not shown", async () => {
    const visitor = await signedIn("laptop");
    world.clock.advance(250);
    const token = await world.issuer.logoutToken();
    world.issuer.wrong.token = (response) =>
      void world.logout(token).then(({ status }) => {
        expect(status).toBe(200);
        response.destroy();
      });
    expect((await home(visitor)).status).toBe(303);
    expect(world.issuer.requestsTo("/token")).toBe(2);
  });

  it("works with a key that the site has not met yet, at the usual pace", async () => {
    const visitor = await signedIn("laptop");
    const next = await aSigningKey();
    world.issuer.otherKeys = [next];
    world.clock.advance(31);
    const token = await world.issuer.logoutToken({}, {}, next);
    const fetches = world.issuer.requestsTo("/jwks");
    expect((await world.logout(token)).status).toBe(200);
    expect(world.issuer.requestsTo("/jwks")).toBe(fetches + 1);
    expect(await isSignedIn(visitor)).toBe(false);
  });

  it("is refused while the site has no keys at all, and says that it may come again", async () => {
    const later = await aSite({ issuerDown: true });
    try {
      const answer = await later.logout(await later.issuer.logoutToken());
      expect(answer.status).toBe(400);
    } finally {
      await later.close();
    }
  });
});

describe("what is no logout token for this site (Back-Channel Logout 1.0 §2.6)", () => {
  let visitor: Visitor;
  beforeAll(async () => {
    await start();
    visitor = await signedIn("the-sid");
  });
  afterAll(close);

  /** 400, in the words of the specification, and nobody is signed out. */
  const refused = async (token: string) => {
    const answer = await world.logout(token);
    expect(answer.status).toBe(400);
    expect(answer.headers.get("cache-control")).toBe("no-store");
    expect(answer.headers.get("content-type")).toContain("application/json");
    expect(JSON.parse(answer.text)).toEqual({
      error: "invalid_request",
      error_description: "That is not a logout token for this site",
    });
    expect(await isSignedIn(visitor)).toBe(true);
  };
  const made = (claims: Record<string, unknown> = {}, header: Record<string, unknown> = {}) =>
    world.issuer.logoutToken(claims, header);

  it.each(["iss", "aud", "iat", "exp", "jti", "events"])("T5: %s is missing", async (claim) => {
    await refused(await made({ [claim]: undefined }));
  });

  it.each(["iss", "aud", "iat", "exp", "jti", "sub", "sid"])(
    "T5: %s is of another type",
    async (claim) => {
      for (const value of [null, "", [], {}, true, -1, 1.5, ["x", "y"]]) {
        await refused(await made({ [claim]: value }));
      }
    },
  );

  it("neither sub nor sid", async () => {
    await refused(await made({ sub: undefined, sid: undefined }));
  });

  it("the event is missing, another, or no object", async () => {
    for (const events of [
      {},
      { "http://schemas.openid.net/event/backchannel-logout/": {} },
      { "https://schemas.openid.net/secevent/risc/event-type/account-disabled": {} },
      { [LOGOUT_EVENT]: null },
      { [LOGOUT_EVENT]: true },
      { [LOGOUT_EVENT]: "" },
      { [LOGOUT_EVENT]: [] },
      [LOGOUT_EVENT],
      LOGOUT_EVENT,
      null,
    ]) {
      await refused(await made({ events }));
    }
  });

  it("any nonce", async () => {
    for (const nonce of ["n", "", null, 0, {}]) await refused(await made({ nonce }));
  });

  it("T4: for another site, for several, or by another issuer", async () => {
    for (const aud of ["another", [CLIENT.clientId, "another"], `${world.baseUrl}/api`]) {
      await refused(await made({ aud }));
    }
    await refused(await made({ iss: `${world.issuer.issuer}/` }));
    await refused(await made({ iss: "https://evil.example" }));
  });

  it("T5: over, to come, in milliseconds, without end, or with a long life", async () => {
    for (const times of [
      { iat: now() - 300, exp: now() - 180 },
      { iat: now() - 120, exp: now() - 60 },
      { iat: now() + 61, exp: now() + 120 },
      { exp: now() * 1000 },
      { iat: now() * 1000, exp: now() * 1000 + 120 },
      { exp: now() + 121 },
      { iat: now(), exp: now() },
      { nbf: now() + 3600 },
    ]) {
      await refused(await made(times));
    }
    const header = { alg: "RS256", typ: "logout+jwt", kid: world.issuer.key.kid };
    const claims = JSON.stringify({
      iss: world.issuer.issuer,
      aud: CLIENT.clientId,
      iat: now(),
      exp: 1,
      jti: "j",
      sid: "the-sid",
      events: { [LOGOUT_EVENT]: {} },
    });
    await refused(compact(header, claims.replace('"exp":1', '"exp":1e400'), rsa(world.issuer.key)));
  });

  it.each([
    "JWT",
    undefined,
    "at+jwt",
    "statuslist+jwt",
    "key-notice+jwt",
    "key-probe+jwt",
    "application/logout+jwt",
    "Logout+JWT",
    "logout+jwt ",
    "secevent+jwt",
  ])("T3: typ %s", async (typ) => {
    await refused(await made({}, { typ }));
  });

  it("T3: any other token of the provider's, as it was issued", async () => {
    const idToken = await world.issuer.sign(
      {
        iss: world.issuer.issuer,
        sub: world.issuer.person.sub,
        aud: CLIENT.clientId,
        iat: now(),
        exp: now() + 120,
        sid: "the-sid",
        jti: "j",
        events: { [LOGOUT_EVENT]: {} },
      },
      { typ: "JWT" },
    );
    const list = await world.issuer.sign(world.issuer.statusList.claims(), {
      typ: "statuslist+jwt",
    });
    for (const token of [
      idToken,
      list,
      await world.token(),
      await world.issuer.accessToken({ aud: CLIENT.clientId, events: { [LOGOUT_EVENT]: {} } }),
      await world.issuer.keyEvent("key-notice+jwt", { revoked: ["k"] }),
      await world.issuer.keyEvent("key-probe+jwt"),
    ]) {
      await refused(token);
    }
  });

  it("T3: and a logout token opens nothing: no API, no page, no sign-in, no key event", async () => {
    const claims = { client_id: "c", scope: "accounts:read", ...statusOf(0) };
    for (const aud of [CLIENT.clientId, `${world.baseUrl}/api`]) {
      const token = await made({ aud, sid: "nobody's", ...claims });
      expect((await world.api(token)).status).toBe(401);
      expect((await world.keyEvent(token)).status).toBe(400);
      const somebody = world.visitor();
      somebody.cookies(world.baseUrl).set("harbour_session", token);
      expect(await isSignedIn(somebody)).toBe(false);
    }
    world.issuer.wrong.idTokenHeader = (header) => ({ ...header, typ: "logout+jwt" });
    expect((await world.visitor().visit(`${world.baseUrl}/`)).status).toBe(502);
    world.issuer.wrong.idTokenHeader = (header) => header;
    world.issuer.wrong.accessTokenHeader = (header) => ({ ...header, typ: "logout+jwt" });
    expect((await world.visitor().visit(`${world.baseUrl}/`)).status).toBe(502);
    delete world.issuer.wrong.accessTokenHeader;
  });

  it("T1, T2: by another key, another algorithm, or with a key of its own", async () => {
    const attacker = await aSigningKey();
    const { key } = world.issuer;
    const [, body = ""] = (await made()).split(".");
    const claims = Buffer.from(body, "base64url").toString();
    const header = { alg: "RS256", typ: "logout+jwt", kid: key.kid };
    for (const token of [
      compact({ ...header, alg: "none" }, claims, unsigned),
      compact(header, claims, unsigned),
      compact({ ...header, alg: "HS256" }, claims, hmac(JSON.stringify(key.jwk))),
      compact({ ...header, alg: "PS256" }, claims, rsa(key, "sha256", true)),
      compact({ ...header, alg: "RS384" }, claims, rsa(key, "sha384")),
      compact(header, claims, rsa(attacker)),
      compact({ ...header, kid: attacker.kid }, claims, rsa(attacker)),
      compact({ ...header, jwk: attacker.jwk }, claims, rsa(attacker)),
      compact({ ...header, jwk: key.jwk }, claims, rsa(key)),
      compact({ ...header, jku: "http://id.localhost:1/" }, claims, rsa(key)),
      compact({ ...header, crit: ["exp"] }, claims, rsa(key)),
      compact({ ...header, zip: "DEF" }, claims, rsa(key)),
      compact({ alg: "RS256", typ: "logout+jwt" }, claims, rsa(key)),
    ]) {
      await refused(token);
    }
  });

  it("T10: a truncated, padded or concatenated token", async () => {
    const token = await made();
    for (const wrong of ["", "x", "..", `${token}=`, `${token}.`, token + token, ` ${token}`]) {
      await refused(wrong);
    }
    await refused(token.slice(0, -1));
  });

  it("a form without it, with two of it, or none at all; too large; by GET", async () => {
    const token = await made();
    const url = `${world.baseUrl}/backchannel-logout`;
    const anybody = world.visitor();
    const form = { "content-type": "application/x-www-form-urlencoded" };
    expect((await anybody.request(url, { form: { token } })).status).toBe(400);
    expect((await anybody.request(`${url}?logout_token=${token}`, { form: {} })).status).toBe(400);
    const json = { "content-type": "application/json" };
    expect(
      (await anybody.request(url, { form: { logout_token: token }, headers: json })).status,
    ).toBe(400);
    const large = { logout_token: "x".repeat(20 * 1024) };
    expect((await anybody.request(url, { form: large })).status).toBe(400);
    expect((await anybody.request(`${url}?logout_token=${token}`)).status).toBe(405);
    expect((await anybody.request(url, { method: "POST", headers: form })).status).toBe(400);
    const twice = `logout_token=${token}&logout_token=${token}`;
    const answer = await fetch(`http://127.0.0.1:${world.site.port}/backchannel-logout`, {
      method: "POST",
      headers: form,
      body: twice,
    });
    expect(answer.status).toBe(400);
    expect(await isSignedIn(visitor)).toBe(true);
  });

  it("Z2: a flood of tokens by keys nobody knows is one request for the key set", async () => {
    world.clock.advance(31);
    const attacker = await aSigningKey();
    const fetches = world.issuer.requestsTo("/jwks");
    for (let round = 0; round < 30; round += 1) await refused(await made({}, { kid: `k${round}` }));
    await refused(await world.issuer.logoutToken({}, {}, attacker));
    expect(world.issuer.requestsTo("/jwks") - fetches).toBeLessThanOrEqual(1);
  });

  it("K4: a key that is refused ends nothing", async () => {
    const own = await aSite();
    try {
      const person = await own.signedInVisitor();
      const next = await aSigningKey();
      own.issuer.otherKeys = [next];
      own.clock.advance(31);
      const page = await own.logout(await own.issuer.logoutToken({ sid: "none" }, {}, next));
      expect(page.status).toBe(200);
      await own.site.relyingParty.distrust(next.kid);
      expect((await own.logout(await own.issuer.logoutToken({}, {}, next))).status).toBe(400);
      expect((await person.request(`${own.baseUrl}/`)).status).toBe(200);
    } finally {
      await own.close();
    }
  });

  const statusOf = (index: number) => ({ status: world.issuer.statusList.claimOf(index) });
});
