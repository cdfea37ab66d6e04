import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { aTokenFor } from "../../support/a-client.ts";
import { aHouse, type House } from "../../support/a-house.ts";
import { aVisitor, type Visitor } from "../../support/a-visitor.ts";
import { localFetch } from "../../support/local-fetch.ts";

describe("the kit with Signet itself", () => {
  let house: House;
  beforeAll(async () => {
    house = await aHouse();
  });
  afterAll(() => house?.close());

  const signedIn = async (): Promise<Visitor> => {
    const visitor = aVisitor();
    const form = await visitor.follow(`${house.bank}/`);
    const { email, password } = house.alice;
    const sent = await visitor.submit(form, { email, password }, (candidate) =>
      candidate.action.includes("/sign-in/"),
    );
    const page = await visitor.follow(sent.location ?? "");
    expect(page.url).toBe(`${house.bank}/`);
    expect(page.status).toBe(200);
    return visitor;
  };
  const home = (visitor: Visitor) => visitor.get(`${house.bank}/`);
  const sessionCookie = (visitor: Visitor) =>
    [...visitor.cookies].find(([name]) => name.endsWith("harbour_session"))?.[1] ?? "";

  it("signs in once; the other site follows without a password", async () => {
    const visitor = await signedIn();
    const page = await visitor.follow(`${house.retirement}/`);
    expect(page.url).toBe(`${house.retirement}/`);
    expect(page.status).toBe(200);
  });

  it("keeps the sealed session well within a cookie", async () => {
    const visitor = await signedIn();
    expect(sessionCookie(visitor).length).toBeGreaterThan(1000);
    expect(sessionCookie(visitor).length).toBeLessThan(3.7 * 1024);
  });

  it("renews again and again, many tabs at once, and never looks like a thief", async () => {
    const visitor = await signedIn();
    for (let round = 0; round < 4; round += 1) {
      house.clock.advance(290);
      const before = sessionCookie(visitor);
      const pages = await Promise.all(Array.from({ length: 8 }, () => home(visitor)));
      expect(pages.map((page) => page.status)).toEqual(Array(8).fill(200));
      expect(sessionCookie(visitor)).not.toBe(before);
    }
  });

  it("recovers from an answer that got lost with the site's memory", async () => {
    const visitor = await signedIn();
    const before = new Map(visitor.cookies);
    house.clock.advance(290);
    expect((await home(visitor)).status).toBe(200);
    // The browser never got that answer, and the site starts anew: the same refresh token once more.
    visitor.cookies.clear();
    for (const [name, value] of before) visitor.cookies.set(name, value);
    await house.restartBank();
    expect((await home(visitor)).status).toBe(200);
    house.clock.advance(290);
    expect((await home(visitor)).status).toBe(200);
  });

  it("goes on through an outage and a restart, and as before when Signet is back", async () => {
    const visitor = await signedIn();
    await house.stopIdp();
    await house.restartBank();
    house.clock.advance(400);
    const during = await home(visitor);
    expect(during.status).toBe(200);
    expect(during.text).toContain("You are still signed in");
    await house.startIdp();
    house.clock.advance(60);
    const after = await home(visitor);
    expect(after.status).toBe(200);
    expect(after.text).not.toContain("You are still signed in");
  });

  it("T4: a token for the one site is refused by the other", async () => {
    const token = await aTokenFor(house, "accounts:read");
    const headers = { Authorization: `Bearer ${token}` };
    expect((await localFetch(`${house.bank}/api/accounts`, { headers })).status).toBe(200);
    expect((await localFetch(`${house.retirement}/api/plan`, { headers })).status).toBe(401);
  });

  it("signs out everywhere: the receipt is Signet's, and no site lets the person in again", async () => {
    const visitor = await signedIn();
    const page = await home(visitor);
    const sent = await visitor.submit(page, {}, (form) => form.action.endsWith("/sign-out"));
    expect(sent.status).toBe(303);
    const receipt = await visitor.follow(sent.location ?? "");
    expect(new URL(receipt.url).origin).toBe(house.issuer);
    expect(receipt.status).toBe(200);
    const again = await visitor.follow(`${house.bank}/`);
    expect(new URL(again.url).origin).toBe(house.issuer);
  });

  it("access taken back at Signet ends the site session at the next renewal", async () => {
    const visitor = await signedIn();
    const account = await house.idp().known.accounts.findByEmail(house.alice.email);
    const scope = { kind: "sessions-of", accountId: account?.id ?? "" } as const;
    await house
      .idp()
      .known.endAccess(scope, "ended-by-administrator", house.clock.now(), { actor: "test" });
    house.clock.advance(290);
    const page = await visitor.follow(`${house.bank}/`);
    expect(new URL(page.url).origin).toBe(house.issuer);
  });

  const cause = { actor: "test" };
  const sites = async () => {
    const now = house.clock.now();
    const all = await house.idp().known.sightings.sites(new Date(now.getTime() - 3600_000), now);
    // The tests' own client has no site.
    return all.filter(({ hearsEvents }) => hearsEvents);
  };

  it("tells Signet which keys each instance holds, and passes its drill", async () => {
    // Longer than a report waits for the one before it.
    house.clock.advance(61);
    const published = (await house.idp().known.keys.list())
      .filter(({ state }) => state !== "retired" && state !== "revoked")
      .map(({ kid }) => kid);
    await expect
      .poll(async () => (await sites()).map(({ instances }) => instances.length), { timeout: 5000 })
      .toEqual([1, 1]);
    for (const { instances } of await sites()) {
      expect(instances.map(({ kids }) => [...kids].sort())).toEqual([published.sort()]);
    }
    const results = await house.idp().known.drill(cause, house.clock.now());
    expect(results.map(({ outcome }) => outcome)).toEqual(["verified", "verified"]);
  });

  it("K4: a key that was thrown out is refused at both sites; people are back without a password", async () => {
    const visitor = await signedIn();
    await visitor.follow(`${house.retirement}/`);
    const token = await aTokenFor(house, "accounts:read");
    const { keys, revokeSigningKey, sightings } = house.idp().known;
    const kid = keys.ring.activeKid;
    const reason = "leaked";
    const revocation = { kid, refreshTokens: "keep", cause: { ...cause, reason } } as const;
    expect((await revokeSigningKey.revoke(revocation)).kind).toBe("revoked");
    await expect
      .poll(async () => (await sightings.refusals(kid)).length, { timeout: 10_000 })
      .toBe(2);
    const headers = { Authorization: `Bearer ${token}` };
    expect((await localFetch(`${house.bank}/api/accounts`, { headers })).status).toBe(401);
    for (const site of [house.bank, house.retirement]) {
      expect((await visitor.get(`${site}/`)).status).toBe(303);
      expect(await visitor.follow(`${site}/`)).toMatchObject({ url: `${site}/`, status: 200 });
    }
  });
});
