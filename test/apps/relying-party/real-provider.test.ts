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
});
