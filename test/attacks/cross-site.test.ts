// Every form that changes something, sent from somewhere else: another site, another browser, another
// form (S4). The forms are those of real pages, with everything right but where they come from.
import { beforeAll, describe, expect, it } from "vitest";
import { newCredential } from "../../idp/protocol/credential.ts";
import { newUserCode } from "../../idp/protocol/user-code.ts";
import { keyRevocationRequestStore } from "../../idp/records/key-revocations/key-revocation-request-store.ts";
import {
  aClient,
  authorizeUrl,
  signedIn,
  told,
  typed,
} from "../idp/endpoints/authorize/arranging.ts";
import { type Answer, aVisitor, type Form, type Visitor } from "../support/a-visitor.ts";
import { anIdp, aPerson, type Person, type TestIdp } from "../support/an-idp.ts";
import { everyRoute } from "./every-route.ts";

let idp: TestIdp;
let ines: Person;
let bank: Awaited<ReturnType<typeof aClient>>;

beforeAll(async () => {
  idp = await anIdp();
  ines = await aPerson(idp, {
    email: "ines@example.test",
    name: "Ines Valcour",
    isAdmin: true,
    isKeyAdmin: true,
  });
  bank = await aClient(idp, "bank");
  return () => idp.close();
});

interface Page {
  readonly visitor: Visitor;
  readonly page: Answer;
}

async function somebody(): Promise<Visitor> {
  const visitor = aVisitor();
  await signedIn(visitor, idp, bank, ines);
  return visitor;
}

async function asked(prompt: string): Promise<Page> {
  const visitor = await somebody();
  return { visitor, page: await visitor.follow(authorizeUrl(idp, bank, { prompt })) };
}

/** By route: a page with the form, and what a person would fill in. */
const FORMS: Record<string, { open: () => Promise<Page>; fields: () => Record<string, string> }> = {
  "/sign-in/:interaction": { open: () => asked("login"), fields: () => typed(ines) },
  "/sign-in/:interaction/cancel": { open: () => asked("login"), fields: () => ({}) },
  "/choose-account/:interaction": {
    open: () => asked("select_account"),
    fields: () => ({ choice: "continue" }),
  },
  "/consent/:interaction": { open: () => asked("consent"), fields: () => ({ decision: "allow" }) },
  "/device": {
    async open() {
      await aDevice();
      const visitor = await somebody();
      return { visitor, page: await visitor.get(`${idp.issuer}/device`) };
    },
    fields: () => ({ user_code: waitingUnder }),
  },
  "/device/:interaction": {
    async open() {
      await aDevice();
      const visitor = await somebody();
      const entry = await visitor.get(`${idp.issuer}/device`);
      const entered = await visitor.submit(entry, { user_code: waitingUnder });
      return { visitor, page: await visitor.get(entered.location ?? "") };
    },
    fields: () => ({ decision: "allow" }),
  },
  "/logout/:interaction": {
    async open() {
      const visitor = await somebody();
      return { visitor, page: await visitor.follow(`${idp.issuer}/logout`) };
    },
    fields: () => ({}),
  },
  "/set-password/:link": {
    async open() {
      const { account } = await aPerson(idp, { email: "bruno@example.test", name: "Bruno Keller" });
      const now = idp.clock.now();
      const by = { actor: "test" };
      const link = await idp.known.passwordLinks.create(account.id, now, 600, by);
      const visitor = aVisitor();
      return { visitor, page: await visitor.get(`${idp.issuer}/set-password/${link}`) };
    },
    fields: () => ({ password: "a few unrelated words", repeat: "a few unrelated words" }),
  },
  "/account/password": {
    async open() {
      const visitor = aVisitor();
      const dora = await aPerson(idp, { email: "dora@example.test", name: "Dora Lindqvist" });
      await signedIn(visitor, idp, bank, dora);
      return { visitor, page: await visitor.get(`${idp.issuer}/account/password`) };
    },
    fields: () => ({
      current: "correct horse battery dora@example.test",
      password: "a few unrelated words",
      repeat: "a few unrelated words",
    }),
  },
  "/account/sign-out-elsewhere": { open: () => ownPage("/account"), fields: () => ({}) },
  "/account/sign-out-everywhere": { open: () => ownPage("/account"), fields: () => ({}) },
  "/account/sessions/:session/end": { open: () => ownPage("/account"), fields: () => ({}) },
  "/account/sessions/:session/not-me": {
    async open() {
      const { visitor, page } = await ownPage("/account");
      const [path = ""] = /\/account\/sessions\/[\w-]+\/not-me/.exec(page.text) ?? [];
      return { visitor, page: await visitor.get(`${idp.issuer}${path}`) };
    },
    fields: () => ({}),
  },
  "/account/apps/:client/take-back": { open: () => ownPage("/account"), fields: () => ({}) },
  "/admin/keys/rotate": { open: () => consolePage("/admin/keys"), fields: () => ({}) },
  "/admin/keys/drill": { open: () => consolePage("/admin/keys"), fields: () => ({}) },
  "/admin/keys/revoke": {
    open: () => consolePage("/admin/keys/revoke"),
    fields: () => ({
      kid: idp.known.ring.activeKid,
      refresh_tokens: "keep",
      reason: "found in a backup",
    }),
  },
  "/admin/keys/revocations/:id/confirm": { open: askedForRevocation, fields: () => ({}) },
  "/admin/keys/revocations/:id/refuse": { open: askedForRevocation, fields: () => ({}) },
};

/** The code that a device shows now. */
let waitingUnder: string;

async function aDevice(): Promise<void> {
  waitingUnder = newUserCode();
  const codes = { code: newCredential("device-code"), userCode: waitingUnder };
  const asked = { clientId: bank.id, scopes: ["openid"], resources: [], address: "127.0.0.1" };
  await idp.known.deviceCodes.issue({ ...asked, ...codes }, idp.clock.now());
}

/** A page of her own, when she is signed in elsewhere as well. */
async function ownPage(path: string): Promise<Page> {
  const visitor = await somebody();
  await somebody();
  return { visitor, page: await visitor.get(`${idp.issuer}${path}`) };
}

/** A page of the console, when everything may be done there. */
async function consolePage(path: string): Promise<Page> {
  idp.clock.advance(2 * 86_400);
  const visitor = await somebody();
  return { visitor, page: await visitor.get(`${idp.issuer}${path}`) };
}

/** Somebody else wants a key thrown out, and it takes two. */
async function askedForRevocation(): Promise<Page> {
  idp.clock.advance(2 * 86_400);
  const asked = { kid: idp.known.ring.activeKid, refreshTokens: "keep" as const, reason: "stolen" };
  const by = { actor: "account:somebody-else" };
  await keyRevocationRequestStore(idp.database).open(asked, idp.clock.now(), by);
  const visitor = await somebody();
  return { visitor, page: await visitor.get(`${idp.issuer}/admin/keys`) };
}

/** Endpoints that other sites are meant to send browsers to: they change nothing by themselves. */
const ENTRANCES = ["/authorize", "/logout"];

function formFor(route: string, page: Answer): Form {
  const shape = new RegExp(`^${route.replaceAll(/:\w+/g, "[^/]+")}$`);
  const form = page.forms.find(({ action }) => shape.test(new URL(action).pathname));
  if (!form) throw new Error(`no form for ${route} on ${page.url} (${page.status})`);
  return form;
}

describe("forms from somewhere else (S4)", () => {
  it("S4: are tried for every page that takes a form", () => {
    const posts = everyRoute(idp).filter(
      ({ methods, path }) => methods.includes("POST") && !path.startsWith("/admin/api/"),
    );
    const programs = [
      "/device_authorization",
      "/par",
      "/token",
      "/userinfo",
      "/revocation",
      "/introspection",
      "/registration",
      "/key-sightings",
    ];
    const known = [...Object.keys(FORMS), ...ENTRANCES, ...programs];
    expect(posts.map(({ path }) => path).sort()).toEqual(known.sort());
  });

  const elsewhere: [what: string, headers: Record<string, string>][] = [
    ["another site", { "Sec-Fetch-Site": "cross-site" }],
    ["a sibling's host", { "Sec-Fetch-Site": "same-site" }],
    ["the address bar", { "Sec-Fetch-Site": "none" }],
    [
      "another site, in a browser that only says Origin",
      { "Sec-Fetch-Site": "", Origin: "https://evil.example" },
    ],
    [
      "a site that spells itself like ours",
      { "Sec-Fetch-Site": "", Origin: "http://id.localhost" },
    ],
    ["two at once", { "Sec-Fetch-Site": "same-origin, cross-site" }],
  ];

  it.each(Object.keys(FORMS))("S4: %s", async (route) => {
    const { open, fields } = FORMS[route] ?? {};
    if (!open || !fields) throw new Error(route);
    const { visitor, page } = await open();
    const form = formFor(route, page);
    const sent = { ...form.fields, ...fields() };
    const before = [...visitor.cookies];
    for (const [what, headers] of elsewhere) {
      const answer = await visitor.post(form.action, sent, headers);
      expect([what, answer.status]).toEqual([what, 403]);
    }
    const { csrf = "", ...rest } = sent;
    const tokens = { none: undefined, empty: "", other: "x".repeat(43), longer: `${csrf}x` };
    for (const [what, token] of Object.entries(tokens)) {
      const answer = await visitor.post(form.action, {
        ...rest,
        ...(token === undefined ? {} : { csrf: token }),
      });
      expect([what, answer.status]).toEqual([what, 403]);
    }
    // The same form, token and all, in a browser of the attacker's.
    const attacker = /^\/((admin|account)\/|device$)/.test(route) ? await somebody() : aVisitor();
    expect((await attacker.post(form.action, sent)).status).toBeGreaterThanOrEqual(400);
    expect([...visitor.cookies]).toEqual(before);
    // And it is still good where it belongs.
    const sentAtLast = await visitor.post(form.action, sent);
    expect([200, 303]).toContain(sentAtLast.status);
  });

  it("S4: no token is good for another page of the same browser", async () => {
    const { visitor, page } = await asked("login consent select_account");
    const id = page.url.split("/").at(-1);
    const { csrf = "" } = formFor("/sign-in/:interaction", page).fields;
    for (const [door, fields] of [
      ["consent", { decision: "allow" }],
      ["choose-account", { choice: "continue" }],
    ] as const) {
      const answer = await visitor.post(`${idp.issuer}/${door}/${id}`, { ...fields, csrf });
      expect([door, answer.status]).toEqual([door, 403]);
    }
  });

  it("S4, L1: a link or an image elsewhere signs nobody out", async () => {
    const visitor = await somebody();
    for (const headers of [{ "Sec-Fetch-Site": "cross-site", "Sec-Fetch-Dest": "image" }, {}]) {
      await visitor.follow(`${idp.issuer}/logout`);
      await visitor.get(`${idp.issuer}/logout?client_id=${bank.id}&id_token_hint=a.b.c`, headers);
    }
    const silent = await visitor.get(authorizeUrl(idp, bank, { prompt: "none" }));
    expect(told(silent).code).toBeDefined();
  });
});
