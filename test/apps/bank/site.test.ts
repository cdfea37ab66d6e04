import { createSign } from "node:crypto";
import { exportPKCS8 } from "jose";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { harbourBank } from "../../../apps/bank/app.ts";
import { readBankConfig } from "../../../apps/bank/config.ts";
import { aSiteOfOurs, type SignedInVisitor, type SiteOfOurs } from "../support/a-site-of-ours.ts";
import { everyPageIsSound } from "../support/every-page.ts";
import { centsIn, expectNothingInline, expectSoundStructure } from "../support/page-checks.ts";

const PAGES = [
  "/",
  "/transactions",
  "/transactions?account=rainy-day",
  "/transactions?account=rainy-day&month=2026-08",
  "/transactions?month=2026-09",
  "/transfers",
  "/transfers?to=rainy-day",
];
/** Strict: this one waits. */
const isStrict = (path: string) => path.startsWith("/transfers");

let bank: SiteOfOurs;
let alice: SignedInVisitor;
beforeAll(async () => {
  bank = await aSiteOfOurs({
    site: harbourBank,
    readConfig: readBankConfig,
    hostname: "bank.localhost",
  });
  alice = await bank.signedIn();
});
afterAll(() => bank.close());

everyPageIsSound("Harbour Bank", PAGES, () => ({ site: bank, alice }));

describe("the front page", () => {
  it("says the balance first, and it is the sum of the accounts below it", async () => {
    const { text } = await alice.get("/");
    const [euros, cents] = [
      /class="balance">([^<]+)</.exec(text)?.[1],
      /<small>(\.\d\d)<\/small>/.exec(text)?.[1],
    ];
    const [balance] = centsIn(`${euros}${cents}`);
    const accounts = /<ul class="accounts"[\s\S]*?<\/ul>/.exec(text)?.[0] ?? "";
    const [current = 0, rainyDay = 0] = [...accounts.matchAll(/<b>([^<]+)<\/b>/g)].flatMap(
      ([, amount = ""]) => centsIn(amount),
    );
    expect(current + rainyDay).toBe(balance);
  });

  it("greets by first name and by the hour where the bank is", async () => {
    expect((await alice.get("/")).text).toContain("Good afternoon, Alice. You have");
  });

  it("tells the tide as a sentence and as a table, not as a picture alone", async () => {
    const { text } = await alice.get("/");
    expect(text).toMatch(
      /aria-label="Out since 1 November: €[\d,]+ by day 20\. Your usual range for this day is €[\d,]+ to €[\d,]+\. At your usual pace the month ends near €[\d,]+\."/,
    );
    expect(text).toContain("20 November, today");
  });
});

describe("how do we know it's you?", () => {
  it("names every check, the key, the age of the key set and the time it took", async () => {
    const { text } = await alice.get("/");
    for (const words of [
      "The seal is Signet’s",
      "It comes from the Signet we trust",
      "Made for Harbour Bank, and only us",
      "Still fresh",
      "The right kind of pass",
      "You gave your password",
    ]) {
      expect(text).toContain(words);
    }
    expect(text).toContain(bank.issuer.key.kid);
    expect(text).toMatch(/in our copy of Signet’s keys, (less than a second|\d+ s) old/);
    expect(text).toMatch(/We checked it ourselves, in [\d.]+ ms, without asking anyone/);
  });

  it("never sends the end of the signature", async () => {
    const { text } = await alice.get("/");
    const [header, payload, start] = ["tok-h", "tok-p", "tok-s"].map(
      (ink) => new RegExp(`<span class="${ink}">([^<]+)</span>`).exec(text)?.[1] ?? "",
    );
    // RS256 is deterministic: the same words under the same key give the signature that was not sent.
    const pem = await exportPKCS8(bank.issuer.key.privateKey);
    const signature = createSign("sha256").update(`${header}.${payload}`).sign(pem, "base64url");
    expect(signature.startsWith(start ?? "none")).toBe(true);
    expect(start?.length).toBeLessThan(signature.length / 4);
    expect(text).not.toContain(signature.slice(start?.length, (start?.length ?? 0) + 12));
    expect(text).not.toContain(signature.slice(-12));
  });
});

describe("transactions", () => {
  it("adds up: brought forward, in and out give what is there", async () => {
    for (const path of PAGES.filter((path) => path.startsWith("/transactions"))) {
      const { text } = await alice.get(path);
      const sums = /<dl class="sums">[\s\S]*?<\/dl>/.exec(text)?.[0] ?? "";
      const [forward = 0, cameIn = 0, wentOut = 0, now = 0] = centsIn(sums);
      expect(forward + cameIn + wentOut).toBe(now);
    }
  });

  it("leads back month by month to the one in which the account was opened", async () => {
    let path: string | undefined = "/transactions";
    let months = 0;
    while (path !== undefined && months < 80) {
      const page = await alice.get(path);
      expect(page.status).toBe(200);
      months += 1;
      const earlier = /<a href="([^"]+)"><svg class="icon"/.exec(page.text)?.[1];
      path = earlier?.replaceAll("&amp;", "&");
    }
    expect(months).toBeGreaterThan(24);
    expect(months).toBeLessThan(80);
  });

  it.each([
    "/transactions?month=2026-13",
    "/transactions?month=2026-12",
    "/transactions?month=2019-01",
    "/transactions?month=<script>",
    "/transactions?account=savings",
    "/transactions?account=current&account=rainy-day",
    "/nothing",
  ])("%s is a page that says so", async (path) => {
    const page = await alice.get(path);
    expect(page.status).toBe(404);
    expect(page.text).toContain("There is no such page");
    expectNothingInline(page);
    expectSoundStructure(page);
  });
});

describe("GET /api/accounts", () => {
  it("gives a bearer of accounts:read the balances that the page shows", async () => {
    const answer = await bank.api("/api/accounts", "accounts:read", "subject-of-alice");
    expect(answer.status).toBe(200);
    expect(answer.headers.get("content-type")).toContain("application/json");
    expect(answer.headers.get("cache-control")).toBe("no-store");
    const body = JSON.parse(answer.text);
    expect(body).toEqual({
      as_of: "2026-11-20T13:06:38.204Z",
      accounts: [
        {
          id: "current",
          name: "Current",
          number: expect.stringMatching(/^\d{4}$/),
          currency: "EUR",
          balance: expect.stringMatching(/^\d+\.\d\d$/),
          pending: expect.stringMatching(/^-?\d+\.\d\d$/),
        },
        expect.objectContaining({ id: "rainy-day", currency: "EUR", pending: "0.00" }),
      ],
    });
    const { text } = await alice.get("/");
    for (const { balance } of body.accounts) {
      expect(centsIn(text)).toContain(Math.round(Number(balance) * 100));
    }
  });

  it("refuses a token without the scope, and none at all (RFC 6750 §3)", async () => {
    const other = await bank.api("/api/accounts", "transfers:write");
    expect(other.status).toBe(403);
    expect(other.headers.get("www-authenticate")).toContain('error="insufficient_scope"');
    const none = await bank.visitor().request(`${bank.baseUrl}/api/accounts`);
    expect(none.status).toBe(401);
    expect(none.headers.get("www-authenticate")).toMatch(/^Bearer /);
  });

  it("T6: another subject has another account, whatever the e-mail", async () => {
    const [one, two] = await Promise.all(
      ["subject-of-alice", "another"].map((subject) =>
        bank.api("/api/accounts", "accounts:read", subject),
      ),
    );
    expect(one?.text).not.toBe(two?.text);
  });
});

describe("while Signet is away", () => {
  it("keeps signed-in people in, and says so in a banner", async () => {
    const world = await aSiteOfOurs({
      site: harbourBank,
      readConfig: readBankConfig,
      hostname: "bank.localhost",
    });
    try {
      const person = await world.signedIn();
      await world.issuer.stop();
      world.clock.advance(6 * 60);
      for (const path of PAGES.filter((path) => !isStrict(path))) {
        const page = await person.get(path);
        expect(page.status).toBe(200);
        expect(page.text).toContain(
          "You are still signed in. New sign-ins wait until Signet is back.",
        );
        expectNothingInline(page);
      }
      const { text } = await person.get("/");
      expect(text).toContain("Was fresh until 14:11:38");
      expect(text).not.toContain("Still fresh");
    } finally {
      await world.close();
    }
  });

  it("has a kind page before Signet has ever answered", async () => {
    const world = await aSiteOfOurs({
      site: harbourBank,
      readConfig: readBankConfig,
      hostname: "bank.localhost",
      issuerDown: true,
    });
    try {
      const page = await world.visitor().visit(`${world.baseUrl}/`);
      expect(page.status).toBe(503);
      expect(page.text).toContain("Signing in has to wait a moment");
      expect(page.text).toContain("Harbour Bank");
      expectNothingInline(page);
      expectSoundStructure(page);
    } finally {
      await world.close();
    }
  });
});
