import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { harbourBank } from "../../../apps/bank/app.ts";
import { readBankConfig } from "../../../apps/bank/config.ts";
import type { Page } from "../relying-party/support/a-visitor.ts";
import { aSiteOfOurs, type SignedInVisitor, type SiteOfOurs } from "../support/a-site-of-ours.ts";
import { centsIn, expectNothingInline, expectSoundStructure } from "../support/page-checks.ts";

let bank: SiteOfOurs;
let alice: SignedInVisitor;
beforeEach(async () => {
  bank = await aSiteOfOurs({
    site: harbourBank,
    readConfig: readBankConfig,
    hostname: "bank.localhost",
    servesStatusLists: true,
  });
  alice = await bank.signedIn();
});
afterEach(() => bank.close());

const hidden = (page: Page, name: string) =>
  new RegExp(`name="${name}" value="([^"]+)"`).exec(page.text)?.[1] ?? "";
/** What a browser would send for the form as it is shown. */
const formOf = async (visitor = alice) => {
  const page = await visitor.get("/transfers");
  return { csrf: hidden(page, "csrf"), once: hidden(page, "once") };
};
const filledIn = { to: "person-1", amount: "25.50", reference: "Winter tyres" };
const currentCents = async () => {
  const { text } = await bank.api("/api/accounts", "accounts:read");
  return Math.round(Number(JSON.parse(text).accounts[0].balance) * 100);
};

describe("sending money, as a person", () => {
  it("S4: asks by a form with a token, and nothing in it is inline", async () => {
    const page = await alice.get("/transfers?to=rainy-day");
    expect(page.status).toBe(200);
    expectNothingInline(page);
    expectSoundStructure(page);
    expect(page.text).toMatch(/id="to-rainy-day"[^>]* checked>/);
    expect(page.text).toContain("The list we go by is less than a second old");
  });

  it("shows what was sent and what is left, and every page agrees", async () => {
    const before = await currentCents();
    const answer = await alice.post("/transfers", { ...filledIn, ...(await formOf()) });
    expect(answer.status).toBe(303);
    const page = await alice.get(answer.headers.get("location") ?? "");
    expect(page.status).toBe(200);
    expectNothingInline(page);
    expectSoundStructure(page);
    const left = before - 2550;
    expect(centsIn(page.text)).toContain(left);
    expect(page.text).toContain("Winter tyres");
    expect(await currentCents()).toBe(left);
    for (const path of ["/", "/transactions"]) {
      const { text } = await alice.get(path);
      expect(centsIn(text)).toContain(left);
      expect(centsIn(text)).toContain(-2550);
      expect(text).toContain("Winter tyres");
    }
  });

  it("between one's own accounts, both statements say so", async () => {
    const form = { ...filledIn, to: "rainy-day", amount: "150", ...(await formOf()) };
    expect((await alice.post("/transfers", form)).status).toBe(303);
    const [current, rainyDay] = [
      await alice.get("/transactions"),
      await alice.get("/transactions?account=rainy-day"),
    ];
    expect(centsIn(current.text)).toContain(-15_000);
    expect(centsIn(rainyDay.text)).toContain(15_000);
  });

  it("pressed twice, or twenty times, is sent once", async () => {
    const before = await currentCents();
    const form = { ...filledIn, ...(await formOf()) };
    const answers = await Promise.all(
      Array.from({ length: 20 }, () => alice.post("/transfers", form)),
    );
    expect(new Set(answers.map(({ headers }) => headers.get("location"))).size).toBe(1);
    expect(await currentCents()).toBe(before - 2550);
  });

  it("a form that was sent before, changed, is shown again and sends nothing", async () => {
    const before = await currentCents();
    const form = { ...filledIn, ...(await formOf()) };
    await alice.post("/transfers", form);
    const again = await alice.post("/transfers", { ...form, amount: "1" });
    expect(again.status).toBe(422);
    expect(again.text).toContain("This form was sent before");
    expect(await currentCents()).toBe(before - 2550);
    const fresh = { ...form, amount: "1", once: hidden(again, "once") };
    expect((await alice.post("/transfers", fresh)).status).toBe(303);
    expect(await currentCents()).toBe(before - 2650);
  });

  it.each([
    [{ to: "" }, "to", "Choose whom to send it to."],
    [{ to: "somebody" }, "to", "Choose whom to send it to."],
    [{ to: "__proto__" }, "to", "Choose whom to send it to."],
    [{ amount: "" }, "amount", "Write an amount like 25 or 25.50."],
    [{ amount: "0" }, "amount", "Send at least one cent."],
    [{ amount: "0.00" }, "amount", "Send at least one cent."],
    [{ amount: "-5" }, "amount", "Write an amount like 25 or 25.50."],
    [{ amount: "1,250" }, "amount", "Write an amount like 25 or 25.50."],
    [{ amount: "1e3" }, "amount", "Write an amount like 25 or 25.50."],
    [{ amount: "25.505" }, "amount", "Write an amount like 25 or 25.50."],
    [{ amount: "NaN" }, "amount", "Write an amount like 25 or 25.50."],
    [{ amount: "999999999999" }, "amount", "Write an amount like 25 or 25.50."],
    [{ amount: "9999999" }, "amount", "That is more than we send at once."],
    [{ amount: "999999" }, "amount", "That is more than there is in Current."],
    [{ reference: "x".repeat(81) }, "reference", "Keep it to 80 characters."],
    [{ reference: "two\nlines" }, "reference", "Use letters, digits and punctuation on one line."],
    [
      { reference: "\u202Egnp.exe" },
      "reference",
      "Use letters, digits and punctuation on one line.",
    ],
  ])("%j is told by its field, kindly, and nothing is sent", async (wrong, field, sentence) => {
    const before = await currentCents();
    const page = await alice.post("/transfers", { ...filledIn, ...wrong, ...(await formOf()) });
    expect(page.status).toBe(422);
    expectNothingInline(page);
    expectSoundStructure(page);
    expect(page.text).toMatch(new RegExp(`id="${field}-error">[\\s\\S]*?<span>${sentence}</span>`));
    expect(page.text).toMatch(new RegExp(`role="alert"[\\s\\S]*?${sentence}</a>`));
    // What was right stays as it was written.
    if (field !== "reference") expect(page.text).toContain('value="Winter tyres"');
    expect(await currentCents()).toBe(before);
  });

  it.each(["25", "25.5", "25,50", "€25", " 25.50 ", "€ 25"])("takes %s", async (amount) => {
    const form = { ...filledIn, amount, ...(await formOf()) };
    expect((await alice.post("/transfers", form)).status).toBe(303);
  });

  it("D4, H2: what somebody writes is shown, never run", async () => {
    const reference = `"><script>alert(1)</script>`;
    const wrong = await alice.post("/transfers", {
      ...filledIn,
      amount: "",
      reference,
      ...(await formOf()),
    });
    expectNothingInline(wrong);
    const sent = await alice.post("/transfers", { ...filledIn, reference, ...(await formOf()) });
    expect(sent.status).toBe(303);
    for (const path of [sent.headers.get("location") ?? "", "/", "/transactions"]) {
      const page = await alice.get(path);
      expectNothingInline(page);
      expect(page.text).toContain("&lt;script&gt;");
    }
  });

  it("S4: refuses a form of another site, of another session, and one without a token", async () => {
    const before = await currentCents();
    const own = await formOf();
    const bruno = await formOf(await bank.signedIn({ sub: "bruno" }));
    bank.issuer.person = { ...bank.issuer.person, sub: "subject-of-alice" };
    for (const [form, headers] of [
      [own, { "sec-fetch-site": "cross-site" }],
      [own, { "sec-fetch-site": "same-site" }],
      [own, { origin: "http://retirement.localhost:4002" }],
      [{ ...own, csrf: bruno.csrf }, {}],
      [{ ...own, csrf: "" }, {}],
      [{ ...own, csrf: "AAAA" }, {}],
    ] satisfies [Record<string, string>, Record<string, string>][]) {
      expect((await alice.post("/transfers", { ...filledIn, ...form }, headers)).status).toBe(403);
    }
    expect(await currentCents()).toBe(before);
    const sameOrigin = { "sec-fetch-site": "same-origin" };
    expect((await alice.post("/transfers", { ...filledIn, ...own }, sameOrigin)).status).toBe(303);
  });

  it("D4: nobody else sees what was sent", async () => {
    const answer = await alice.post("/transfers", { ...filledIn, ...(await formOf()) });
    const path = answer.headers.get("location") ?? "";
    const bruno = await bank.signedIn({ sub: "bruno" });
    expect((await bruno.get(path)).status).toBe(404);
    expect((await bruno.get("/transfers/nothing")).status).toBe(404);
  });

  it("L3: somebody who was signed out sends nothing, once the list says so", async () => {
    const before = await currentCents();
    const form = { ...filledIn, ...(await formOf()) };
    bank.issuer.statusList.revoke(bank.issuer.lastIndex);
    bank.clock.advance(15);
    expect((await alice.post("/transfers", form)).status).toBe(401);
    expect(await currentCents()).toBe(before);
  });

  it("Z1: waits while Signet is away, though the other pages go on, and says that nothing was sent", async () => {
    const form = { ...filledIn, ...(await formOf()) };
    await bank.issuer.stop();
    bank.clock.advance(16);
    for (const page of [await alice.get("/transfers"), await alice.post("/transfers", form)]) {
      expect(page.status).toBe(503);
      expect(page.headers.get("retry-after")).toBe("5");
      expect(page.text).toContain("This has to wait a moment");
      expect(page.text).toContain("Nothing was done");
      expectNothingInline(page);
      expectSoundStructure(page);
    }
    expect((await alice.get("/")).status).toBe(200);
    await bank.issuer.start();
    bank.clock.advance(1);
    expect((await alice.post("/transfers", form)).status).toBe(303);
  });
});

describe("POST /api/transfers", () => {
  const order = { to: "rainy-day", amount: 1250, currency: "EUR", reference: "saved" };
  const post = (
    body: unknown,
    {
      key = "a-key",
      scope = "transfers:write",
      headers = {},
      claims = {},
    }: {
      key?: string | undefined;
      scope?: string;
      headers?: Record<string, string>;
      claims?: Record<string, unknown>;
    } = {},
  ) =>
    bank.call("/api/transfers", scope, {
      headers: {
        "content-type": "application/json",
        ...(key && { "idempotency-key": key }),
        ...headers,
      },
      body: typeof body === "string" ? body : JSON.stringify(body),
      claims,
    });

  it("sends money for a bearer of transfers:write, in minor units", async () => {
    const before = await currentCents();
    const answer = await post(order);
    expect(answer.status).toBe(201);
    expect(answer.headers.get("cache-control")).toBe("no-store");
    expect(JSON.parse(answer.text)).toEqual({
      id: expect.stringMatching(/^[\w-]{16}$/),
      made_at: "2026-11-20T13:06:38.204Z",
      ...order,
      balance: before - 1250,
    });
    expect(await currentCents()).toBe(before - 1250);
    expect((await alice.get("/")).text).toContain("saved");
  });

  it("refuses a token without the scope, and none at all (RFC 6750 §3)", async () => {
    const other = await post(order, { scope: "accounts:read" });
    expect(other.status).toBe(403);
    expect(other.headers.get("www-authenticate")).toContain('scope="transfers:write"');
    const none = { headers: { authorization: "" } };
    expect((await post(order, none)).status).toBe(401);
    expect((await alice.get("/api/transfers")).status).toBe(405);
  });

  it("a site session's cookie does not open it", async () => {
    const form = { ...order, amount: "1250", ...(await formOf()) };
    expect((await alice.post("/api/transfers", form)).status).toBe(401);
  });

  it("the same request again, twenty times at once, is one transfer and one answer", async () => {
    const before = await currentCents();
    const answers = await Promise.all(Array.from({ length: 20 }, () => post(order)));
    expect(new Set(answers.map(({ status, text }) => `${status} ${text}`)).size).toBe(1);
    await bank.restart();
    const later = await post(order);
    expect(later.text).toBe(answers[0]?.text);
    expect(await currentCents()).toBe(before - 1250);
  });

  it("the same key with something else in it is 422, and nothing is sent", async () => {
    await post(order);
    const before = await currentCents();
    for (const other of [
      { ...order, amount: 1251 },
      { ...order, to: "landlord" },
      { ...order, reference: "other" },
    ]) {
      const answer = await post(other);
      expect(answer.status).toBe(422);
      expect(JSON.parse(answer.text).error).toBe("idempotency_key_reused");
    }
    expect(await currentCents()).toBe(before);
  });

  it("needs an Idempotency-Key", async () => {
    for (const key of ["", "two words", "x".repeat(256)]) {
      const answer = await post(order, { key });
      expect(answer.status).toBe(400);
      expect(JSON.parse(answer.text).error_description).toContain("Idempotency-Key");
    }
  });

  it.each([
    [{ amount: 0 }],
    [{ amount: -1 }],
    [{ amount: 12.5 }],
    [{ amount: "1250" }],
    [{ amount: null }],
    [{ amount: undefined }],
    [{ amount: 2 ** 53 }],
    [{ amount: [1250] }],
    [{ currency: "USD" }],
    [{ currency: undefined }],
    [{ to: "somebody" }],
    [{ to: undefined }],
    [{ to: ["rainy-day"] }],
    [{ reference: "x".repeat(81) }],
    [{ reference: "\u0000" }],
    [{ reference: {} }],
    [{ ammount: 1 }],
  ])("refuses %j with what is wrong, and sends nothing", async (wrong) => {
    const before = await currentCents();
    const answer = await post({ ...order, ...wrong });
    expect(answer.status).toBe(400);
    const { error, error_description } = JSON.parse(answer.text);
    expect(error).toBe("invalid_request");
    expect(error_description).toMatch(new RegExp(Object.keys(wrong)[0] ?? ""));
    expect(await currentCents()).toBe(before);
  });

  it("refuses what is no JSON object, another media type, and more than 16 KiB", async () => {
    for (const body of ["", "{", "null", "[]", "7", `"text"`, `{"amount":1e400}`]) {
      expect((await post(body)).status, body).toBe(400);
    }
    const form = { headers: { "content-type": "application/x-www-form-urlencoded" } };
    expect((await post("to=rainy-day&amount=1250&currency=EUR", form)).status).toBe(400);
    expect((await post({ ...order, padding: "x".repeat(17 * 1024) })).status).toBe(413);
  });

  it("refuses more than there is, whole, and the key stays free", async () => {
    const before = await currentCents();
    const answer = await post({ ...order, amount: before + 1 });
    expect(answer.status).toBe(422);
    expect(JSON.parse(answer.text).error).toBe("insufficient_funds");
    expect((await post({ ...order, amount: before })).status).toBe(201);
    expect(await currentCents()).toBe(0);
  });

  it("T6: goes by issuer and subject, and a key of one client means nothing to another", async () => {
    const before = await currentCents();
    expect((await post(order, { claims: { sub: "bruno" } })).status).toBe(201);
    expect(await currentCents()).toBe(before);
    await post(order);
    await post(order, { claims: { client_id: "another" } });
    expect(await currentCents()).toBe(before - 2500);
  });

  it("L3, Z1: strict: refused as soon as the list says so, and 503 while nobody says anything", async () => {
    const before = await currentCents();
    expect((await post({ ...order, amount: 1 })).status).toBe(201);
    await bank.issuer.stop();
    bank.clock.advance(15);
    const waiting = await post(order, { key: "another" });
    expect(waiting.status).toBe(503);
    expect(waiting.headers.get("retry-after")).toBe("5");
    expect(JSON.parse(waiting.text)).toEqual({ error: "temporarily_unavailable" });
    await bank.issuer.start();
    bank.issuer.statusList.revoke(0);
    bank.clock.advance(1);
    const refused = await post(order, { key: "another" });
    expect(refused.status).toBe(401);
    expect(refused.headers.get("www-authenticate")).toContain('error="invalid_token"');
    const claims = { status: bank.issuer.statusList.claimOf(9) };
    const { text } = await bank.call("/api/accounts", "accounts:read", { claims });
    expect(Number(JSON.parse(text).accounts[0].balance) * 100).toBeCloseTo(before - 1);
  });
});
