import { setTimeout as wait } from "node:timers/promises";
import { afterEach, describe, expect, it } from "vitest";
import { aSite, type SiteWorld, type SiteWorldOptions } from "./support/a-site.ts";
import { aSigningKey } from "./support/an-issuer.ts";

/** Reports happen soon by themselves, not at once. */
const eventually = <T>(read: () => T) => expect.poll(read, { timeout: 5000 });
/** Longer than a report waits for the one before it. */
const A_WHILE = 1200;

describe("a site tells the provider which of its keys it holds", () => {
  let world: SiteWorld;
  afterEach(() => world.close());

  const open = async (options?: SiteWorldOptions) => {
    world = await aSite({ asksForSightings: true, ...options });
  };
  const sightings = () => world.issuer.sightings;
  const last = () => sightings().at(-1);
  const attempts = () => world.issuer.requestsTo("/key-sightings");
  const refetch = async () => {
    const before = world.issuer.requestsTo("/jwks");
    world.clock.advance(300);
    await eventually(() => world.issuer.requestsTo("/jwks")).toBeGreaterThan(before);
  };
  const notice = (revoked: string[]) => world.issuer.keyEvent("key-notice+jwt", { revoked });
  const home = async () => (await world.visitor().visit(`${world.baseUrl}/`)).status;

  it("on start: its instance and every key, and nothing of refusals when there are none", async () => {
    await open();
    await eventually(sightings).toHaveLength(1);
    expect(sightings()).toEqual([{ instance: last()?.instance, kids: [world.issuer.key.kid] }]);
    expect(last()?.instance).toMatch(/^[\w-]{16}$/);
    await wait(A_WHILE);
    expect(attempts()).toBe(1);
  });

  it("after a restart under another name, from the kept keys too", async () => {
    await open();
    await eventually(sightings).toHaveLength(1);
    await world.restart();
    await eventually(sightings).toHaveLength(2);
    const [first, second] = sightings();
    expect(second?.kids).toEqual(first?.kids);
    expect(second?.instance).not.toBe(first?.instance);
    expect(world.issuer.departures).toEqual([first?.instance]);
  });

  it("Z5: and is not kept from stopping by a provider that does not answer", async () => {
    await open();
    await eventually(sightings).toHaveLength(1);
    world.issuer.wrong.sighting = () => undefined;
    await world.restart();
    expect(world.logged()).toContain("left without saying so");
  });

  it("when it holds other keys than before, those of no use to it included", async () => {
    await open();
    await eventually(sightings).toHaveLength(1);
    const next = await aSigningKey();
    const foreign = { ...next, jwk: { ...next.jwk, kid: "another-algorithm", alg: "PS256" } };
    world.issuer.otherKeys = [next, foreign];
    await refetch();
    await eventually(() => last()?.kids).toEqual(
      [world.issuer.key.kid, next.kid, "another-algorithm"].sort(),
    );
  });

  it("again before the provider forgets: after a third of the time that it gave", async () => {
    await open();
    await eventually(sightings).toHaveLength(1);
    world.clock.advance(59);
    await wait(A_WHILE);
    expect(attempts()).toBe(1);
    world.clock.advance(1);
    await eventually(sightings).toHaveLength(2);
    expect(sightings()[1]).toEqual(sightings()[0]);
  });

  it("K4: at once when it refuses a key, since when, and never among those that it holds", async () => {
    await open();
    await eventually(sightings).toHaveLength(1);
    const old = world.issuer.key;
    const next = await aSigningKey();
    world.issuer.otherKeys = [next];
    await refetch();
    await eventually(() => last()?.kids).toHaveLength(2);
    world.issuer.revoked = [old.kid];
    const at = world.clock.now().toISOString();
    expect(
      (
        await world.keyEvent(
          await world.issuer.keyEvent("key-notice+jwt", { revoked: [old.kid] }, {}, next),
        )
      ).status,
    ).toBe(200);
    await eventually(() => last()?.refused).toEqual([{ kid: old.kid, at }]);
    // Still published, as far as this issuer's answer says: not held all the same.
    expect(last()?.kids).toEqual([next.kid]);
    await world.restart();
    await eventually(() => last()?.refused).toEqual([{ kid: old.kid, at }]);
    for (const { kids, refused = [] } of sightings()) {
      for (const { kid } of refused) expect(kids).not.toContain(kid);
    }
  });

  it("K4: and refuses what the answer calls revoked, where no notice has come", async () => {
    await open();
    await eventually(sightings).toHaveLength(1);
    const old = world.issuer.key;
    const token = await world.token();
    expect((await world.api(token)).status).toBe(200);
    world.issuer.revoked = [old.kid];
    world.clock.advance(60);
    await eventually(() => last()?.refused).toHaveLength(1);
    expect((await world.api(token)).status).toBe(401);
    await world.restart();
    expect((await world.api(token)).status).toBe(401);
  });

  it("a notice that the answer does not confirm is taken back, and that is logged", async () => {
    await open();
    const thief = world.issuer.key;
    const next = await aSigningKey();
    world.issuer.otherKeys = [next];
    await refetch();
    await eventually(() => last()?.kids).toHaveLength(2);
    expect((await world.keyEvent(await notice([next.kid]))).status).toBe(200);
    await eventually(() => world.logged()).toContain(
      "a notice named keys that the provider has not",
    );
    await eventually(() => last()).toEqual({
      instance: last()?.instance,
      kids: [thief.kid, next.kid].sort(),
    });
  });

  it("but stays for as long as the provider says nothing", async () => {
    await open();
    const next = await aSigningKey();
    world.issuer.otherKeys = [next];
    await refetch();
    await eventually(() => last()?.kids).toHaveLength(2);
    world.issuer.wrong.sighting = (response) => response.writeHead(500).end();
    await world.keyEvent(await notice([next.kid]));
    await wait(A_WHILE);
    const by = await world.issuer.accessToken({ aud: `${world.baseUrl}/api` }, {}, next);
    expect((await world.api(by)).status).toBe(401);
  });

  it("a flood of notices makes no flood of reports", async () => {
    await open();
    await eventually(sightings).toHaveLength(1);
    // Each of them names other keys, and each report takes them back.
    const began = performance.now();
    for (let round = 0; round < 100; round += 1) {
      await world.keyEvent(await notice([`key-${round}`]));
    }
    await wait(A_WHILE);
    const reports = Math.ceil((performance.now() - began) / 500) + 1;
    expect(attempts()).toBeLessThanOrEqual(1 + reports);
  });

  it("leaves out a name that no key of the provider's can have: it would spoil the whole report", async () => {
    await open();
    for (const odd of ["a b", "k\u00e9y", "k".repeat(129)])
      await world.keyEvent(await notice([odd]));
    await world.site.relyingParty.distrust("an ordinary name, not");
    await world.site.relyingParty.distrust("ordinary");
    await eventually(() => last()?.refused?.map(({ kid }) => kid)).toEqual(["ordinary"]);
  });

  it("reports the newest twenty refusals of many, which is what a report may hold", async () => {
    await open();
    for (let index = 0; index < 25; index += 1) {
      world.clock.advance(1);
      await world.site.relyingParty.distrust(`key-${index}`);
    }
    await eventually(() => last()?.refused?.[0]?.kid).toBe("key-24");
    expect(last()?.refused).toHaveLength(20);
  });

  describe("and is not disturbed when that goes wrong", () => {
    const wrongs: [string, NonNullable<SiteWorld["issuer"]["wrong"]["sighting"]>][] = [
      ["an error", (response) => response.writeHead(500).end("broken")],
      ["a refusal of the client", (response) => response.writeHead(401).end("{}")],
      [
        "a page",
        (response) => response.writeHead(200, { "content-type": "text/html" }).end("<h1>"),
      ],
      ["nothing", (response) => response.writeHead(200).end()],
      ["an answer without its members", (response) => response.writeHead(200).end("{}")],
      [
        "an answer with others",
        (response) => response.writeHead(200).end('{"expires_in":-1,"revoked":"all"}'),
      ],
      ["a megabyte", (response) => response.writeHead(200).end(" ".repeat(1024 * 1024))],
      ["a broken connection", (response) => response.destroy()],
      ["silence", () => undefined],
      ["a redirect", (response) => response.writeHead(307, { location: "/elsewhere" }).end()],
    ];
    it.each(wrongs)(
      "%s: pages, the API and sign-in go on; it is told again later",
      async (_, wrong) => {
        await open({
          issuerIs: (issuer) => {
            issuer.wrong.sighting = wrong;
          },
        });
        await eventually(attempts).toBe(1);
        expect((await world.api(await world.token())).status).toBe(200);
        expect(await home()).toBe(200);
        expect(world.issuer.requestsTo("/elsewhere")).toBe(0);
        expect(world.site.relyingParty.isReady()).toBe(true);
      },
    );

    it("tries again after 5, 10, 20, 40 seconds, then once a minute", async () => {
      await open({
        issuerIs: (issuer) => {
          issuer.wrong.sighting = (response) => response.destroy();
        },
      });
      await eventually(attempts).toBe(1);
      const failures = () => world.logged().split("key sighting not reported").length - 1;
      let tries = 1;
      for (const [pause, looksEarly] of [
        [5, true],
        [10, false],
        [20, false],
        [40, true],
        [60, false],
        [60, true],
      ] as const) {
        await eventually(failures).toBe(tries);
        world.clock.advance(pause - 1);
        if (looksEarly) await wait(A_WHILE);
        expect(attempts(), `${pause} s`).toBe(tries);
        world.clock.advance(1);
        tries += 1;
        await eventually(attempts).toBe(tries);
      }
      await eventually(failures).toBe(tries);
      delete world.issuer.wrong.sighting;
      world.clock.advance(60);
      await eventually(sightings).toHaveLength(1);
    });

    it("stops within the time of a report that is never answered", async () => {
      await open({
        issuerIs: (issuer) => {
          issuer.wrong.sighting = () => undefined;
        },
      });
      await eventually(attempts).toBe(1);
      const began = performance.now();
      await world.restart();
      expect(performance.now() - began).toBeLessThan(2000);
    });

    it("G1: no secret and no Authorization header in the log", async () => {
      await open({
        issuerIs: (issuer) => {
          issuer.wrong.sighting = (response) => response.writeHead(401).end();
        },
      });
      await eventually(() => world.logged()).toContain("key sighting not reported");
      expect(world.logged()).not.toMatch(/Basic |a secret of the bank/);
    });
  });

  it("a plain provider, which does not ask, hears nothing", async () => {
    await open({ asksForSightings: false });
    await world.site.relyingParty.distrust("some-key");
    world.clock.advance(3600);
    await wait(A_WHILE);
    expect(attempts()).toBe(0);
  });
});
