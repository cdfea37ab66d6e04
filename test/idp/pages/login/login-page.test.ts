import { beforeAll, describe, expect, it } from "vitest";
import { aVisitor } from "../../../support/a-visitor.ts";
import { anIdp, aPerson, type Person, type TestIdp } from "../../../support/an-idp.ts";
import {
  aClient,
  authorizeUrl,
  CALLBACK,
  signIn,
  told,
  typed,
} from "../../endpoints/authorize/arranging.ts";

let idp: TestIdp;
let alice: Person;
let bank: Awaited<ReturnType<typeof aClient>>;
const logged: string[] = [];

beforeAll(async () => {
  idp = await anIdp({ log: (line) => logged.push(line) });
  alice = await aPerson(idp);
  bank = await aClient(idp, "bank");
  return () => idp.close();
});

const open = (visitor = aVisitor()) => visitor.follow(authorizeUrl(idp, bank));
const sessionCookie = (setCookies: string[]) =>
  setCookies.find((line) => line.startsWith("signet_session="));

describe("sign-in page (OIDC Core §3.1.2.3)", () => {
  it("is one form with an e-mail and a password, for people and their password managers", async () => {
    const page = await open();
    expect(page.status).toBe(200);
    const [form] = page.forms;
    expect(Object.keys(form?.fields ?? {})).toEqual(["csrf", "email", "password"]);
    expect(page.text).toMatch(/<input[^>]*name="email"[^>]*autocomplete="username"/);
    expect(page.text).toMatch(/<input[^>]*name="password"[^>]*autocomplete="current-password"/);
    expect(page.text).not.toMatch(/<script(?![^>]*src="\/assets\/)/);
  });

  it("H1: may be submitted to us and on to the client, and may be a popup", async () => {
    const { headers } = await open();
    expect(headers.get("content-security-policy")).toContain(
      `form-action 'self' ${new URL(CALLBACK).origin}`,
    );
    expect(headers.get("cross-origin-opener-policy")).toBe("unsafe-none");
  });

  it("S2: gives a new session cookie at every sign-in, and a planted one is worth nothing", async () => {
    const visitor = aVisitor();
    const page = await open(visitor);
    const planted = `sgs_${"A".repeat(43)}`;
    visitor.cookies.set(`${new URL(idp.issuer).hostname} signet_session`, planted);
    const submitted = await visitor.submit(page, typed(alice));
    const cookie = sessionCookie(submitted.headers.getSetCookie());
    expect(cookie).toMatch(/^signet_session=sgs_[\w-]{43}; Path=\/; HttpOnly; SameSite=Lax$/);
    expect(cookie).not.toContain(planted);
    expect(await idp.known.sessions.find(planted, idp.clock.now())).toBeUndefined();
  });

  it("S2: signing in again ends the cookie before", async () => {
    const visitor = aVisitor();
    const first = await visitor.submit(await open(visitor), typed(alice));
    const [before = ""] = (sessionCookie(first.headers.getSetCookie()) ?? "").slice(15).split(";");
    const again = await visitor.follow(authorizeUrl(idp, bank, { prompt: "login" }));
    await visitor.submit(again, typed(alice));
    expect(await idp.known.sessions.find(before, idp.clock.now())).toBeUndefined();
  });

  it("any spelling of the e-mail will do", async () => {
    const visitor = aVisitor();
    const answer = await signIn(visitor, await open(visitor), {
      ...alice,
      email: " ALICE@Example.Test",
    });
    expect(told(answer).code).toBeDefined();
  });
});

describe("what does not work", () => {
  it("P6: unknown person, wrong password and disabled account look alike", async () => {
    const carol = await aPerson(idp, { email: "carol@example.test", name: "Carol" });
    const by = { actor: "test" };
    const scope = { kind: "account", accountId: carol.account.id } as const;
    await idp.known.endAccess(scope, "account-disabled", idp.clock.now(), by);
    const tries = [
      { email: "nobody@example.test", password: "whatever it may be" },
      { email: alice.email, password: "wrong wrong wrong" },
      typed(carol),
    ];
    const pages = [];
    for (const attempt of tries) {
      const visitor = aVisitor();
      const page = await visitor.submit(await open(visitor), attempt);
      expect(page.status).toBe(403);
      expect(page.text).toContain("That did not work");
      expect(sessionCookie(page.headers.getSetCookie())).toBeUndefined();
      pages.push(withoutOneTimeValues(page.text, attempt.email));
    }
    expect(new Set(pages).size).toBe(1);
  });

  it("a missing field is said to be missing", async () => {
    const visitor = aVisitor();
    const page = await visitor.submit(await open(visitor), { email: alice.email, password: "" });
    expect(page.status).toBe(400);
    expect(page.text).toContain("Something is missing");
  });

  it("P7: too many tries have to wait, for as many seconds as the page says", async () => {
    const dora = await aPerson(idp, { email: "dora@example.test", name: "Dora" });
    const visitor = aVisitor();
    let page = await open(visitor);
    for (let attempt = 0; attempt < 30 && page.status !== 429; attempt += 1) {
      page = await visitor.submit(page, { email: dora.email, password: "wrong" });
    }
    expect(page.status).toBe(429);
    expect(page.text).toContain("Too many tries");
    const seconds = Number(page.headers.get("retry-after"));
    expect(seconds).toBeGreaterThan(0);
    const early = await visitor.submit(page, typed(dora));
    expect(early.status).toBe(429);
    idp.clock.advance(seconds + 1);
    expect((await visitor.submit(await open(visitor), typed(dora))).status).toBe(303);
  });

  it("P5: when hashing is at its limit, nothing was looked at: 503 with Retry-After", async () => {
    const flood = Array.from({ length: 200 }, () => idp.known.hasher.hash("x".repeat(20)));
    const settled = Promise.allSettled(flood);
    const visitor = aVisitor();
    const page = await visitor.submit(await open(visitor), typed(alice));
    expect(page.status).toBe(503);
    expect(Number(page.headers.get("retry-after"))).toBeGreaterThan(0);
    expect(page.text).toContain("Signet is busy");
    await settled;
  });
});

describe("S4: the form is good for this browser and this interaction alone", () => {
  const forged: [string, Record<string, string>, Record<string, string>, number][] = [
    ["without a token", { csrf: "" }, {}, 403],
    ["with another token", { csrf: "A".repeat(43) }, {}, 403],
    [
      "from another site",
      {},
      { "Sec-Fetch-Site": "cross-site", Origin: "https://evil.example" },
      403,
    ],
    ["from a sibling host", {}, { "Sec-Fetch-Site": "same-site" }, 403],
    ["without the browser's cookie", {}, { Cookie: "signet_browser=" }, 400],
  ];
  it.each(forged)("S4: refused %s", async (_, fields, headers, status) => {
    const visitor = aVisitor();
    const [form] = (await open(visitor)).forms;
    const all = { ...form?.fields, ...typed(alice), ...fields };
    const answer = await visitor.post(form?.action ?? "", all, headers);
    expect(answer.status).toBe(status);
    expect(sessionCookie(answer.headers.getSetCookie())).toBeUndefined();
  });

  it("S4: login CSRF: an attacker's own page and token in somebody else's browser", async () => {
    const attacker = aVisitor();
    const [form] = (await open(attacker)).forms;
    const victim = aVisitor();
    await open(victim);
    const all = { ...form?.fields, ...typed(alice) };
    expect((await victim.post(form?.action ?? "", all)).status).toBe(400);
  });

  it("S4: the token of one tab's page does not work in another's", async () => {
    const visitor = aVisitor();
    const [first] = (await open(visitor)).forms;
    const [second] = (await open(visitor)).forms;
    const mixed = { ...second?.fields, ...typed(alice), csrf: first?.fields.csrf ?? "" };
    expect((await visitor.post(second?.action ?? "", mixed)).status).toBe(403);
  });

  it("H6: fields are strings, whatever they are called", async () => {
    const visitor = aVisitor();
    const page = await open(visitor);
    const [form] = page.forms;
    const odd = { csrf: form?.fields.csrf ?? "", "email[]": alice.email, "password[not]": "x" };
    expect((await visitor.post(form?.action ?? "", odd)).status).toBe(400);
  });
});

it("G1: nothing that was typed, nothing of a cookie, a token or a query is in the log", async () => {
  const visitor = aVisitor();
  const canary = { ...typed(alice), password: alice.password };
  const page = await visitor.follow(authorizeUrl(idp, bank, { state: "canary-state" }));
  await visitor.submit(page, { ...canary, email: "canary@example.test" });
  const { code = "" } = told(await signIn(visitor, page, canary));
  const all = logged.join("");
  expect(all).toContain("/sign-in/:interaction");
  const secrets = [alice.password, "canary", code, ...visitor.cookies.values()];
  for (const secret of secrets) expect(all).not.toContain(secret);
});

/** What differs between two pages of the same kind: the form's token, the address, what was typed. */
function withoutOneTimeValues(html: string, email: string): string {
  return html
    .replaceAll(email, "")
    .replaceAll(/value="[\w-]{43}"/g, "")
    .replaceAll(/\/sign-in\/[\w-]+/g, "");
}
