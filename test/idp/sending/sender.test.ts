// Notices of revoked keys, from the outbox of a real provider to a kit over real HTTP.
import { compactVerify } from "jose";
import { beforeAll, describe, expect, it } from "vitest";
import { newIdentifier } from "../../../idp/records/identifier.ts";
import { anIdp, type TestIdp } from "../../support/an-idp.ts";
import { openTwoHandles } from "../../support/databases.ts";
import { movableClock } from "../../support/movable-clock.ts";
import { aClient } from "../records/a-world.ts";
import { type AKit, aKit, eventually, refusing } from "./a-kit.ts";

const cause = { actor: "test" };
const clock = movableClock();

/** Two replicas of one provider. */
let here: TestIdp;
let there: TestIdp;
beforeAll(async () => {
  const [one, other] = await openTwoHandles();
  const environment = { OUTBOUND_ALLOW: "127.0.0.0/8" };
  here = await anIdp({ database: one, clock, environment });
  there = await anIdp({ database: other, clock, environment });
  return async () => {
    await here.close();
    await there.close();
  };
});

/** A revoked key for each test, so that none meets another's deliveries. */
const aKid = () => `old-key-${newIdentifier()}`;

const addSite = async (keyEventsUri: string) =>
  (await here.known.clientStore.add(aClient({ keyEventsUri }), undefined, clock.now(), cause)).id;

const putNotices = (clientIds: readonly string[], kid: string) =>
  here.database.transaction((orm) =>
    here.known.deliveries.put(
      orm,
      clientIds.map((clientId) => ({ kind: "key-notice", clientId, payload: { revoked: [kid] } })),
      clock.now(),
    ),
  );

const notice = async (kid: string) => (await here.known.deliveries.noticesOf(kid))[0];
const hasArrived = async (kid: string) => (await notice(kid))?.deliveredAt !== undefined;

/** Everything that is due, once, and what came of it. */
async function sendNow({ known }: TestIdp): Promise<void> {
  known.sender.wake();
  await known.sender.stop();
}

async function aNotice(kit: AKit): Promise<{ kid: string; clientId: string }> {
  const kid = aKid();
  const clientId = await addSite(kit.uri);
  await putNotices([clientId], kid);
  return { kid, clientId };
}

describe("a notice that a key was thrown out", () => {
  it("reaches the site's kit at once, as a token by the key that signs now", async () => {
    const kit = await aKit(refusing);
    const { kid, clientId } = await aNotice(kit);
    await sendNow(here);

    const [event] = kit.heard;
    const issuedAt = Math.floor(clock.now().getTime() / 1000);
    expect(event?.header).toEqual({
      alg: "RS256",
      kid: here.known.ring.activeKid,
      typ: "key-notice+jwt",
    });
    expect(event?.claims).toEqual({
      iss: here.issuer,
      aud: clientId,
      iat: issuedAt,
      exp: issuedAt + 60,
      jti: expect.stringMatching(/^[\w-]{22}$/),
      revoked: [kid],
    });
    const key = here.known.ring.verificationKey(here.known.ring.activeKid);
    if (!key || !event) throw new Error("no key or no event");
    await expect(compactVerify(event.token, key.key)).resolves.toBeDefined();
    expect(await notice(kid)).toEqual({
      clientId,
      attempts: 1,
      deliveredAt: clock.now(),
      expiresAt: new Date(clock.now().getTime() + (86_400 + 300) * 1000),
    });
  });

  it("is attempted again, later each time, with a fresh token, until the kit refuses the key", async () => {
    const kit = await aKit(() => ({ status: 503, body: "" }));
    const { kid } = await aNotice(kit);
    await sendNow(here);
    expect(await notice(kid)).toMatchObject({ attempts: 1, problem: "answers 503" });

    for (const [attempts, tooSoon, late] of [
      [2, 0.7, 0.5],
      [3, 1.5, 0.9],
      [4, 3.1, 1.7],
    ] as const) {
      clock.advance(tooSoon);
      await sendNow(here);
      expect(await notice(kid)).toMatchObject({ attempts: attempts - 1 });
      clock.advance(late);
      await sendNow(here);
      expect(await notice(kid)).toMatchObject({ attempts, problem: "answers 503" });
    }
    kit.answer = refusing;
    clock.advance(9.6);
    await sendNow(here);
    expect(await hasArrived(kid)).toBe(true);
    expect(kit.heard).toHaveLength(5);
    expect(new Set(kit.heard.map(({ claims }) => claims.jti)).size).toBe(5);
  });

  it.each([
    ["refuses the notice", 400, { error: "invalid_token" }],
    ["answers something else", 200, "<!doctype html><title>Welcome</title>"],
    ["answers something else", 200, { refused: [] }],
    ["answers something else", 200, { refused: [{ kid: "another-key" }] }],
    ["answers 302", 302, ""],
  ])("has not arrived at whoever %s (%i)", async (problem, status, body) => {
    const kit = await aKit(() => ({ status, body }));
    const { kid } = await aNotice(kit);
    await sendNow(here);
    expect(await notice(kid)).toMatchObject({ problem });
    expect(await hasArrived(kid)).toBe(false);
  });

  it("G1: keeps nothing of what the other side said", async () => {
    const kit = await aKit(() => ({ status: 500, body: "canary-in-an-answer" }));
    await aNotice(kit);
    await sendNow(here);
    const rows = await here.database.orm.delivery.findMany();
    expect(JSON.stringify(rows)).not.toContain("canary");
  });

  it("is not sent when it no longer matters", async () => {
    const kit = await aKit(refusing);
    const { kid } = await aNotice(kit);
    clock.advance(86_400 + 300);
    await sendNow(here);
    expect(kit.heard).toEqual([]);
    expect(await notice(kid)).toMatchObject({ attempts: 0 });
  });
});

describe("several replicas", () => {
  it("send each notice once between them, and never more than eight each at a time", async () => {
    const kit = await aKit(refusing);
    const kid = aKid();
    const sites: string[] = [];
    for (let index = 0; index < 40; index += 1) sites.push(await addSite(kit.uri));
    await putNotices(sites, kid);
    here.known.sender.wake();
    there.known.sender.wake();
    await eventually(async () => {
      const notices = await here.known.deliveries.noticesOf(kid);
      return notices.every(({ deliveredAt }) => deliveredAt !== undefined);
    });
    expect(kit.heard.map(({ claims }) => String(claims.aud)).sort()).toEqual(sites.toSorted());
    expect(kit.mostAtOnce).toBeLessThanOrEqual(16);
  });

  it("one takes over from another that died with the notice in its hands", async () => {
    const kit = await aKit(refusing);
    const { kid } = await aNotice(kit);
    // As after kill -9: claimed, and nothing more was ever heard of it.
    expect(await here.known.deliveries.claim({ most: 8 }, clock.now())).toHaveLength(1);
    await sendNow(there);
    expect(kit.heard).toEqual([]);
    clock.advance(10);
    await sendNow(there);
    expect(await hasArrived(kid)).toBe(true);
    expect(kit.heard).toHaveLength(1);
    expect(await notice(kid)).toMatchObject({ attempts: 2 });
  });

  it("K4: one that has not heard of the revocation yet does not sign with the revoked key", async () => {
    const kit = await aKit(refusing);
    const clientId = await addSite(kit.uri);
    const kid = here.known.ring.activeKid;
    const revoked = await here.known.keys.revoke({
      kid,
      cause: { ...cause, reason: "stolen" },
      alongside: (orm, at) =>
        here.known.deliveries.put(
          orm,
          [{ kind: "key-notice", clientId, payload: { revoked: [kid] } }],
          at,
        ),
    });
    expect(revoked).toMatchObject({ kind: "revoked" });
    expect(there.known.ring.activeKid).toBe(kid);
    await sendNow(there);
    expect(await hasArrived(kid)).toBe(true);
    expect(kit.heard.map(({ header }) => header.kid)).toEqual([here.known.ring.activeKid]);
  });
});

describe("the end of a replica", () => {
  it("waits for what is under way", async () => {
    let answer = () => {};
    const kit = await aKit(async (event) => {
      await new Promise<void>((resolve) => {
        answer = resolve;
      });
      return refusing(event);
    });
    const { kid } = await aNotice(kit);
    here.known.sender.wake();
    await eventually(() => kit.heard.length === 1);
    let hasStopped = false;
    const stopping = here.known.sender.stop().then(() => {
      hasStopped = true;
    });
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(hasStopped).toBe(false);
    answer();
    await stopping;
    expect(await hasArrived(kid)).toBe(true);
  });

  it("one that goes on finds by itself, within a second, what others have left", async () => {
    const kit = await aKit(refusing);
    const { kid } = await aNotice(kit);
    here.known.sender.start();
    await eventually(() => hasArrived(kid));
    await here.known.sender.stop();
  });
});
