import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { evergreenRetirement } from "../../../apps/retirement/app.ts";
import { readRetirementConfig } from "../../../apps/retirement/config.ts";
import { aSiteOfOurs, type SignedInVisitor, type SiteOfOurs } from "../support/a-site-of-ours.ts";
import { everyPageIsSound } from "../support/every-page.ts";
import { centsIn, expectNothingInline, expectSoundStructure } from "../support/page-checks.ts";

const PAGES = ["/", "/?percent=15", "/?percent=0", "/contributions", "/contributions?year=2020"];

let evergreen: SiteOfOurs;
let alice: SignedInVisitor;
beforeAll(async () => {
  evergreen = await aSiteOfOurs({
    site: evergreenRetirement,
    readConfig: readRetirementConfig,
    hostname: "retirement.localhost",
  });
  alice = await evergreen.signedIn();
});
afterAll(() => evergreen.close());

everyPageIsSound("Evergreen Retirement", PAGES, () => ({ site: evergreen, alice }));

describe("the plan", () => {
  it("is worth what the three amounts beside it add up to", async () => {
    const { text } = await alice.get("/");
    const [balance = 0] = centsIn(/<p class="sum">([^<]+)</.exec(text)?.[1] ?? "");
    const facts = centsIn(/<dl class="facts">[\s\S]*?<\/dl>/.exec(text)?.[0] ?? "");
    expect(facts).toHaveLength(3);
    expect(facts.reduce((sum, cents) => sum + cents, 0)).toBe(balance);
  });

  it("tells the rings in words, and leads to every year in numbers", async () => {
    const { text } = await alice.get("/");
    expect(text).toMatch(
      /aria-label="Your plan drawn as the rings of a tree, one ring for each year since \d{4}/,
    );
    expect(text).toContain(`<a href="/contributions">Every year in numbers</a>`);
  });
});

describe("one question, one answer", () => {
  const monthly = (text: string) =>
    centsIn(/<p class="answer">([\s\S]*?)<\/p>/.exec(text)?.[1] ?? "");

  it("asks by a GET form, so that an answer has an address", async () => {
    const { text } = await alice.get("/?percent=15");
    expect(text).toContain(`<form class="slider" method="get" action="/#ahead">`);
    expect(text).toMatch(/<input id="percent" name="percent" type="range" [^>]*value="15"/);
    expect(text).toContain("Show me this");
  });

  it("answers with a range, the low end too, in a sentence and as a table", async () => {
    const { text } = await alice.get("/?percent=15");
    const [middle = 0, low = 0, high = 0] = monthly(text);
    expect(low).toBeLessThan(middle);
    expect(middle).toBeLessThan(high);
    expect(text).toContain("If it goes badly");
    expect(text).toMatch(/nine outcomes in ten lie between €/);
  });

  it("answers with more for more, and leads back to today's share", async () => {
    const [little, much] = await Promise.all(
      ["/?percent=2", "/?percent=20"].map(async (path) => (await alice.get(path)).text),
    );
    expect(monthly(little ?? "")[0]).toBeLessThan(monthly(much ?? "")[0] ?? 0);
    expect(much).toMatch(/<a href="\/#ahead">Back to today’s \d+%<\/a>/);
  });

  it.each([
    "/?percent=21",
    "/?percent=-1",
    "/?percent=9.5",
    "/?percent=<script>",
    "/?percent=1&percent=2",
    "/?percent=",
  ])("takes %s for no question", async (path) => {
    const [asked, today] = [await alice.get(path), await alice.get("/")];
    expect(asked.status).toBe(200);
    expect(monthly(asked.text)).toEqual(monthly(today.text));
  });
});

describe("contributions", () => {
  const rows = (text: string, table: number) =>
    [
      ...(text.match(/<table[\s\S]*?<\/table>/g)?.[table] ?? "").matchAll(/<tr><th[\s\S]*?<\/tr>/g),
    ].map(([row]) => centsIn(row.replace(/<span class="note only-small">[^<]*<\/span>/g, "")));

  it("adds up: the years give the last line, and the months give their year", async () => {
    const { text } = await alice.get("/contributions?year=2020");
    const years = rows(text, 0).filter(({ length }) => length === 4);
    const together = years.pop() ?? [];
    for (const column of [0, 1, 2]) {
      expect(years.reduce((sum, row) => sum + (row[column] ?? 0), 0)).toBe(together[column]);
    }
    expect((together[0] ?? 0) + (together[1] ?? 0) + (together[2] ?? 0)).toBe(together[3]);
    const months = rows(text, 1).filter(({ length }) => length === 4);
    expect(months).toHaveLength(12);
    const year = years[2026 - 2020] ?? [];
    for (const column of [0, 1, 2]) {
      expect(months.reduce((sum, row) => sum + (row[column] ?? 0), 0)).toBe(year[column]);
    }
  });

  it.each([
    "/contributions?year=1999",
    "/contributions?year=2027",
    "/contributions?year=x",
    "/nothing",
  ])("%s is a page that says so", async (path) => {
    const page = await alice.get(path);
    expect(page.status).toBe(404);
    expectNothingInline(page);
    expectSoundStructure(page);
  });
});

describe("GET /api/plan", () => {
  it("gives a bearer of plan:read what the page shows, in parts that add up", async () => {
    const answer = await evergreen.api("/api/plan", "plan:read", "subject-of-alice");
    expect(answer.status).toBe(200);
    const body = JSON.parse(answer.text);
    const amount = expect.stringMatching(/^-?\d+\.\d\d$/);
    expect(body).toEqual({
      as_of: "2026-11-20T13:06:38.204Z",
      employer: expect.any(String),
      currency: "EUR",
      balance: amount,
      contributed: amount,
      contributed_by_employer: amount,
      growth: amount,
      contribution_percent: expect.any(Number),
      pension_age: 67,
    });
    const cents = (text: string) => Math.round(Number(text) * 100);
    expect(cents(body.contributed) + cents(body.contributed_by_employer) + cents(body.growth)).toBe(
      cents(body.balance),
    );
    const { text } = await alice.get("/contributions");
    expect(centsIn(text)).toContain(cents(body.balance));
  });

  it("refuses a token without the scope, and none at all (RFC 6750 §3)", async () => {
    const other = await evergreen.api("/api/plan", "accounts:read");
    expect(other.status).toBe(403);
    expect(other.headers.get("www-authenticate")).toContain('error="insufficient_scope"');
    const none = await evergreen.visitor().request(`${evergreen.baseUrl}/api/plan`);
    expect(none.status).toBe(401);
  });
});

describe("while Signet is away", () => {
  it("keeps signed-in people in, and says so in a banner", async () => {
    const world = await aSiteOfOurs({
      site: evergreenRetirement,
      readConfig: readRetirementConfig,
      hostname: "retirement.localhost",
    });
    try {
      const person = await world.signedIn();
      await world.issuer.stop();
      world.clock.advance(6 * 60);
      for (const path of PAGES) {
        const page = await person.get(path);
        expect(page.status).toBe(200);
        expect(page.text).toContain(
          "You are still signed in. New sign-ins wait until Signet is back.",
        );
      }
    } finally {
      await world.close();
    }
  });
});
