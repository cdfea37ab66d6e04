// The word that a sign-in has ended, from the doors of two replicas to sites over real HTTP.
import type { ServerResponse } from "node:http";
import { decodeJwt, decodeProtectedHeader } from "jose";
import { beforeAll, describe, expect, it } from "vitest";
import { endAccess } from "../../../idp/ending/end-access.ts";
import { newIdentifier } from "../../../idp/records/identifier.ts";
import { aVisitor, type Visitor } from "../../support/a-visitor.ts";
import { anIdp, aPerson, type Person, type TestIdp } from "../../support/an-idp.ts";
import { openTwoHandles } from "../../support/databases.ts";
import { movableClock } from "../../support/movable-clock.ts";
import {
  aClient,
  authorizeUrl,
  redeem,
  signedIn,
  signIn,
  told,
} from "../endpoints/authorize/arranging.ts";
import { eventually } from "./a-kit.ts";
import { aServer, bodyOf } from "./a-server.ts";

const clock = movableClock();

let here: TestIdp;
let there: TestIdp;
let alice: Person;
beforeAll(async () => {
  const [one, other] = await openTwoHandles();
  const environment = { OUTBOUND_ALLOW: "127.0.0.0/8" };
  here = await anIdp({ database: one, clock, environment });
  there = await anIdp({ database: other, clock, environment });
  alice = await aPerson(here);
  return async () => {
    await here.close();
    await there.close();
  };
});

type Answering = (response: ServerResponse) => void;
const ok: Answering = (response) => response.writeHead(200).end();

/** A site that hears of logouts. */
async function aSite(answering: Answering = ok) {
  const site = { heard: [] as string[], types: [] as string[], answering };
  const server = await aServer(async (request, response) => {
    const form = new URLSearchParams(await bodyOf(request));
    site.heard.push(form.get("logout_token") ?? "");
    site.types.push(request.headers["content-type"] ?? "");
    site.answering(response);
  });
  const uri = `http://127.0.0.1:${server.port}/backchannel-logout`;
  const client = await aClient(here, newIdentifier(), { backchannelLogoutUri: uri });
  there.known.clients.forget();
  return Object.assign(site, { client });
}
type Site = Awaited<ReturnType<typeof aSite>>;

/** Somebody signed in at these sites, and what the first of them knows of it. */
async function atSites(...sites: readonly Site[]) {
  const visitor = aVisitor();
  const [first] = sites;
  if (!first) throw new Error("no site");
  const { code } = told(await signedIn(visitor, here, first.client, alice));
  const tokens = await redeem(visitor, here, first.client, code);
  for (const { client } of sites.slice(1)) told(await visitor.get(authorizeUrl(here, client)));
  return { visitor, idToken: String(tokens.id_token) };
}

async function signOut(visitor: Visitor, hint: string): Promise<void> {
  const url = `${here.issuer}/logout?${new URLSearchParams({ id_token_hint: hint })}`;
  expect((await visitor.get(url)).location).toMatch("/signed-out?receipt=");
}

/** Everything that is due, once, and what came of it. */
async function sendNow({ known }: TestIdp): Promise<void> {
  known.sender.wake();
  await known.sender.stop();
}

const noticeAt = async ({ client }: Site) => {
  const rows = await here.database.orm.delivery.findMany({ where: { clientId: client.id } });
  return rows[0];
};

describe("back-channel logout (OIDC Back-Channel Logout 1.0)", () => {
  it("L2: every site that the sign-in had reached is told, at once, each by its own name for it", async () => {
    const [bank, evergreen, third] = [await aSite(), await aSite(), await aSite()];
    const { visitor, idToken } = await atSites(bank, evergreen);
    await signOut(visitor, idToken);
    await eventually(() => bank.heard.length === 1 && evergreen.heard.length === 1);

    const claims = decodeJwt(bank.heard[0] ?? "");
    expect(claims).toMatchObject({
      iss: here.issuer,
      aud: bank.client.id,
      sub: alice.account.id,
      sid: decodeJwt(idToken).sid,
      events: { "http://schemas.openid.net/event/backchannel-logout": {} },
    });
    expect(claims).not.toHaveProperty("nonce");
    expect(decodeProtectedHeader(bank.heard[0] ?? "").typ).toBe("logout+jwt");
    expect(decodeJwt(evergreen.heard[0] ?? "").sid).not.toBe(claims.sid);
    expect(bank.types).toEqual(["application/x-www-form-urlencoded"]);
    expect(third.heard).toEqual([]);
  });

  it("L2: a site that is down for five minutes hears of it when it is back, from a fresh token", async () => {
    const bank = await aSite((response) => response.destroy());
    const { visitor, idToken } = await atSites(bank);
    await signOut(visitor, idToken);
    await sendNow(here);
    for (let seconds = 0; seconds < 300; seconds += 30) {
      clock.advance(30);
      await sendNow(seconds % 60 ? here : there);
    }
    expect((await noticeAt(bank))?.deliveredAt).toBeNull();
    bank.answering = ok;
    clock.advance(72);
    await sendNow(there);
    expect((await noticeAt(bank))?.deliveredAt).toEqual(clock.now());
    const ids = bank.heard.map((token) => decodeJwt(token).jti);
    expect(new Set(ids).size).toBe(ids.length);
    expect(decodeJwt(bank.heard.at(-1) ?? "").exp).toBeGreaterThan(clock.now().getTime() / 1000);
  });

  it("200 and 204 are a yes; 400, a redirect and silence are tried again", async () => {
    const answers: [Answering, string | null][] = [
      [ok, null],
      [(response) => response.writeHead(204).end(), null],
      [
        (response) => response.writeHead(400).end('{"error":"invalid_request"}'),
        "refuses the logout",
      ],
      [
        (response) => response.writeHead(302, { Location: "http://10.0.0.1/" }).end(),
        "answers 302",
      ],
    ];
    for (const [answering, problem] of answers) {
      const site = await aSite(answering);
      const { visitor, idToken } = await atSites(site);
      await signOut(visitor, idToken);
      await sendNow(here);
      const notice = await noticeAt(site);
      expect([notice?.problem, notice?.deliveredAt !== null]).toEqual([problem, problem === null]);
      expect(site.heard).toHaveLength(1);
    }
  });

  it("L2: what a replica had committed and not sent when it died, another sends", async () => {
    const bank = await aSite();
    await atSites(bank);
    // The one that ends the sign-ins is gone before it can send anything.
    const dying = endAccess({ database: here.database, wake: () => {} });
    const scope = { kind: "sessions-of", accountId: alice.account.id } as const;
    await dying(scope, "ended-by-administrator", clock.now(), { actor: "test" });
    expect(bank.heard).toEqual([]);
    await sendNow(there);
    expect(bank.heard).toHaveLength(1);
  });

  it("is part of every ending: another person's sign-in, and a disabled account", async () => {
    const bank = await aSite();
    const { visitor } = await atSites(bank);
    const bruno = await aPerson(here, { email: `${newIdentifier()}@example.test` });
    const url = authorizeUrl(here, bank.client, { prompt: "login" });
    const { code } = told(await signIn(visitor, await visitor.follow(url), bruno));
    const tokens = await redeem(visitor, here, bank.client, code);
    await sendNow(here);
    expect(bank.heard.map((token) => decodeJwt(token).sub)).toEqual([alice.account.id]);

    const scope = { kind: "account", accountId: bruno.account.id } as const;
    await here.known.endAccess(scope, "account-disabled", clock.now(), { actor: "test" });
    await sendNow(here);
    const { sub, sid } = decodeJwt(bank.heard[1] ?? "");
    expect(sub).toBe(bruno.account.id);
    expect(sid).toBe(decodeJwt(String(tokens.id_token)).sid);
  });

  it("is said once, however often the ending is asked for", async () => {
    const bank = await aSite();
    const { visitor, idToken } = await atSites(bank);
    await Promise.all(
      [signOut(visitor, idToken), signOut(visitor, idToken)].map((one) => one.catch(() => {})),
    );
    await sendNow(here);
    await sendNow(there);
    expect(bank.heard).toHaveLength(1);
  });

  it("a site that never answers keeps no other site waiting", async () => {
    const silent = await aSite(() => {});
    const bank = await aSite();
    const visits = [];
    for (let index = 0; index < 8; index += 1) visits.push(await atSites(silent));
    const last = await atSites(bank);
    for (const { visitor, idToken } of [...visits, last]) await signOut(visitor, idToken);
    // Far within the time that one silent call takes.
    await eventually(() => bank.heard.length === 1);
    expect(silent.heard.length).toBeLessThanOrEqual(8);
    expect((await noticeAt(silent))?.deliveredAt).toBeNull();
    await here.known.sender.stop();
  });
});
