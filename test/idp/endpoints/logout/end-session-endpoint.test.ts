import { beforeAll, describe, expect, it } from "vitest";
import { aVisitor, type Visitor } from "../../../support/a-visitor.ts";
import { anIdp, aPerson, type Person, type TestIdp } from "../../../support/an-idp.ts";
import { aClient, authorizeUrl, redeem, signedIn, signIn, told } from "../authorize/arranging.ts";

const BYE = "https://bank.example/bye";

let idp: TestIdp;
let alice: Person;
let bruno: Person;
let bank: Awaited<ReturnType<typeof aClient>>;
let evergreen: Awaited<ReturnType<typeof aClient>>;

beforeAll(async () => {
  idp = await anIdp();
  alice = await aPerson(idp);
  bruno = await aPerson(idp, { email: "bruno@example.test", name: "Bruno Keller" });
  bank = await aClient(idp, "bank");
  evergreen = await aClient(idp, "evergreen");
  return () => idp.close();
});

/** Somebody signed in at the bank, and the ID token the bank was given. */
async function atTheBank(person = alice): Promise<{ visitor: Visitor; hint: string }> {
  const visitor = aVisitor();
  const { code } = told(await signedIn(visitor, idp, bank, person));
  return { visitor, hint: String((await redeem(visitor, idp, bank, code)).id_token) };
}

const logoutUrl = (parameters: Record<string, string>) =>
  `${idp.issuer}/logout?${new URLSearchParams(parameters)}`;

async function isSignedIn(visitor: Visitor): Promise<boolean> {
  const answer = await visitor.get(authorizeUrl(idp, bank, { prompt: "none" }));
  return told(answer).error === undefined;
}

describe("RP-Initiated Logout OP (the Foundation's plan)", () => {
  it("oidcc-rp-initiated-logout: ends at once and follows the redirect with its state", async () => {
    const { visitor, hint } = await atTheBank();
    const parameters = { id_token_hint: hint, post_logout_redirect_uri: BYE, state: "s t" };
    const answer = await visitor.get(logoutUrl(parameters));
    expect(answer.location).toBe(`${BYE}?state=s+t`);
    expect(answer.headers.getSetCookie().join()).toMatch(/signet_session=;/);
    expect(await isSignedIn(visitor)).toBe(false);
  });

  it("the same by POST, also from another site, without Lax cookies", async () => {
    const { visitor, hint } = await atTheBank();
    const fields = { id_token_hint: hint, post_logout_redirect_uri: BYE };
    const kept = await visitor.post(`${idp.issuer}/logout`, fields, { Cookie: "" });
    expect(kept.location).toMatch(`${idp.issuer}/logout/`);
    expect((await visitor.get(kept.location ?? "")).location).toBe(BYE);
    expect(await isSignedIn(visitor)).toBe(false);
  });

  it("an expired hint is as good (RP-Initiated Logout §4)", async () => {
    const { visitor, hint } = await atTheBank();
    idp.clock.advance(idp.config.lifetimes.idTokenSeconds + 60);
    const answer = await visitor.get(
      logoutUrl({ id_token_hint: hint, post_logout_redirect_uri: BYE }),
    );
    expect(answer.location).toBe(BYE);
  });

  it("oidcc-rp-initiated-logout-no-state", async () => {
    const { visitor, hint } = await atTheBank();
    const parameters = { id_token_hint: hint, post_logout_redirect_uri: BYE, client_id: "bank" };
    expect((await visitor.get(logoutUrl(parameters))).location).toBe(BYE);
  });

  const refused: [string, string][] = [
    ["oidcc-rp-initiated-logout-bad-post-logout-redirect-uri", "https://evil.example/"],
    ["oidcc-rp-initiated-logout-query-added-to-post-logout-redirect-uri", `${BYE}?foo=bar`],
    ["a redirect_uri that is no post_logout_redirect_uri", "https://bank.example/callback"],
    ["javascript:", "javascript:alert(1)"],
  ];
  it.each(refused)("%s: a page, no redirect, and nothing ends", async (_, uri) => {
    const { visitor, hint } = await atTheBank();
    const parameters = { id_token_hint: hint, post_logout_redirect_uri: uri };
    const answer = await visitor.get(logoutUrl(parameters));
    expect([answer.status, answer.location]).toEqual([400, undefined]);
    expect(answer.text).toContain("cannot vouch for");
    expect(await isSignedIn(visitor)).toBe(true);
  });

  const asked: [string, (hint: string) => Record<string, string>][] = [
    ["oidcc-rp-initiated-logout-no-params", () => ({})],
    ["oidcc-rp-initiated-logout-only-state", () => ({ state: "s" })],
    [
      "oidcc-rp-initiated-logout-no-id-token-hint",
      () => ({ post_logout_redirect_uri: BYE, state: "s" }),
    ],
    [
      "oidcc-rp-initiated-logout-bad-id-token-hint",
      () => ({ id_token_hint: "a.b.c", post_logout_redirect_uri: BYE }),
    ],
    [
      "oidcc-rp-initiated-logout-modified-id-token-hint",
      (hint) => ({ id_token_hint: `${hint.slice(0, -6)}AAAAAA`, post_logout_redirect_uri: BYE }),
    ],
  ];
  it.each(asked)(
    "L1: %s: the person is asked, and then told, never redirected",
    async (_, parameters) => {
      const { visitor, hint } = await atTheBank();
      const page = await visitor.follow(logoutUrl(parameters(hint)));
      expect(page.text).toContain("Sign out of Signet?");
      expect(await isSignedIn(visitor)).toBe(true);
      const submitted = await visitor.submit(page);
      expect(submitted.location).toMatch(`${idp.issuer}/signed-out?receipt=`);
      expect(await isSignedIn(visitor)).toBe(false);
    },
  );

  it("oidcc-rp-initiated-logout-no-post-logout-redirect-uri: ends at once, with a receipt", async () => {
    const { visitor, hint } = await atTheBank();
    const page = await visitor.follow(logoutUrl({ id_token_hint: hint }));
    expect(page.text).toContain("You are signed out");
  });

  it("client_id and hint that disagree are refused (§2)", async () => {
    const { visitor, hint } = await atTheBank();
    const answer = await visitor.get(logoutUrl({ id_token_hint: hint, client_id: "evergreen" }));
    expect(answer.status).toBe(400);
    expect(await isSignedIn(visitor)).toBe(true);
  });

  it("client_id alone: the person is asked, and then sent to what that client has registered", async () => {
    const { visitor } = await atTheBank();
    const page = await visitor.follow(
      logoutUrl({ client_id: "bank", post_logout_redirect_uri: BYE, state: "s" }),
    );
    expect(page.text).toContain("Site bank asked Signet");
    expect(page.headers.get("content-security-policy")).toContain("https://bank.example");
    expect((await visitor.submit(page)).location).toBe(`${BYE}?state=s`);
  });

  it("nobody signed in: there is nothing to end, and the verified redirect is followed", async () => {
    const { visitor, hint } = await atTheBank();
    await visitor.get(logoutUrl({ id_token_hint: hint }));
    const again = logoutUrl({ id_token_hint: hint, post_logout_redirect_uri: BYE });
    expect((await visitor.get(again)).location).toBe(BYE);
    const plain = await visitor.follow(logoutUrl({}));
    expect(plain.text).toContain("You were not signed in");
  });

  it("L1: another person's pass does not sign this one out", async () => {
    const { hint } = await atTheBank(bruno);
    const { visitor } = await atTheBank(alice);
    const page = await visitor.follow(logoutUrl({ id_token_hint: hint }));
    expect(page.text).toContain("Sign out of Signet?");
    expect(await isSignedIn(visitor)).toBe(true);
  });

  it("L1: a pass of an earlier sign-in is not one of this", async () => {
    const { hint } = await atTheBank();
    const { visitor } = await atTheBank();
    const page = await visitor.follow(logoutUrl({ id_token_hint: hint }));
    expect(page.text).toContain("Sign out of Signet?");
  });
});

describe("what is said after it", () => {
  it("names each site of the session, and when its access ends at the latest", async () => {
    const { visitor, hint } = await atTheBank();
    const { code } = told(await visitor.get(authorizeUrl(idp, evergreen)));
    const tokens = await redeem(visitor, idp, evergreen, code);
    const page = await visitor.follow(logoutUrl({ id_token_hint: hint }));
    expect(page.text).toContain("Site bank");
    expect(page.text).toContain("It ended your visit before");
    expect(page.text).toContain("Site evergreen");
    const expiresAt = idp.clock.now().getTime() + Number(tokens.expires_in) * 1000;
    expect(page.text).toContain(`datetime="${new Date(expiresAt).toISOString()}"`);
    // And it is true: what the session was granted is over.
    const refreshed = await visitor.post(
      `${idp.issuer}/token`,
      { grant_type: "refresh_token", refresh_token: String(tokens.refresh_token) },
      { Authorization: `Basic ${btoa(`${evergreen.id}:${evergreen.secret}`)}` },
    );
    expect(JSON.parse(refreshed.text)).toMatchObject({ error: "invalid_grant" });
  });

  it("is for this browser alone", async () => {
    const { visitor, hint } = await atTheBank();
    const { location = "" } = await visitor.get(logoutUrl({ id_token_hint: hint }));
    const other = await aVisitor().get(location);
    expect(other.text).toContain("You were not signed in");
    expect(other.text).not.toContain("Site bank");
  });
});

describe("S4: the question is answered by the person alone", () => {
  const forged: [string, Record<string, string>, Record<string, string>][] = [
    ["without a token", { csrf: "" }, {}],
    ["from another site", {}, { "Sec-Fetch-Site": "cross-site" }],
  ];
  it.each(forged)("S4: not %s", async (_, fields, headers) => {
    const { visitor } = await atTheBank();
    const [form] = (await visitor.follow(logoutUrl({}))).forms;
    const answer = await visitor.post(form?.action ?? "", { ...form?.fields, ...fields }, headers);
    expect(answer.status).toBe(403);
    expect(await isSignedIn(visitor)).toBe(true);
  });

  it("L1: an <img> that points here signs nobody out", async () => {
    const { visitor } = await atTheBank();
    await visitor.get(logoutUrl({}), { "Sec-Fetch-Dest": "image", Cookie: "" });
    expect(await isSignedIn(visitor)).toBe(true);
  });

  it("signs in as somebody else afterwards with a new session", async () => {
    const { visitor, hint } = await atTheBank();
    await visitor.get(logoutUrl({ id_token_hint: hint }));
    const page = await visitor.follow(authorizeUrl(idp, bank));
    expect(told(await signIn(visitor, page, bruno)).code).toBeDefined();
  });
});
