import { beforeAll, describe, expect, it } from "vitest";
import { aVisitor, type Visitor } from "../../../support/a-visitor.ts";
import { anIdp, aPerson, type Person, type TestIdp } from "../../../support/an-idp.ts";
import {
  API,
  aClient,
  aResource,
  authorizeUrl,
  CALLBACK,
  claimsOf,
  parametersFor,
  redeem,
  signedIn,
  signIn,
  told,
  typed,
} from "./arranging.ts";

let idp: TestIdp;
let alice: Person;
let bruno: Person;
let bank: Awaited<ReturnType<typeof aClient>>;
let evergreen: Awaited<ReturnType<typeof aClient>>;
let stranger: Awaited<ReturnType<typeof aClient>>;

beforeAll(async () => {
  idp = await anIdp();
  alice = await aPerson(idp);
  bruno = await aPerson(idp, { email: "bruno@example.test", name: "Bruno Keller" });
  await aResource(idp, API);
  bank = await aClient(idp, "bank");
  evergreen = await aClient(idp, "evergreen");
  stranger = await aClient(idp, "stranger", { firstParty: false });
  return () => idp.close();
});

/** A browser in which somebody has signed in for the bank. */
async function aVisitorSignedIn(person = alice): Promise<Visitor> {
  const visitor = aVisitor();
  await signedIn(visitor, idp, bank, person);
  return visitor;
}
const allow = { decision: "allow" };

describe("the code flow (OIDC Core §3.1)", () => {
  it("oidcc-server: one sign-in, then a code with state and iss", async () => {
    const answer = await signedIn(aVisitor(), idp, bank, alice);
    expect(answer.location).toMatch(CALLBACK);
    const { code, state, iss } = told(answer);
    expect(state).toBe("a-state");
    expect(iss).toBe(idp.issuer);
    const tokens = await redeem(aVisitor(), idp, bank, code);
    expect(claimsOf(tokens.id_token)).toMatchObject({
      iss: idp.issuer,
      sub: alice.account.id,
      aud: "bank",
      nonce: "a-nonce",
      acr: "pwd",
      amr: ["pwd"],
    });
  });

  it("a second site needs no second sign-in", async () => {
    const visitor = await aVisitorSignedIn();
    const answer = await visitor.get(authorizeUrl(idp, evergreen));
    expect(told(answer).code).toMatch(/^sgc_/);
  });

  it("a silent request costs two statements", async () => {
    const visitor = await aVisitorSignedIn();
    await visitor.get(authorizeUrl(idp, evergreen));
    const counts = [];
    for (let request = 0; request < 5; request += 1) {
      const before = idp.database.statements.count;
      await visitor.get(authorizeUrl(idp, evergreen, { prompt: "none" }));
      counts.push(idp.database.statements.count - before);
    }
    // What the IdP does by itself every second may fall into one of them.
    expect(Math.min(...counts)).toBe(2);
  });

  it("oidcc-prompt-none-logged-in", async () => {
    const visitor = await aVisitorSignedIn();
    const answer = await visitor.get(authorizeUrl(idp, bank, { prompt: "none" }));
    expect(told(answer).code).toBeDefined();
  });

  it("A11: no answer of the whole flow is a 302 or 307, kept by a cache or sends a referrer", async () => {
    const visitor = aVisitor();
    const first = await visitor.get(authorizeUrl(idp, bank));
    const page = await visitor.get(first.location ?? "");
    const submitted = await visitor.submit(page, typed(alice));
    const last = await visitor.get(submitted.location ?? "");
    for (const answer of [first, submitted, last]) expect(answer.status).toBe(303);
    for (const { headers } of [first, page, submitted, last]) {
      expect(headers.get("cache-control")).toBe("no-store");
      expect(headers.get("referrer-policy")).toBe("no-referrer");
    }
    // Nothing of another origin is loaded by the page.
    expect(page.text).not.toMatch(/(?:src|href)="(?:https?:)?\/\/(?!id\.localhost)/);
  });

  it("A12: form_post, with the answer in a form and nowhere else", async () => {
    const visitor = await aVisitorSignedIn();
    const state = '"><svg onload=alert(1)>';
    const url = authorizeUrl(idp, bank, { response_mode: "form_post", state });
    const answer = await visitor.get(url);
    expect([answer.status, answer.location]).toEqual([200, undefined]);
    expect(answer.headers.get("cache-control")).toBe("no-store");
    expect(answer.text).not.toContain("<svg onload");
    const [form] = answer.forms;
    expect(form?.action).toBe(CALLBACK);
    expect(form?.fields).toMatchObject({
      state,
      iss: idp.issuer,
      code: expect.stringMatching(/^sgc_/),
    });
  });
});

describe("asking the person again", () => {
  it("A7: prompt=login asks for the password and gives a new auth_time (oidcc-prompt-login)", async () => {
    const visitor = await aVisitorSignedIn();
    const first = claimsOf((await redeem(visitor, idp, bank, await silentCode(visitor))).id_token);
    idp.clock.advance(10);
    const page = await visitor.follow(authorizeUrl(idp, bank, { prompt: "login" }));
    expect(page.text).toContain("Confirm it is you");
    const { code } = told(await signIn(visitor, page, alice));
    const second = claimsOf((await redeem(visitor, idp, bank, code)).id_token);
    expect(Number(second.auth_time)).toBe(Number(first.auth_time) + 10);
    expect([second.sub, second.sid]).toEqual([first.sub, first.sid]);
  });

  it("A7: another person completing it gets a new session and a new sid", async () => {
    const visitor = await aVisitorSignedIn();
    const tokens = await redeem(visitor, idp, bank, await silentCode(visitor));
    const before = claimsOf(tokens.id_token);
    const page = await visitor.follow(authorizeUrl(idp, bank, { prompt: "login" }));
    const { code } = told(await signIn(visitor, page, bruno));
    const after = claimsOf((await redeem(visitor, idp, bank, code)).id_token);
    expect(after.sub).toBe(bruno.account.id);
    expect(after.sid).not.toBe(before.sid);
    const sessions = await idp.known.sessions.list(alice.account.id, idp.clock.now());
    const sids = await Promise.all(sessions.map(({ id }) => idp.known.sessions.clientsOf(id)));
    expect(sids.flat().map(({ sid }) => sid)).not.toContain(before.sid);
  });

  it("A7: cancelling changes nothing, and the client is told", async () => {
    const visitor = await aVisitorSignedIn();
    const page = await visitor.follow(authorizeUrl(idp, bank, { prompt: "login" }));
    const cancelled = await visitor.submit(page, {}, ({ action }) => action.endsWith("/cancel"));
    expect(told(cancelled)).toMatchObject({ error: "access_denied", state: "a-state" });
    expect(await silentCode(visitor)).toBeDefined();
  });

  it("A7: the back button after it leads nowhere", async () => {
    const visitor = await aVisitorSignedIn();
    const page = await visitor.follow(authorizeUrl(idp, bank, { prompt: "login" }));
    await signIn(visitor, page, alice);
    expect((await visitor.get(page.url)).status).toBe(400);
    expect((await visitor.submit(page, typed(alice))).status).toBe(400);
  });

  it("oidcc-max-age-1 and oidcc-max-age-10000", async () => {
    const visitor = await aVisitorSignedIn();
    idp.clock.advance(2);
    const young = await visitor.get(authorizeUrl(idp, bank, { max_age: "10000" }));
    expect(told(young).code).toBeDefined();
    const page = await visitor.follow(authorizeUrl(idp, bank, { max_age: "1" }));
    expect(page.url).toContain("/sign-in/");
    idp.clock.advance(1);
    expect(told(await signIn(visitor, page, alice)).code).toBeDefined();
  });

  it("a client's default_max_age holds where the request names none", async () => {
    const strict = await aClient(idp, "strict", { defaultMaxAgeSeconds: 60 });
    const visitor = await aVisitorSignedIn();
    expect(told(await visitor.get(authorizeUrl(idp, strict))).code).toBeDefined();
    idp.clock.advance(61);
    expect((await visitor.get(authorizeUrl(idp, strict))).location).toContain("/sign-in/");
    expect(
      told(await visitor.get(authorizeUrl(idp, strict, { max_age: "600" }))).code,
    ).toBeDefined();
  });

  it("prompt=select_account: go on, or sign in as another", async () => {
    const visitor = await aVisitorSignedIn();
    const ask = authorizeUrl(idp, bank, { prompt: "select_account" });
    const page = await visitor.follow(ask);
    expect(page.text).toContain("Continue as Alice Moreau?");
    const chosen = await visitor.submit(page, { choice: "continue" });
    expect(told(await visitor.get(chosen.location ?? "")).code).toBeDefined();

    const other = await visitor.submit(await visitor.follow(ask), { choice: "another" });
    const signInPage = await visitor.get(other.location ?? "");
    expect(signInPage.forms[0]?.fields.email).toBe("");
    const { code } = told(await signIn(visitor, signInPage, bruno));
    const { id_token } = await redeem(visitor, idp, bank, code);
    expect(claimsOf(id_token).sub).toBe(bruno.account.id);
  });

  it("oidcc-id-token-hint: only the person it names will do", async () => {
    const visitor = await aVisitorSignedIn();
    const tokens = await redeem(visitor, idp, bank, await silentCode(visitor));
    const hint = { id_token_hint: String(tokens.id_token) };
    const silent = { ...hint, prompt: "none" };
    expect(told(await visitor.get(authorizeUrl(idp, bank, silent))).code).toBeDefined();

    const other = await aVisitorSignedIn(bruno);
    expect(told(await other.get(authorizeUrl(idp, bank, silent))).error).toBe("login_required");
    const page = await other.follow(authorizeUrl(idp, bank, hint));
    expect(told(await signIn(other, page, bruno)).error).toBe("login_required");
    const again = await other.follow(authorizeUrl(idp, bank, hint));
    expect(told(await signIn(other, again, alice)).code).toBeDefined();
  });

  it("an id_token_hint of another client is none", async () => {
    const visitor = await aVisitorSignedIn();
    const tokens = await redeem(visitor, idp, bank, await silentCode(visitor));
    const hint = { id_token_hint: String(tokens.id_token), prompt: "none" };
    const answer = await visitor.get(authorizeUrl(idp, evergreen, hint));
    expect(told(answer).error).toBe("invalid_request");
  });

  async function silentCode(visitor: Visitor) {
    return told(await visitor.get(authorizeUrl(idp, bank, { prompt: "none" }))).code;
  }
});

describe("interactions", () => {
  it("A9: work only in the browser that began them", async () => {
    const visitor = aVisitor();
    const page = await visitor.follow(authorizeUrl(idp, bank));
    const id = page.url.split("/").at(-1);
    const other = aVisitor();
    await other.follow(authorizeUrl(idp, bank));
    for (const door of ["authorize", "sign-in", "consent", "choose-account", "logout"]) {
      const opened = await other.get(`${idp.issuer}/${door}/${id}`);
      expect([door, opened.status]).toEqual([door, 400]);
      expect(opened.text).toContain("not open any more");
    }
    const [form] = page.forms;
    const stolen = await other.post(form?.action ?? "", { ...form?.fields, ...typed(alice) });
    expect(stolen.status).toBe(400);
    expect(stolen.headers.getSetCookie()).toEqual([]);
  });

  it("A8: no page hands out a code before its turn", async () => {
    const visitor = aVisitor();
    const page = await visitor.follow(authorizeUrl(idp, stranger));
    const id = page.url.split("/").at(-1);
    for (const door of ["consent", "choose-account"]) {
      const answer = await visitor.get(`${idp.issuer}/${door}/${id}`);
      expect(answer.location).toBe(`${idp.issuer}/authorize/${id}`);
      const posted = await visitor.post(`${idp.issuer}/${door}/${id}`, {
        decision: "allow",
        choice: "continue",
      });
      expect(posted.location).toBe(`${idp.issuer}/authorize/${id}`);
    }
    const back = await visitor.get(`${idp.issuer}/authorize/${id}`);
    expect(back.location).toBe(`${idp.issuer}/sign-in/${id}`);
  });

  it("A8: an empty POST is refused by every page", async () => {
    const visitor = await aVisitorSignedIn();
    const page = await visitor.follow(authorizeUrl(idp, stranger, { prompt: "login" }));
    const id = page.url.split("/").at(-1);
    for (const door of ["sign-in", "consent", "choose-account"]) {
      const answer = await visitor.post(`${idp.issuer}/${door}/${id}`, {});
      expect([door, answer.status]).toEqual([door, 403]);
    }
    const after = await visitor.get(`${idp.issuer}/authorize/${id}`);
    expect(after.location).toBe(`${idp.issuer}/sign-in/${id}`);
  });

  it("A8: consent given early does not stand in for prompt=login", async () => {
    const visitor = await aVisitorSignedIn();
    const page = await visitor.follow(authorizeUrl(idp, stranger, { prompt: "login" }));
    const id = page.url.split("/").at(-1);
    const early = await visitor.submit(await visitor.get(`${idp.issuer}/consent/${id}`), allow);
    expect((await visitor.get(early.location ?? "")).location).toBe(`${idp.issuer}/sign-in/${id}`);
  });

  it("A4: what was asked cannot be changed later", async () => {
    const visitor = aVisitor();
    const page = await visitor.follow(authorizeUrl(idp, bank));
    const tampered = {
      redirect_uri: "https://evil.example",
      scope: "openid email",
      client_id: "evergreen",
    };
    const submitted = await visitor.submit(page, { ...typed(alice), ...tampered });
    const query = new URLSearchParams(tampered);
    const answer = await visitor.get(`${submitted.location}?${query}`);
    expect(answer.location).toMatch(CALLBACK);
    const tokens = await redeem(visitor, idp, bank, told(answer).code);
    expect(String(tokens.scope)).toBe("openid profile");
  });

  it("an interaction ends in one answer, however many tabs return with it at once", async () => {
    const visitor = aVisitor();
    const page = await visitor.follow(authorizeUrl(idp, bank));
    const submitted = await visitor.submit(page, typed(alice));
    const returns = Array.from({ length: 5 }, () => visitor.get(submitted.location ?? ""));
    const answers = await Promise.all(returns);
    expect(answers.filter(({ status }) => status === 303)).toHaveLength(1);
    expect(answers.filter(({ status }) => status === 400)).toHaveLength(4);
  });

  it("S7: of 50 tabs the newest 20 stay open, and the others say why not", async () => {
    const visitor = aVisitor();
    const pages: string[] = [];
    for (let tab = 0; tab < 50; tab += 1) {
      pages.push((await visitor.get(authorizeUrl(idp, bank))).location ?? "");
      idp.clock.advance(0.001);
    }
    const statuses = [];
    for (const page of pages) statuses.push((await visitor.get(page)).status);
    expect(statuses).toEqual([...Array(30).fill(400), ...Array(20).fill(200)]);
    expect((await visitor.get(pages[0] ?? "")).text).toContain("At most 20 can be open");
  });

  it("two tabs at once: both come to their end", async () => {
    const visitor = aVisitor();
    const first = await visitor.follow(authorizeUrl(idp, bank));
    const second = await visitor.follow(authorizeUrl(idp, evergreen));
    expect(told(await signIn(visitor, first, alice)).code).toBeDefined();
    // The other tab's page still stands there; a reload finds the person signed in.
    const id = second.url.split("/").at(-1);
    expect(told(await visitor.get(`${idp.issuer}/authorize/${id}`)).code).toBeDefined();
  });

  it("are over after their time", async () => {
    const visitor = aVisitor();
    const page = await visitor.follow(authorizeUrl(idp, bank));
    idp.clock.advance(idp.config.lifetimes.interactionSeconds + 1);
    expect((await visitor.get(page.url)).status).toBe(400);
  });

  it.each(["%00", "%zz", "..%2f", "' OR 1=1", "a".repeat(5000), "%F0%9F%98%80"])(
    "H6: %s is no interaction",
    async (id) => {
      const visitor = await aVisitorSignedIn();
      for (const door of ["authorize", "sign-in", "consent", "choose-account", "logout"]) {
        const { status } = await visitor.get(`${idp.issuer}/${door}/${id}`);
        expect([400, 404]).toContain(status);
      }
    },
  );
});

describe("a form from another site (A13)", () => {
  it("A13: comes without Lax cookies, is kept, and goes on by a GET that brings them", async () => {
    const visitor = await aVisitorSignedIn();
    const fields = Object.fromEntries(parametersFor(evergreen));
    const crossSite = {
      Cookie: "",
      "Sec-Fetch-Site": "cross-site",
      Origin: "https://bank.example",
    };
    const kept = await visitor.post(`${idp.issuer}/authorize`, fields, crossSite);
    expect(kept.status).toBe(303);
    expect(kept.headers.getSetCookie().join()).toMatch(/signet_browser=/);
    expect(kept.location).toMatch(`${idp.issuer}/authorize/`);
    expect(told(await visitor.get(kept.location ?? "")).code).toBeDefined();
  });

  it("prompt=none and nobody signed in: login_required after the hop", async () => {
    const visitor = aVisitor();
    const fields = Object.fromEntries(parametersFor(bank, { prompt: "none" }));
    const kept = await visitor.post(`${idp.issuer}/authorize`, fields);
    expect(told(await visitor.get(kept.location ?? "")).error).toBe("login_required");
  });
});

describe("a session that ends in between", () => {
  it("asks for a sign-in instead of issuing", async () => {
    const visitor = await aVisitorSignedIn();
    const page = await visitor.follow(authorizeUrl(idp, bank, { prompt: "select_account" }));
    const by = { actor: "test" };
    const everywhere = { kind: "sessions-of", accountId: alice.account.id } as const;
    await idp.known.endAccess(everywhere, "signed-out-everywhere", idp.clock.now(), by);
    const chosen = await visitor.submit(page, { choice: "continue" });
    expect((await visitor.follow(chosen.location ?? "")).url).toContain("/sign-in/");
  });
});

describe("scopes and resources in the tokens (design 5)", () => {
  it("one resource: the token is for it, with its scopes; openid stays in the grant", async () => {
    const visitor = await aVisitorSignedIn();
    const asked = { scope: "openid accounts:read", resource: API.identifier };
    const { code } = told(await visitor.get(authorizeUrl(idp, bank, asked)));
    const tokens = await redeem(visitor, idp, bank, code);
    expect(claimsOf(tokens.access_token)).toMatchObject({
      aud: API.identifier,
      scope: "accounts:read",
    });
    expect(tokens.id_token).toBeDefined();
  });

  it("a first-party client's offline_access is ignored, since nobody is asked", async () => {
    const visitor = await aVisitorSignedIn();
    const asked = { scope: "openid offline_access" };
    const { code } = told(await visitor.get(authorizeUrl(idp, bank, asked)));
    expect((await redeem(visitor, idp, bank, code)).scope).toBe("openid");
  });
});
