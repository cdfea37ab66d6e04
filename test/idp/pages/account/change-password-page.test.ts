import { beforeAll, describe, expect, it } from "vitest";
import { throttlePolicies } from "../../../../idp/records/accounts/throttle-policy.ts";
import { aVisitor, type Visitor } from "../../../support/a-visitor.ts";
import { anIdp, aPerson, type Person, type TestIdp } from "../../../support/an-idp.ts";
import { aClient, signedIn, signIn, told } from "../../endpoints/authorize/arranging.ts";
import {
  aBrowserOf,
  allowsWhileAway,
  CHROME,
  FIREFOX,
  isSignedIn,
  kindsOf,
  refreshes,
  type Site,
  secretOf,
  sessionIds,
  visits,
} from "./an-account.ts";

let idp: TestIdp;
let bank: Site;
let ledgerline: Site;
let number = 0;
const password = "four words nobody guessed";

beforeAll(async () => {
  idp = await anIdp();
  bank = await aClient(idp, "bank");
  ledgerline = await aClient(idp, "ledgerline", { firstParty: false });
  return () => idp.close();
});

async function somebody() {
  number += 1;
  const person = await aPerson(idp, { email: `person-${number}@example.test` });
  const visitor = aBrowserOf(FIREFOX);
  const tokens = await visits(visitor, idp, bank, person);
  return { person, visitor, tokens };
}

const changes = async (
  visitor: Visitor,
  { password: current }: Pick<Person, "password">,
  fields: Record<string, string> = {},
) =>
  visitor.submit(await visitor.get(`${idp.issuer}/account/password`), {
    current,
    password,
    repeat: password,
    ...fields,
  });

describe("changing the password (M4)", () => {
  it("takes the new one from then on, and the old one never again", async () => {
    const { person, visitor } = await somebody();
    const done = await changes(visitor, person);
    expect([done.status, done.location]).toEqual([303, `${idp.issuer}/account?done=password`]);
    expect((await visitor.get(done.location ?? "")).text).toContain("Your password is changed.");
    expect((await signedIn(aVisitor(), idp, bank, person)).status).toBe(403);
    const answer = await signedIn(aVisitor(), idp, bank, { ...person, password });
    expect(told(answer).code).toBeDefined();
    expect(await kindsOf(idp, person)).toContain("account.password-set");
  });

  it("L3, P8: ends every other session and every offline grant; this browser and its sites go on", async () => {
    const { person, visitor, tokens } = await somebody();
    const elsewhere = aBrowserOf(CHROME);
    const there = await visits(elsewhere, idp, bank, person);
    const offline = await allowsWhileAway(visitor, idp, ledgerline);
    await changes(visitor, person);

    expect(await isSignedIn(elsewhere, idp)).toBe(false);
    expect(await refreshes(idp, bank, there.refreshToken)).toBeUndefined();
    expect(await refreshes(idp, ledgerline, offline.refreshToken)).toBeUndefined();
    expect(await isSignedIn(visitor, idp)).toBe(true);
    expect(await refreshes(idp, bank, tokens.refreshToken)).toBeDefined();
  });

  it("S2: this session goes on under another cookie, and the one before is dead", async () => {
    const { person, visitor } = await somebody();
    const [id] = await sessionIds(idp, person);
    const before = secretOf(visitor) ?? "";
    // Somebody else has the cookie as well: planted, or stolen.
    const planted = aVisitor();
    for (const [name, value] of visitor.cookies) planted.cookies.set(name, value);
    expect(await isSignedIn(planted, idp)).toBe(true);

    await changes(visitor, person);
    expect(secretOf(visitor)).not.toBe(before);
    expect(await sessionIds(idp, person)).toEqual([id]);
    expect(await isSignedIn(planted, idp)).toBe(false);
    expect(await isSignedIn(visitor, idp)).toBe(true);
  });

  it("P8: a link that was sent before opens nothing any more", async () => {
    const { person, visitor } = await somebody();
    const by = { actor: "operator-token" };
    const link = await idp.known.passwordLinks.create(person.account.id, idp.clock.now(), 600, by);
    await changes(visitor, person);
    expect((await aVisitor().get(`${idp.issuer}/set-password/${link}`)).status).toBe(400);
  });

  const wrong: [what: string, fields: Record<string, string>, status: number, words: string][] = [
    ["the current one wrong", { current: "not this one at all" }, 403, "not the password you have"],
    ["no current one", { current: "" }, 403, "needs the password you have now"],
    ["one that is too short", { password: "short", repeat: "short" }, 400, "at least 15"],
    ["two that differ", { repeat: "four words nobody knows" }, 400, "not the same"],
    ["none", { password: "", repeat: "" }, 400, "Choose a password"],
  ];
  it.each(wrong)("P2: with %s changes nothing, and says kindly why", async (...args) => {
    const [, fields, status, words] = args;
    const { person, visitor } = await somebody();
    const page = await changes(visitor, person, fields);
    expect(page.status).toBe(status);
    expect(page.text).toContain(words);
    expect(page.text).toContain('role="alert"');
    expect(page.text).not.toContain(password);
    expect(await isSignedIn(visitor, idp)).toBe(true);
    expect(told(await signedIn(aVisitor(), idp, bank, person)).code).toBeDefined();
    // And the page that says so is good for the next try.
    const typed = { current: person.password, password, repeat: password };
    expect((await visitor.submit(page, typed)).status).toBe(303);
  });

  it("P2: the one there is already is no new one, in whichever spelling", async () => {
    const { person, visitor } = await somebody();
    const same = { password: person.password, repeat: person.password };
    const page = await changes(visitor, person, same);
    expect(page.text).toContain("This is the one you have.");
    const hashed = idp.known.hasher.count;
    await changes(
      visitor,
      { password: "Café au lait, s'il vous plaît" },
      {
        password: "Cafe\u0301 au lait, s'il vous plai\u0302t",
        repeat: "Cafe\u0301 au lait, s'il vous plai\u0302t",
      },
    );
    expect(idp.known.hasher.count).toBe(hashed);
  });

  it("P7: guessing the current one is throttled like a sign-in, and counts with it", async () => {
    const { person, visitor } = await somebody();
    const { free } = throttlePolicies.nameAtAddress;
    for (let guess = 0; guess < free; guess += 1) {
      const { status } = await changes(visitor, person, { current: `a wrong one ${guess}` });
      expect([guess, status]).toEqual([guess, 403]);
    }
    const throttled = await changes(visitor, person);
    expect(throttled.status).toBe(429);
    expect(Number(throttled.headers.get("retry-after"))).toBeGreaterThan(0);
    expect(throttled.text).toContain("Too many tries.");
    const elsewhere = aVisitor();
    const page = await elsewhere.follow(`${idp.issuer}/account`);
    expect((await signIn(elsewhere, page, person)).status).toBe(429);
    idp.clock.advance(60);
    expect((await changes(visitor, person)).status).toBe(303);
  });

  it("G1: nothing that was typed comes back, or is kept", async () => {
    const { person, visitor } = await somebody();
    const current = "typed into the wrong page";
    const page = await changes(visitor, person, { current });
    const events = await idp.known.audit.list({ limit: 20 });
    expect(page.text + JSON.stringify(events)).not.toContain(current);
  });

  it("P5: an overload is said, counts nothing and changes nothing", async () => {
    const { person, visitor } = await somebody();
    const page = await visitor.get(`${idp.issuer}/account/password`);
    const typed = { current: person.password, password, repeat: password };
    const answers = await Promise.all(
      Array.from({ length: 120 }, () => visitor.submit(page, { ...typed, current: "not it" })),
    );
    const statuses = answers.map(({ status }) => status);
    expect(statuses.every((status) => [403, 429, 503].includes(status))).toBe(true);
    expect(await isSignedIn(visitor, idp)).toBe(true);
  });
});
