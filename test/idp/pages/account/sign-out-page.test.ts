import { beforeAll, describe, expect, it } from "vitest";
import { aVisitor } from "../../../support/a-visitor.ts";
import { anIdp, aPerson, type Person, type TestIdp } from "../../../support/an-idp.ts";
import { aClient } from "../../endpoints/authorize/arranging.ts";
import {
  aBrowserOf,
  accountOf,
  act,
  CHROME,
  FIREFOX,
  formTo,
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
let number = 0;

beforeAll(async () => {
  idp = await anIdp();
  bank = await aClient(idp, "bank", { name: "Harbour Bank" });
  return () => idp.close();
});

/** Somebody in two browsers, each of which has been to the bank. */
async function somebodyTwice() {
  number += 1;
  const person = await aPerson(idp, { email: `person-${number}@example.test` });
  const laptop = aBrowserOf(FIREFOX);
  const phone = aBrowserOf(CHROME);
  return {
    person,
    laptop,
    phone,
    atLaptop: await visits(laptop, idp, bank, person),
    atPhone: await visits(phone, idp, bank, person),
  };
}

const idOf = async (person: Person, userAgent: string): Promise<string> => {
  const sessions = await idp.known.sessions.list(person.account.id, idp.clock.now());
  return sessions.find((session) => session.userAgent === userAgent)?.id ?? "none";
};

describe("signing out one browser (S5)", () => {
  it("L3: ends it, and what it had given out, at once; this one goes on", async () => {
    const { person, laptop, phone, atLaptop, atPhone } = await somebodyTwice();
    const done = await laptop.submit(await accountOf(laptop, idp), {}, formTo("/end"));
    expect([done.status, done.location]).toEqual([303, `${idp.issuer}/account?done=ended`]);
    expect(await isSignedIn(phone, idp)).toBe(false);
    expect(await refreshes(idp, bank, atPhone.refreshToken)).toBeUndefined();
    expect(await isSignedIn(laptop, idp)).toBe(true);
    expect(await refreshes(idp, bank, atLaptop.refreshToken)).toBeDefined();
    expect(await kindsOf(idp, person)).toContain("session.ended");
  });

  it("does twice what it does once", async () => {
    const { person, laptop } = await somebodyTwice();
    const page = await accountOf(laptop, idp);
    for (let time = 0; time < 2; time += 1) {
      expect((await laptop.submit(page, {}, formTo("/end"))).status).toBe(303);
    }
    const ended = (await kindsOf(idp, person)).filter((kind) => kind === "session.ended");
    expect(ended).toHaveLength(1);
  });

  it("of this very browser clears its cookie as well", async () => {
    const { person, laptop, phone } = await somebodyTwice();
    const done = await act(laptop, idp, `/account/sessions/${await idOf(person, FIREFOX)}/end`);
    expect(done.location).toBe(`${idp.issuer}/`);
    expect(secretOf(laptop)).toBeUndefined();
    expect(await isSignedIn(phone, idp)).toBe(true);
  });

  it.each(["nobody", "%00", "..%2f..%2faccount", "a".repeat(65), "' OR 1=1 --"])(
    "D2, H6: %j is none of theirs",
    async (id) => {
      const { laptop, phone } = await somebodyTwice();
      const path = `/account/sessions/${encodeURIComponent(id)}/end`;
      expect((await act(laptop, idp, path)).status).toBeGreaterThanOrEqual(400);
      expect((await act(laptop, idp, path)).status).toBeLessThan(500);
      expect(await isSignedIn(phone, idp)).toBe(true);
    },
  );
});

describe("signing out elsewhere and everywhere (S5)", () => {
  it("elsewhere leaves this browser and what hangs on it alone", async () => {
    const { person, laptop, phone, atLaptop, atPhone } = await somebodyTwice();
    const page = await accountOf(laptop, idp);
    const done = await laptop.submit(page, {}, formTo("/sign-out-elsewhere"));
    expect(done.location).toBe(`${idp.issuer}/account?done=ended`);
    expect(await sessionIds(idp, person)).toHaveLength(1);
    expect(await isSignedIn(phone, idp)).toBe(false);
    expect(await refreshes(idp, bank, atPhone.refreshToken)).toBeUndefined();
    expect(await refreshes(idp, bank, atLaptop.refreshToken)).toBeDefined();
    const again = await laptop.submit(page, {}, formTo("/sign-out-elsewhere"));
    expect(again.status).toBe(303);
  });

  it("is not offered where there is nowhere else", async () => {
    number += 1;
    const person = await aPerson(idp, { email: `person-${number}@example.test` });
    const visitor = aVisitor();
    await visits(visitor, idp, bank, person);
    const page = await accountOf(visitor, idp);
    expect(page.forms.some(formTo("/sign-out-elsewhere"))).toBe(false);
  });

  it("L3: everywhere ends this one, too, and says in a receipt what ended", async () => {
    const { person, laptop, phone, atLaptop } = await somebodyTwice();
    const page = await accountOf(laptop, idp);
    const done = await laptop.submit(page, {}, formTo("/sign-out-everywhere"));
    expect(secretOf(laptop)).toBeUndefined();
    const receipt = await laptop.get(done.location ?? "");
    expect(receipt.text).toContain("You are signed out everywhere");
    expect(receipt.text).toContain("In two browsers, this one among them.");
    expect(receipt.text).toMatch(/Harbour Bank <span class="state[^"]*">Ending</);
    expect(await sessionIds(idp, person)).toEqual([]);
    expect(await isSignedIn(phone, idp)).toBe(false);
    expect(await refreshes(idp, bank, atLaptop.refreshToken)).toBeUndefined();
    // The receipt is this browser's alone, and nobody is told so who has not signed out.
    const elsewhere = await aVisitor().get(done.location ?? "");
    expect(elsewhere.text).toContain("You were not signed in");
  });

  it("A8: its receipt is no request to sign out that somebody could go on with", async () => {
    const { laptop } = await somebodyTwice();
    const done = await act(laptop, idp, "/account/sign-out-everywhere");
    const id = new URL(done.location ?? "").searchParams.get("receipt");
    for (const door of ["logout", "authorize", "sign-in", "consent", "choose-account"]) {
      expect([door, (await laptop.get(`${idp.issuer}/${door}/${id}`)).status]).toEqual([door, 400]);
    }
  });

  it("survives nothing by being late: a form of a session that has ended does nothing", async () => {
    const { person, laptop, phone } = await somebodyTwice();
    const page = await accountOf(phone, idp);
    await act(laptop, idp, "/account/sign-out-elsewhere");
    const late = await phone.submit(page, {}, formTo("/sign-out-everywhere"));
    expect(late.location).toMatch(/\/authorize\//);
    expect(await sessionIds(idp, person)).toHaveLength(1);
  });
});
