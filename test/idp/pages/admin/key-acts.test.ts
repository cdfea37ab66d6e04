// The acts upon the keys: who may do them, and what each asks before anything else (security D1, S4).
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { csrfToken } from "../../../../idp/http/csrf.ts";
import { aCountedSite, type CountedSite, kidIn, kidsIn } from "../../../support/a-counted-site.ts";
import type { Visitor } from "../../../support/a-visitor.ts";
import type { Person } from "../../../support/an-idp.ts";
import { aConsole, type Console, formFor, press, signInOn, someoneAt } from "./a-console.ts";

let console: Console;
let bank: CountedSite;

beforeAll(async () => {
  console = await aConsole({ environment: { KEY_REVOCATION_BY_TWO: "true" } });
  const { idp, kit } = console;
  bank = await aCountedSite(idp, "bank", { name: "Harbour Bank", keyEventsUri: kit.uri });
});
afterAll(() => console.idp.close());

const everyAct = ["/rotate", "/drill", "/revoke", "/confirm", "/refuse"] as const;
type Act = (typeof everyAct)[number];

/** What the keys, the requests and the drills have come to. */
async function whatStands() {
  const { known, clock, database } = console.idp;
  return {
    keys: await known.keys.list(),
    requests: (await known.revokeSigningKey.open()).length,
    probes: await database.orm.keyProbe.count(),
    at: clock.now(),
  };
}

/** An open request of Bruno's, and what each act is posted to. */
async function arranged(): Promise<Record<Act, string>> {
  const { idp, bruno, keysUrl } = console;
  const { known, clock } = idp;
  await known.keys.poll();
  for (const { id } of await known.revokeSigningKey.open())
    await known.revokeSigningKey.refuse(id, { actor: "test" });
  const asked = await known.revokeSigningKey.revoke({
    kid: await kidIn(idp, "active"),
    refreshTokens: "keep",
    cause: { actor: `account:${bruno.account.id}`, reason: "an exercise" },
  });
  if (asked.kind !== "requested") throw new Error(asked.kind);
  // So that a rotation would go through.
  await bank.count();
  await bank.report({ kids: await kidsIn(idp, "active", "pending") });
  expect(clock.now()).toBeInstanceOf(Date);
  const request = `${keysUrl}/revocations/${asked.request.id}`;
  return {
    "/rotate": `${keysUrl}/rotate`,
    "/drill": `${keysUrl}/drill`,
    "/revoke": `${keysUrl}/revoke`,
    "/confirm": `${request}/confirm`,
    "/refuse": `${request}/refuse`,
  };
}

/** What a form of ours would send, from somebody who knows their own cookie. */
async function fieldsFor(visitor: Visitor, address: string) {
  const session = [...visitor.cookies].find(([name]) => name.endsWith("session"))?.[1] ?? "";
  return {
    csrf: csrfToken(session, new URL(address).pathname),
    kid: await kidIn(console.idp, "active"),
    refresh_tokens: "keep",
    reason: "an exercise",
  };
}

describe("each role at each act", () => {
  const roles: [who: string, person: () => Person, may: boolean][] = [
    ["who looks after Signet alone", () => console.olga, false],
    ["somebody else", () => console.alice, false],
    ["a key administrator", () => console.ines, true],
  ];
  for (const [who, person, may] of roles) {
    it.each(everyAct)(`D1: ${who} ${may ? "may" : "may not"} %s`, async (act) => {
      const addresses = await arranged();
      const { visitor } = await someoneAt(console, person());
      const before = await whatStands();
      const address = addresses[act];
      const answer = await visitor.post(address, await fieldsFor(visitor, address));
      expect(answer.status).toBe(may ? 303 : 403);
      if (may) expect(answer.location).not.toContain("/authorize/");
      else expect(await whatStands()).toEqual(before);
    });
  }

  it.each(everyAct)("D1: a stranger at %s is sent to sign in, and nothing happens", async (act) => {
    const addresses = await arranged();
    const before = await whatStands();
    const { visitor } = await someoneAt(console, console.ines);
    visitor.cookies.clear();
    const answer = await visitor.post(addresses[act], { csrf: "x" });
    expect(answer.location).toContain("/authorize/");
    expect(await whatStands()).toEqual(before);
  });

  it.each(everyAct)("S4: %s needs the page's own token, from the page itself", async (act) => {
    const addresses = await arranged();
    const { visitor } = await someoneAt(console, console.ines);
    const before = await whatStands();
    const address = addresses[act];
    const fields = await fieldsFor(visitor, address);
    const otherwise = await fieldsFor(visitor, `${console.keysUrl}/other`);
    const refused = [
      await visitor.post(address, {}),
      await visitor.post(address, { ...fields, csrf: "made up" }),
      await visitor.post(address, otherwise),
      await visitor.post(address, fields, { "Sec-Fetch-Site": "cross-site" }),
      await visitor.post(address, fields, { "Sec-Fetch-Site": "same-site" }),
      await visitor.post(address, fields, { "Sec-Fetch-Site": "", Origin: "https://evil.example" }),
    ];
    expect(refused.map(({ status }) => status)).toEqual(refused.map(() => 403));
    expect((await visitor.get(address)).status).not.toBe(303);
    expect(await whatStands()).toEqual(before);
  });

  it.each(everyAct)("D1: %s asks for the password when it was given too long ago", async (act) => {
    const { idp, ines } = console;
    const { visitor } = await someoneAt(console, ines);
    idp.clock.advance(301);
    const addresses = await arranged();
    const before = await whatStands();
    const address = addresses[act];
    const answer = await visitor.post(address, await fieldsFor(visitor, address));
    const login = await visitor.follow(answer.location ?? "");
    expect(login.url).toContain("/sign-in/");
    expect(await whatStands()).toEqual(before);
    const back = await signInOn(visitor, login, ines);
    expect(back.status).toBe(200);
    expect(new URL(back.url).pathname).toBe(
      act === "/revoke" ? "/admin/keys/revoke" : "/admin/keys",
    );
  });
});

describe("rotating in the console", () => {
  it("K2: shows why not yet, and changes nothing when pressed all the same", async () => {
    const { idp, ines } = console;
    await bank.report({ kids: await kidsIn(idp, "active") });
    const { visitor, page } = await someoneAt(console, ines);
    expect(page.text).toMatch(/<button class="button" disabled[^>]*>Rotate now<\/button>/);
    const before = await idp.known.keys.list();
    const told = await press(visitor, page, "/rotate");
    expect(told.text).toContain("Not yet. Nothing was changed.");
    expect(await idp.known.keys.list()).toEqual(before);
  });

  it("G2: says what was done while it is news, and to the audit who did it and why", async () => {
    const { idp, ines } = console;
    await bank.report({ kids: await kidsIn(idp, "active", "pending") });
    const { visitor, page } = await someoneAt(console, ines);
    const told = await press(visitor, page, "/rotate", { reason: "  after the <audit>  " });
    expect(told.text).toContain("Rotated. Nobody was signed out.");
    const [event] = await idp.known.audit.list({ limit: 1, kind: "keys.rotated" });
    expect(event).toMatchObject({
      actor: `account:${ines.account.id}`,
      outcome: "success",
      reason: "after the <audit>",
    });
    idp.clock.advance(61);
    const late = await visitor.get(`${console.keysUrl}?done=rotated`);
    expect(late.text).not.toContain("Rotated. Nobody was signed out.");
  });

  it("refuses a reason that is no line of text", async () => {
    const { visitor, page } = await someoneAt(console, console.ines);
    for (const reason of ["two\nlines", "a\u202eb", "x".repeat(501)]) {
      const { status } = await visitor.submit(page, { reason }, formFor("/rotate"));
      expect(status).toBe(400);
    }
  });

  it("D1: says beforehand that enough was changed today, and from when there may be more", async () => {
    const strict = await aConsole({ environment: { KEY_CHANGES_PER_DAY: "1" } });
    strict.idp.clock.advance(300);
    const { visitor, page } = await someoneAt(strict, strict.ines);
    const rotated = await press(visitor, page, "/rotate");
    expect(rotated.text).toContain("Rotated.");
    expect(rotated.text).toContain("The keys were changed once within 24 hours");
    expect(rotated.text).toMatch(/Again from <time[^>]*>2 Mar, 12:05<\/time>/);
    const told = await press(visitor, rotated, "/rotate");
    expect(told.text).toContain("Not yet. Nothing was changed.");
    strict.idp.clock.advance(86_400);
    const next = await someoneAt(strict, strict.ines);
    expect(next.page.text).not.toContain("Again from");
    await strict.idp.close();
  });
});

describe("drilling in the console", () => {
  it("says site by site how it went, and changes nothing", async () => {
    const { idp, kit, ines } = console;
    const before = await idp.known.keys.list();
    const { visitor, page } = await someoneAt(console, ines);
    const good = await press(visitor, page, "/drill");
    expect(good.text).toContain("Drilled: 1 of 1 site verified the probe.");
    expect(good.text).toContain("Verified</span>");

    const verify = kit.answer;
    kit.answer = () => ({ body: { verified: false, error: "unknown_key" } });
    const bad = await press(visitor, good, "/drill");
    expect(bad.text).toContain("Drilled: 0 of 1 site verified the probe.");
    expect(bad.text).toContain("does not know the key");
    kit.answer = verify;
    expect(await idp.known.keys.list()).toEqual(before);

    idp.clock.advance(61);
    const late = await visitor.get(`${console.keysUrl}?done=drilled`);
    expect(late.text).not.toContain("Drilled: ");
  });
});
