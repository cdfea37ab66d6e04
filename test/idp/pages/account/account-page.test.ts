import { beforeAll, describe, expect, it } from "vitest";
import { type Answer, aVisitor } from "../../../support/a-visitor.ts";
import { anIdp, aPerson, type Person, type TestIdp } from "../../../support/an-idp.ts";
import {
  API,
  aClient,
  aResource,
  authorizeUrl,
  signedIn,
  signIn,
} from "../../endpoints/authorize/arranging.ts";
import {
  aBrowserOf,
  accountOf,
  act,
  allowsWhileAway,
  CHROME,
  FIREFOX,
  formTo,
  refreshes,
  type Site,
  visits,
} from "./an-account.ts";

let idp: TestIdp;
let bank: Site;
let plan: Site;
let ledgerline: Site;
let number = 0;

beforeAll(async () => {
  idp = await anIdp();
  await aResource(idp, API);
  bank = await aClient(idp, "bank", { name: "Harbour Bank" });
  plan = await aClient(idp, "plan", { name: "Evergreen Retirement" });
  ledgerline = await aClient(idp, "ledgerline", {
    name: "Ledgerline",
    firstParty: false,
    redirectUris: ["https://bank.example/callback"],
    metadata: { initiate_login_uri: "https://bank.example/sign-in" },
  });
  return () => idp.close();
});

/** Whoever nobody else in this file knows, so that lists are theirs alone. */
function somebody(): Promise<Person> {
  number += 1;
  return aPerson(idp, { email: `person-${number}@example.test`, name: "Alice Moreau" });
}

/** The words of the page, as a person reads them. */
const textOf = ({ text }: Answer): string =>
  text
    .replace(/.*<main/s, "")
    .replace(/<[^>]*>/g, " ")
    .replaceAll("&#39;", "'")
    .replace(/\s+/g, " ");

describe("where the person is signed in", () => {
  it("is for whoever is signed in: others sign in first, and come back", async () => {
    const alice = await somebody();
    const visitor = aVisitor();
    const page = await visitor.follow(`${idp.issuer}/account`);
    expect(page.text).toContain("Signet itself");
    const back = await signIn(visitor, page, alice);
    expect(back.location).toBe(`${idp.issuer}/account`);
    expect(textOf(await accountOf(visitor, idp))).toContain("In this browser, and nowhere else.");
  });

  it("S3: asks for a sign-in again once the session has been idle for too long", async () => {
    const visitor = aVisitor();
    await signedIn(visitor, idp, bank, await somebody());
    idp.clock.advance(idp.config.lifetimes.sessionIdleSeconds);
    const answer = await accountOf(visitor, idp);
    expect(answer.location).toMatch(new RegExp(`^${idp.issuer}/authorize/`));
    expect(answer.text).toBe("");
  });

  it("S5: names each browser in words, this one first, with the sites each has been to", async () => {
    const alice = await somebody();
    const laptop = aBrowserOf(FIREFOX);
    const other = aBrowserOf(CHROME);
    // Both are known by now: what began before is over.
    for (const browser of [laptop, other]) await visits(browser, idp, bank, alice);
    await act(laptop, idp, "/account/sign-out-everywhere");
    await visits(laptop, idp, bank, alice);
    await visits(laptop, idp, plan, alice);
    idp.clock.advance(300);
    await visits(other, idp, bank, alice);

    const page = await accountOf(laptop, idp);
    const text = textOf(page);
    expect(text).toContain("In two browsers, this one among them.");
    expect(text.indexOf("Firefox on macOS")).toBeLessThan(text.indexOf("Chrome on Windows"));
    expect(text).toContain("Harbour Bank, Evergreen Retirement");
    expect(text).toContain("This browser");
    expect(page.text).not.toMatch(/Mozilla|AppleWebKit|Gecko|Windows NT|<script(?! src)/);
    expect(page.text).not.toContain("state--bad");
    const seenFromThere = textOf(await accountOf(other, idp));
    expect(seenFromThere.indexOf("Chrome on Windows")).toBeLessThan(
      seenFromThere.indexOf("Firefox on macOS"),
    );
  });

  it("puts a sign-in from a new browser before all others, and never this one", async () => {
    const alice = await somebody();
    const laptop = aBrowserOf(FIREFOX);
    await visits(laptop, idp, bank, alice);
    const other = aBrowserOf(CHROME);
    await visits(other, idp, bank, alice);

    const text = textOf(await accountOf(laptop, idp));
    expect(text).toContain("one of them new");
    expect(text).toMatch(/New Chrome on Windows.*This wasn’t me….*Firefox on macOS/);
    // Whoever asks is here, however they came.
    const fromThere = textOf(await accountOf(other, idp));
    expect(fromThere).not.toContain("one of them new");
    expect(fromThere).not.toMatch(/New Chrome/);
  });

  it("S5: shows nothing of anybody else's", async () => {
    const [alice, bruno] = [await somebody(), await somebody()];
    const visitor = aBrowserOf(FIREFOX);
    await visits(visitor, idp, bank, alice);
    await visits(aBrowserOf(CHROME), idp, plan, bruno);
    const page = await accountOf(visitor, idp);
    expect(textOf(page)).not.toMatch(/Chrome|Evergreen/);
    expect(page.text).not.toContain(bruno.email);
  });

  it("is bounded: of many sign-ins the last used are shown, and the rest is counted", async () => {
    const alice = await somebody();
    const visitor = aVisitor();
    await signedIn(visitor, idp, bank, alice);
    const [row] = await idp.database.orm.session.findMany({
      where: { accountId: alice.account.id },
    });
    await idp.database.orm.session.createMany({
      data: Array.from({ length: 120 }, (_, index) => ({
        ...row,
        id: `many-${index}`,
        secretHash: `many-${index}`,
        accountId: alice.account.id,
        acr: "pwd",
        amr: ["pwd"],
        authenticatedAt: idp.clock.now(),
        createdAt: idp.clock.now(),
        lastUsedAt: idp.clock.now(),
        expiresAt: row?.expiresAt ?? idp.clock.now(),
      })),
    });
    const page = await accountOf(visitor, idp);
    expect(page.forms.filter(formTo("/end"))).toHaveLength(49);
    expect(textOf(page)).toContain("And 71 more, seen longer ago.");
    await visitor.submit(page, {}, formTo("/sign-out-elsewhere"));
    expect(textOf(await accountOf(visitor, idp))).toContain("In this browser, and nowhere else.");
  });

  it("H1, S7: is kept by no cache, opened by no popup, and found by no search", async () => {
    const visitor = aVisitor();
    await signedIn(visitor, idp, bank, await somebody());
    const { headers, text } = await accountOf(visitor, idp);
    expect(headers.get("cache-control")).toBe("no-store");
    expect(headers.get("cross-origin-opener-policy")).toBe("same-origin");
    expect(headers.get("content-security-policy")).toContain("form-action 'self'");
    expect(text).toContain('name="robots" content="noindex"');
  });

  it.each(["?apps=0", "?apps=x", "?apps=1e9", "?done=<i>", "?done=password"])(
    "H7: %s changes nothing, and says nothing that is not so",
    async (query) => {
      const visitor = aVisitor();
      await signedIn(visitor, idp, bank, await somebody());
      const page = await visitor.get(`${idp.issuer}/account${query}`);
      expect(page.status).toBe(200);
      expect(page.text).not.toMatch(/<i>|password is changed/);
    },
  );

  it("is linked from the front page", async () => {
    const visitor = aVisitor();
    await signedIn(visitor, idp, bank, await somebody());
    expect((await visitor.get(`${idp.issuer}/`)).text).toContain('href="/account"');
    expect((await aVisitor().get(`${idp.issuer}/`)).text).not.toContain('href="/account"');
  });
});

describe("connected apps", () => {
  it("says so when there is none", async () => {
    const visitor = aVisitor();
    await signIn(visitor, await visitor.follow(`${idp.issuer}/account`), await somebody());
    const text = textOf(await accountOf(visitor, idp));
    expect(text).toContain(
      "No app is connected When a site asks to read something of yours, it appears here.",
    );
  });

  it("A10: says in words what each may do, since when, and whether while the person is away", async () => {
    const alice = await somebody();
    const visitor = aVisitor();
    await visits(visitor, idp, bank, alice);
    await allowsWhileAway(visitor, idp, ledgerline, {
      scope: "openid offline_access accounts:read",
      resource: API.identifier,
    });
    const page = await accountOf(visitor, idp);
    const opening = `https://bank.example/sign-in?iss=${encodeURIComponent(idp.issuer)}`;
    expect(page.text).toContain(`<a href="${opening}">Open<span class="hidden"> Ledgerline`);
    const text = textOf(page);
    expect(text).toMatch(
      /Harbour Bank bank\.example One of our own .*see your name.*While you are signed in/,
    );
    expect(text).toMatch(/Ledgerline bank\.example .*See your accounts and balances/);
    expect(text).toContain("Also while you are away, until");
    expect(text).not.toContain("accounts:read");
  });

  it("A10: taken back, a stranger's app holds nothing more and has to ask again", async () => {
    const alice = await somebody();
    const visitor = aVisitor();
    await signedIn(visitor, idp, bank, alice);
    const { refreshToken } = await allowsWhileAway(visitor, idp, ledgerline);

    const page = await accountOf(visitor, idp);
    const done = await visitor.submit(page, {}, formTo("/ledgerline/take-back"));
    expect(done.status).toBe(303);
    const after = await visitor.get(done.location ?? "");
    expect(textOf(after)).toMatch(/Done\. .*all that is left/);
    expect(after.forms.filter(formTo("/ledgerline/take-back"))).toEqual([]);
    expect(await refreshes(idp, ledgerline, refreshToken)).toBeUndefined();
    const asked = await visitor.get(authorizeUrl(idp, ledgerline, { scope: "openid" }));
    expect(asked.location).toMatch(/\/consent\//);
  });

  it("taken back from one of our own ends its passes, and nothing elsewhere", async () => {
    const alice = await somebody();
    const visitor = aVisitor();
    const atBank = await visits(visitor, idp, bank, alice);
    const atPlan = await visits(visitor, idp, plan, alice);
    await visitor.submit(await accountOf(visitor, idp), {}, formTo("/bank/take-back"));
    expect(await refreshes(idp, bank, atBank.refreshToken)).toBeUndefined();
    expect(await refreshes(idp, plan, atPlan.refreshToken)).toBeDefined();
    expect(textOf(await accountOf(visitor, idp))).not.toMatch(/Harbour Bank bank\.example/);
  });

  it("does twice what it does once, without a second row in the audit", async () => {
    const alice = await somebody();
    const visitor = aVisitor();
    await visits(visitor, idp, bank, alice);
    const page = await accountOf(visitor, idp);
    for (let time = 0; time < 2; time += 1) {
      expect((await visitor.submit(page, {}, formTo("/bank/take-back"))).status).toBe(303);
    }
    const events = await idp.known.audit.list({ limit: 50, kind: "consent.withdrawn" });
    expect(events.filter(({ accountId }) => accountId === alice.account.id)).toHaveLength(1);
  });

  it("is bounded: many are shown page by page", async () => {
    const alice = await somebody();
    const visitor = aVisitor();
    await signIn(visitor, await visitor.follow(`${idp.issuer}/account`), alice);
    for (let index = 10; index < 40; index += 1) {
      const { id } = await aClient(idp, `many-${index}`, { name: `Many ${index}` });
      const now = idp.clock.now();
      const by = { actor: "test" };
      await idp.known.consents.record(alice.account.id, id, ["openid"], [], now, by);
    }
    const first = await accountOf(visitor, idp);
    const appsOn = ({ forms }: Answer) =>
      new Set(forms.filter(formTo("/take-back")).map(({ action }) => action)).size;
    expect(appsOn(first)).toBe(25);
    expect(first.text).toContain('href="/account?apps=2#apps"');
    const second = await visitor.get(`${idp.issuer}/account?apps=2`);
    expect(appsOn(second)).toBe(5);
    expect(second.text).not.toContain("apps=3");
    const none = await visitor.get(`${idp.issuer}/account?apps=3`);
    expect(none.location).toBe(`${idp.issuer}/account`);
  });

  it("takes an odd client id as it is", async () => {
    const alice = await somebody();
    const odd = await aClient(idp, "https://rp.example/a b?c=ü".replace("ü", "%2F"), {
      name: "Oddly named",
    });
    const visitor = aVisitor();
    await visits(visitor, idp, odd, alice);
    const page = await accountOf(visitor, idp);
    const done = await visitor.submit(page, {}, formTo("/take-back"));
    expect(done.status).toBe(303);
    expect((await accountOf(visitor, idp)).forms.filter(formTo("/take-back"))).toEqual([]);
  });
});
