// A signing key is stolen, and thrown out: on two instances that share one database, over real HTTP,
// while people go on (K4), with as many hands on the button as there are (K5, D1, D2). (On PGlite,
// which is one process only, both instances share its one handle.)
import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  aClient,
  authorizeUrl,
  CALLBACK,
  claimsOf,
  signedIn,
  told,
  VERIFIER,
} from "../idp/endpoints/authorize/arranging.ts";
import { times } from "../idp/records/a-world.ts";
import { kidIn, kidsIn } from "../support/a-counted-site.ts";
import { aVisitor, type Visitor } from "../support/a-visitor.ts";
import { ADMIN_TOKEN, anIdp, aPerson, type Person, type TestIdp } from "../support/an-idp.ts";
import { anOperator } from "../support/an-operator.ts";
import { openTwoHandles } from "../support/databases.ts";
import { localFetch } from "../support/local-fetch.ts";
import { movableClock } from "../support/movable-clock.ts";
import { aStolenKey } from "./a-stolen-key.ts";

const clock = movableClock();
const unlimited = { KEY_CHANGES_PER_DAY: "100" };
let instances: readonly [TestIdp, TestIdp];
let alice: Person;
let bank: Awaited<ReturnType<typeof aClient>>;

async function twoInstances(
  [one, other]: Awaited<ReturnType<typeof openTwoHandles>>,
  environment: Record<string, string>,
) {
  const first = await anIdp({ database: one, clock, environment });
  const shared = { ...environment, ISSUER: first.issuer };
  return [first, await anIdp({ database: other, clock, environment: shared })] as const;
}

let handles: Awaited<ReturnType<typeof openTwoHandles>>;
beforeAll(async () => {
  handles = await openTwoHandles();
  instances = await twoInstances(handles, unlimited);
  alice = await aPerson(instances[0], { isAdmin: true, isKeyAdmin: true });
  bank = await aClient(instances[0], "bank");
});
afterAll(() => Promise.all(instances.map((instance) => instance.close())));

/** An address of the issuer, asked of one instance: what a balancer without sticky sessions does. */
const at = (index: number, path: string, all = instances) =>
  `http://127.0.0.1:${all[index % 2 === 0 ? 0 : 1].config.port}${path}`;
const asClient = () => ({ Authorization: `Basic ${btoa(`${bank.id}:${bank.secret}`)}` });

async function ask(index: number, path: string, fields: Record<string, string>) {
  const answer = await localFetch(at(index, path), {
    method: "POST",
    headers: asClient(),
    body: new URLSearchParams(fields),
  });
  const text = await answer.text();
  const body: Record<string, string> = text.startsWith("{") ? JSON.parse(text) : {};
  return { status: answer.status, body };
}
const redeem = (index: number, code = "") =>
  ask(index, "/token", {
    grant_type: "authorization_code",
    code,
    redirect_uri: CALLBACK,
    code_verifier: VERIFIER,
  });
const refresh = (index: number, token = "") =>
  ask(index, "/token", { grant_type: "refresh_token", refresh_token: token });

async function userinfo(index: number, token = ""): Promise<number> {
  const headers = { Authorization: `Bearer ${token}` };
  const answer = await localFetch(at(index, "/userinfo"), { headers });
  await answer.arrayBuffer();
  return answer.status;
}

/** Alice, signed in, with the bank's tokens. */
async function atTheBank() {
  const visitor = aVisitor();
  const { code } = told(await signedIn(visitor, instances[0], bank, alice));
  const { body } = await redeem(0, code);
  return { visitor, tokens: body };
}
const isSignedIn = async (visitor: Visitor) =>
  told(await visitor.get(authorizeUrl(instances[0], bank, { prompt: "none" }))).error === undefined;

const throwOut = (kid: string, refreshTokens: "keep" | "end", index = 0) =>
  anOperator({ issuer: at(index, "") })("POST", `/keys/${kid}/revoke`, {
    reason: "stolen",
    refresh_tokens: refreshTokens,
  });
const followAll = () => Promise.all(instances.map(({ known }) => known.keys.poll()));

/** The claims of a token of ours, for whatever the thief wants. */
const forgedClaims = (token: string | undefined) => {
  const now = Math.floor(clock.now().getTime() / 1000);
  return { ...claimsOf(token), jti: randomUUID(), iat: now, exp: now + 290 };
};

describe("a stolen signing key (K4)", () => {
  it("K4: signs what everybody believes, until it is thrown out; then nobody believes it", async () => {
    const thief = await aStolenKey(instances[0]);
    const { tokens } = await atTheBank();
    const forged = await thief.sign("at+jwt", forgedClaims(tokens.access_token));
    expect([await userinfo(0, forged), await userinfo(1, forged)]).toEqual([200, 200]);

    expect((await throwOut(thief.kid, "keep")).status).toBe(200);
    // Here at once, there as soon as that instance has looked.
    expect(await userinfo(0, forged)).toBe(401);
    await followAll();
    expect(await userinfo(1, forged)).toBe(401);
    const late = await thief.sign("at+jwt", forgedClaims(tokens.access_token));
    expect([await userinfo(0, late), await userinfo(1, late)]).toEqual([401, 401]);
    for (const index of [0, 1]) {
      const jwks = await (await localFetch(at(index, "/jwks"))).text();
      expect(jwks).not.toContain(thief.kid);
    }
  });

  it("K4: takes what it signed before with it, and nobody is signed out by that", async () => {
    const { visitor, tokens } = await atTheBank();
    await throwOut(await kidIn(instances[0], "active"), "keep");
    await followAll();
    expect([
      await userinfo(0, tokens.access_token),
      await userinfo(1, tokens.access_token),
    ]).toEqual([401, 401]);
    const next = await refresh(1, tokens.refresh_token);
    expect(next.status).toBe(200);
    expect(await userinfo(0, next.body.access_token)).toBe(200);
    expect(await isSignedIn(visitor)).toBe(true);
  });

  it("K4: ends nobody's grant any more by a token that it signed (RFC 7009)", async () => {
    const { tokens } = await atTheBank();
    const thief = await aStolenKey(instances[0]);
    const forged = await thief.sign("at+jwt", forgedClaims(tokens.access_token));
    await throwOut(thief.kid, "keep");
    await followAll();
    for (const index of [0, 1]) {
      for (const token of [forged, tokens.access_token ?? ""])
        expect((await ask(index, "/revocation", { token })).status).toBe(200);
    }
    expect((await refresh(0, tokens.refresh_token)).status).toBe(200);
  });

  it("K4: speaks for nobody any more as a hint", async () => {
    const { visitor, tokens } = await atTheBank();
    const thief = await aStolenKey(instances[0]);
    const forged = await thief.sign("JWT", claimsOf(tokens.id_token));
    await throwOut(thief.kid, "keep");
    await followAll();
    for (const hint of [forged, tokens.id_token ?? ""]) {
      const query = new URLSearchParams({ id_token_hint: hint });
      const page = await visitor.follow(`${instances[0].issuer}/logout?${query}`);
      expect(page.text).toContain("Sign out of Signet?");
      for (const { known } of instances)
        expect(await known.idTokens.readHint(hint, clock.now())).toBeUndefined();
    }
    expect(await isSignedIn(visitor)).toBe(true);
  });
});

describe("refresh families when a key is thrown out (K4)", () => {
  it("K4: kept, they go on through the very moment", async () => {
    const families = await Promise.all([atTheBank(), atTheBank(), atTheBank()]);
    const [, ...refreshed] = await Promise.all([
      throwOut(await kidIn(instances[0], "active"), "keep"),
      ...families.map(({ tokens }, index) => refresh(index, tokens.refresh_token)),
    ]);
    await followAll();
    for (const [index, { status, body }] of refreshed.entries()) {
      expect(status).toBe(200);
      expect((await refresh(index, body.refresh_token)).status).toBe(200);
    }
  });

  it("K4: ended, none lives on: not of a refresh in flight, not of a code redeemed meanwhile", async () => {
    const families = await Promise.all([atTheBank(), atTheBank()]);
    const visitor = aVisitor();
    const { code } = told(await signedIn(visitor, instances[0], bank, alice));
    const kid = await kidIn(instances[0], "active");
    const [ended, redeemed, ...refreshed] = await Promise.all([
      throwOut(kid, "end", 1),
      redeem(0, code),
      ...families.flatMap(({ tokens }) =>
        Array.from({ length: 5 }, (_, index) => refresh(index, tokens.refresh_token)),
      ),
    ]);
    expect(ended.status).toBe(200);
    await followAll();
    const given = [redeemed, ...refreshed].filter(({ status }) => status === 200);
    for (const [index, { body }] of given.entries()) {
      expect((await refresh(index, body.refresh_token)).status).toBe(400);
      expect(await userinfo(index, body.access_token)).toBe(401);
    }
    for (const { tokens } of families)
      expect((await refresh(0, tokens.refresh_token)).status).toBe(400);
    for (const { known } of instances)
      expect(await known.grants.listForAccount(alice.account.id, clock.now())).toEqual([]);
    // The person is asked for nothing: the session at Signet has no part in this.
    expect(await isSignedIn(visitor)).toBe(true);
  });
});

describe("many hands on the button (K5, D1)", () => {
  const states = async () => (await kidsIn(instances[0], "active", "pending")).length;

  it("K5: rotations and revocations at once leave one key that signs and one that waits", async () => {
    clock.advance(2 * 86_400);
    await followAll();
    const [active, pending] = [
      await kidIn(instances[0], "active"),
      await kidIn(instances[0], "pending"),
    ];
    const answers = await Promise.all(
      [0, 1].flatMap((index) => [
        throwOut(active, "keep", index),
        throwOut(pending, "keep", index),
        anOperator({ issuer: at(index, "") })("POST", "/keys/rotate", {}),
      ]),
    );
    for (const { status } of answers) expect([200, 409]).toContain(status);
    expect(await states()).toBe(2);
    const revoked = await kidsIn(instances[0], "revoked");
    expect(revoked).toEqual(expect.arrayContaining([active, pending]));
    await followAll();
    const [one, other] = instances.map(({ known }) => known.ring.activeKid);
    expect(one).toBe(other);
  });

  it("D1: the day's limit holds against many at once on two instances", async () => {
    clock.advance(2 * 86_400);
    const limited = await twoInstances(handles, { KEY_CHANGES_PER_DAY: "1" });
    const kids = await kidsIn(limited[0], "active", "pending");
    const answers = await times(6, (index) =>
      anOperator({ issuer: at(index, "", limited) })(
        "POST",
        `/keys/${kids[index < 3 ? 0 : 1]}/revoke`,
        { reason: "stolen", refresh_tokens: "keep" },
      ),
    );
    const statuses = answers.map(({ status }) => status);
    expect(statuses.filter((status) => status === 200)).toHaveLength(1);
    for (const status of statuses) expect([200, 409, 429]).toContain(status);
    expect(await kidsIn(limited[0], "active", "pending")).toHaveLength(2);
    await Promise.all(limited.map((instance) => instance.close()));
  });

  it("D2: neither an administrator's session nor any token of ours opens the operators' door", async () => {
    const { visitor, tokens } = await atTheBank();
    const cookies = [...visitor.cookies].map(([name, value]) => `${name.split(" ")[1]}=${value}`);
    const kid = await kidIn(instances[0], "active");
    const body = JSON.stringify({ reason: "mine", refresh_tokens: "end" });
    for (const authorization of [
      {},
      { Authorization: `Bearer ${tokens.access_token}` },
      { Authorization: `Bearer ${tokens.id_token}` },
      { Authorization: `Basic ${btoa(`operator:${ADMIN_TOKEN}`)}` },
      asClient(),
    ]) {
      const answer = await localFetch(at(0, `/admin/api/keys/${kid}/revoke`), {
        method: "POST",
        headers: {
          Cookie: cookies.join("; "),
          "Content-Type": "application/json",
          ...authorization,
        },
        body,
      });
      expect(answer.status).toBe(401);
    }
    expect(await kidIn(instances[0], "active")).toBe(kid);
  });
});
