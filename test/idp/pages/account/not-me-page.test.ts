import { beforeAll, describe, expect, it } from "vitest";
import { aVisitor } from "../../../support/a-visitor.ts";
import { anIdp, aPerson, type TestIdp } from "../../../support/an-idp.ts";
import { aClient, signIn } from "../../endpoints/authorize/arranging.ts";
import {
  aBrowserOf,
  accountOf,
  allowsWhileAway,
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
let ledgerline: Site;
let number = 0;

beforeAll(async () => {
  idp = await anIdp();
  bank = await aClient(idp, "bank", { name: "Harbour Bank" });
  ledgerline = await aClient(idp, "ledgerline", { name: "Ledgerline", firstParty: false });
  return () => idp.close();
});

/** Somebody at home, an app that works while they are away, and whoever has their password as well. */
async function somebodyAndAThief() {
  number += 1;
  const person = await aPerson(idp, { email: `person-${number}@example.test` });
  const owner = aBrowserOf(FIREFOX);
  const atHome = await visits(owner, idp, bank, person);
  const offline = await allowsWhileAway(owner, idp, ledgerline);
  const thief = aBrowserOf(CHROME);
  const stolen = await visits(thief, idp, bank, person);
  return { person, owner, thief, atHome, stolen, offline: offline.refreshToken };
}

type Story = Awaited<ReturnType<typeof somebodyAndAThief>>;

/** The owner follows the loud way out of the row that is not theirs. */
async function asksWhatItDoes({ owner }: Story) {
  const page = await accountOf(owner, idp);
  const [, href = ""] = /class="button button--bad[^"]*" href="([^"]+)"/.exec(page.text) ?? [];
  expect(href).toMatch(/^\/account\/sessions\/[\w-]+\/not-me$/);
  return owner.get(`${idp.issuer}${href}`);
}

const saysSo = async (story: Story) =>
  story.owner.submit(await asksWhatItDoes(story), {}, formTo("/not-me"));

describe("this wasn’t me", () => {
  it("says what it will do, and changes nothing by being looked at", async () => {
    const story = await somebodyAndAThief();
    const page = await asksWhatItDoes(story);
    expect(page.text).toContain("Chrome on Windows");
    expect(page.text).toContain("Every sign-in of yours ends at once");
    expect(page.text).toContain("Nothing has been changed yet");
    expect(await sessionIds(idp, story.person)).toHaveLength(2);
  });

  it("L3: ends every session and every grant, offline ones as well, with its reason", async () => {
    const story = await somebodyAndAThief();
    await saysSo(story);
    expect(await sessionIds(idp, story.person)).toEqual([]);
    expect(await isSignedIn(story.thief, idp)).toBe(false);
    expect(secretOf(story.owner)).toBeUndefined();
    for (const { refreshToken } of [story.atHome, story.stolen]) {
      expect(await refreshes(idp, bank, refreshToken)).toBeUndefined();
    }
    expect(await refreshes(idp, ledgerline, story.offline)).toBeUndefined();
    const accountId = story.person.account.id;
    const { orm } = idp.database;
    expect(await orm.grant.count({ where: { accountId, revokedAt: null } })).toBe(0);
    expect(await orm.session.findMany({ where: { accountId } })).toMatchObject([
      { endedReason: "not-me" },
      { endedReason: "not-me" },
    ]);
  });

  it("leads to sign-in, and from there to a new password, which asks for the old one", async () => {
    const story = await somebodyAndAThief();
    const { location } = await saysSo(story);
    const page = await story.owner.follow(location ?? "");
    expect(page.text).toContain("Everything of yours has ended.");
    const back = await signIn(story.owner, page, story.person);
    expect(back.location).toBe(`${idp.issuer}/account/password`);
    const change = await story.owner.get(back.location ?? "");
    expect(change.text).toContain("The password you have now");

    const password = "four words nobody guessed";
    const typed = { current: story.person.password, password, repeat: password };
    const done = await story.owner.submit(change, typed);
    expect(done.location).toBe(`${idp.issuer}/account?done=password`);
    const again = await signIn(
      story.thief,
      await story.thief.follow(`${idp.issuer}/account`),
      story.person,
    );
    expect(again.status).toBe(403);
  });

  it("S2: whoever merely holds a session can end it, and can lock nobody out", async () => {
    const story = await somebodyAndAThief();
    const mine = story.thief;
    const [, ownersId = ""] =
      /sessions\/([\w-]+)\/not-me/.exec((await accountOf(mine, idp)).text) ?? [];
    const page = await mine.get(`${idp.issuer}/account/sessions/${ownersId}/not-me`);
    const { location } = await mine.submit(page, {}, formTo("/not-me"));
    // What they are led to wants the password, which they have not.
    const login = await mine.follow(location ?? "");
    expect(login.forms).toHaveLength(1);
    expect((await mine.get(`${idp.issuer}/account/password`)).status).toBe(303);
    // The owner is out for the moment, and in again with what they know.
    const owner = aVisitor();
    await visits(owner, idp, bank, story.person);
    expect(await isSignedIn(owner, idp)).toBe(true);
  });

  it("makes every browser a new one again, so that whoever comes back is noticed", async () => {
    const story = await somebodyAndAThief();
    const news = async () =>
      (await kindsOf(idp, story.person)).filter((kind) => kind === "sign-in.new-device").length;
    expect(await news()).toBe(1);
    await saysSo(story);
    await visits(story.thief, idp, bank, story.person);
    expect(await news()).toBe(2);
  });

  it("of 20 at once, and of a replay, everything ends once", async () => {
    const story = await somebodyAndAThief();
    const page = await asksWhatItDoes(story);
    const cookies = [...story.owner.cookies];
    const browsers = Array.from({ length: 20 }, () => {
      const browser = aVisitor();
      for (const [name, value] of cookies) browser.cookies.set(name, value);
      return browser;
    });
    const answers = await Promise.all(
      browsers.map((browser) => browser.submit(page, {}, formTo("/not-me"))),
    );
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([303]));
    const ended = (await kindsOf(idp, story.person)).filter((kind) => kind === "session.ended");
    expect(ended).toHaveLength(2);
    const replayed = await story.owner.submit(page, {}, formTo("/not-me"));
    expect(replayed.location).toMatch(/\/authorize\//);
  });
});
