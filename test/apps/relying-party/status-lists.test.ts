import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { aSigningKey } from "./support/an-issuer.ts";
import { RESOURCE, type SiteTokensWorld, someSiteTokens } from "./support/some-site-tokens.ts";

const REVOKED = "The access token has been revoked";
/** What happens soon by itself. */
const eventually = <T>(read: () => T) => expect.poll(read, { timeout: 5000 });

describe("a site's copies of the status lists (Token Status List, draft-20)", () => {
  let world: SiteTokensWorld;
  beforeEach(async () => {
    world = await someSiteTokens();
  });
  afterEach(() => world.close());

  it("L3: refuses what was taken back, remembered or not, once the list is older than its ttl", async () => {
    const [taken, other] = await Promise.all([world.tokenAt(5), world.tokenAt(6)]);
    expect(await world.verdict(taken)).toBe("good");
    world.issuer.statusList.revoke(5);
    world.clock.advance(15);
    expect(await world.verdict(taken)).toBe(REVOKED);
    expect(await world.verdict(await world.tokenAt(5))).toBe(REVOKED);
    expect(await world.verdict(other)).toBe("good");
  });

  it("L3: hears of it in the background, before the ttl is over and before anybody asks", async () => {
    const taken = await world.tokenAt(5);
    expect(await world.verdict(taken)).toBe("good");
    world.issuer.statusList.revoke(5);
    world.clock.advance(14.9);
    await eventually(world.listRequests).toBe(2);
    await eventually(() => world.verdict(taken)).toBe(REVOKED);
    expect(world.listRequests()).toBe(2);
  });

  it("L3: hears of it at once when it is told that something has ended", async () => {
    const taken = await world.tokenAt(5);
    expect(await world.verdict(taken)).toBe("good");
    world.issuer.statusList.revoke(5);
    world.tokens.accessHasEnded();
    await eventually(() => world.verdict(taken)).toBe(REVOKED);
    expect(world.listRequests()).toBe(2);
  });

  it("L3: and asks once more when it was told while an answer was on its way", async () => {
    const taken = await world.tokenAt(5);
    expect(await world.verdict(taken)).toBe("good");
    let answer = () => {};
    world.issuer.wrong.statusList = (response) => {
      answer = () => void response.writeHead(304).end();
    };
    world.tokens.accessHasEnded();
    await eventually(world.listRequests).toBe(2);
    world.issuer.statusList.revoke(5);
    for (let told = 0; told < 100; told += 1) world.tokens.accessHasEnded();
    delete world.issuer.wrong.statusList;
    answer();
    await eventually(() => world.verdict(taken)).toBe(REVOKED);
    expect(world.listRequests()).toBe(3);
  });

  it("L3: 10 000 verified requests ask for nothing but the list, about once in its ttl", async () => {
    const tokens = await Promise.all([1, 2, 3, 4, 5].map((index) => world.tokenAt(index)));
    for (const token of tokens) expect(await world.verdict(token)).toBe("good");
    for (let second = 0; second < 100; second += 1) {
      const round = Array.from({ length: 100 }, (_, index) => tokens[index % 5] ?? "");
      await Promise.all(round.map((token) => world.tokens.accessTokens.verify(token)));
      world.clock.advance(1);
    }
    expect(world.listRequests()).toBeGreaterThanOrEqual(7);
    expect(world.listRequests()).toBeLessThanOrEqual(1 + Math.ceil(100 / 12));
    expect(world.left).toHaveLength(world.listRequests());
    expect(world.issuer.requestsTo("/jwks")).toBeLessThanOrEqual(2);
  });

  it("a hundred first looks at once are one request", async () => {
    const token = await world.tokenAt(5);
    const verdicts = await Promise.all(Array.from({ length: 100 }, () => world.verdict(token)));
    expect(new Set(verdicts)).toEqual(new Set(["good"]));
    expect(world.listRequests()).toBe(1);
  });

  it("asks with the ETag, and takes 304 for a confirmation from now on", async () => {
    let confirmations = 0;
    const token = await world.tokenAt(5);
    expect(await world.verdict(token)).toBe("good");
    world.issuer.wrong.statusList = (response, request) => {
      expect(request.headers["if-none-match"]).toMatch(/^"[\w-]+"$/);
      confirmations += 1;
      response.writeHead(304).end();
    };
    for (let round = 1; round <= 3; round += 1) {
      world.clock.advance(15);
      expect(await world.verdict(token, { strict: true })).toBe("good");
      expect(await world.verdict(token, { strict: true })).toBe("good");
      expect(confirmations).toBe(round);
    }
  });

  it("stops asking for a list that nobody looks at any more; the next look fetches first", async () => {
    const token = await world.tokenAt(5);
    expect(await world.verdict(token)).toBe("good");
    world.clock.advance(121);
    await new Promise((resolve) => setTimeout(resolve, 1200));
    expect(world.listRequests()).toBe(1);
    world.issuer.statusList.revoke(5);
    expect(await world.verdict(await world.tokenAt(5))).toBe(REVOKED);
    expect(world.listRequests()).toBe(2);
  });

  it("K4: asks anew, without an ETag, for a list by a key that is refused meanwhile", async () => {
    const { keys, issuer, clock } = world;
    const old = issuer.key;
    const next = await aSigningKey();
    issuer.otherKeys = [next];
    clock.advance(31);
    await keys.refresh();
    const status = issuer.statusList.claimOf(5);
    const token = await issuer.accessToken({ aud: RESOURCE, status }, {}, next);
    expect(await world.verdict(token)).toBe("good");
    issuer.key = next;
    issuer.statusList.revoke(5);
    issuer.wrong.statusList = (response, request) => {
      expect(request.headers["if-none-match"]).toBeUndefined();
      void issuer.statusList.answer(request, response);
    };
    // Last: the background asks as soon as the key of the list is refused.
    await keys.distrust([old.kid]);
    expect(await world.verdict(token)).toBe(REVOKED);
    expect(world.listRequests()).toBe(2);
  });

  it("in an outage nobody waits for one failure after another, and the list is found again after it", async () => {
    const [taken, good] = await Promise.all([world.tokenAt(5), world.tokenAt(6)]);
    world.issuer.statusList.revoke(5);
    expect(await world.verdict(taken)).toBe(REVOKED);
    await world.issuer.stop();
    world.clock.advance(20);
    const before = world.left.length;
    for (let round = 0; round < 50; round += 1) {
      expect(await world.verdict(taken)).toBe(REVOKED);
      expect(await world.verdict(good)).toBe("good");
    }
    expect(world.left.length - before).toBe(1);
    await world.issuer.start();
    world.issuer.statusList.revoke(6);
    world.clock.advance(5);
    await eventually(() => world.verdict(good)).toBe(REVOKED);
  });

  it("strict: a flood while the provider is away is one request a second", async () => {
    const token = await world.tokenAt(5);
    expect(await world.verdict(token, { strict: true })).toBe("good");
    await world.issuer.stop();
    world.clock.advance(16);
    const before = world.left.length;
    for (let round = 0; round < 20; round += 1) {
      expect(await world.verdict(token, { strict: true })).toBe("no current status list");
    }
    expect(world.left.length - before).toBe(1);
  });

  it("keeps a bounded number of lists", async () => {
    const lists = `${world.issuer.issuer}/status-lists`;
    const ask = async (number: number) => {
      const status = { status_list: { idx: 0, uri: `${lists}/${number}` } };
      const token = await world.issuer.accessToken({ aud: RESOURCE, status });
      return world.verdict(token);
    };
    for (let number = 0; number < 40; number += 1) expect(await ask(number)).toBe("good");
    expect(world.left).toHaveLength(40);
    // The first has had to go, the last are still known, be it that they could not be had.
    await ask(39);
    expect(world.left).toHaveLength(40);
    await ask(0);
    expect(world.left).toHaveLength(41);
  });
});
