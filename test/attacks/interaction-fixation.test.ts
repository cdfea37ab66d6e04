// A page that waits for somebody, opened or answered from another browser (A8, A9, S2): the address alone is
// worth nothing, a planted cookie gives the planter nothing, and what has ended stays ended.
import { beforeAll, describe, expect, it } from "vitest";
import { newCredential } from "../../idp/protocol/credential.ts";
import {
  aClient,
  authorizeUrl,
  CALLBACK,
  signedIn,
  told,
  typed,
} from "../idp/endpoints/authorize/arranging.ts";
import { type Answer, aVisitor, type Visitor } from "../support/a-visitor.ts";
import { anIdp, aPerson, type Person, type TestIdp } from "../support/an-idp.ts";

let idp: TestIdp;
let alice: Person;
let mallory: Person;
let bank: Awaited<ReturnType<typeof aClient>>;

beforeAll(async () => {
  idp = await anIdp();
  alice = await aPerson(idp);
  mallory = await aPerson(idp, { email: "mallory@example.test", name: "Mallory" });
  bank = await aClient(idp, "bank");
  await aClient(idp, "stranger", { firstParty: false });
  return () => idp.close();
});

async function somebody(person: Person): Promise<Visitor> {
  const visitor = aVisitor();
  await signedIn(visitor, idp, bank, person);
  return visitor;
}

interface Waiting {
  readonly visitor: Visitor;
  readonly page: Answer;
  readonly fields: Record<string, string>;
}

/** Each page that waits for an answer, in Alice's browser. */
const PAGES: Readonly<Record<string, () => Promise<Waiting>>> = {
  "the sign-in page": async () => {
    const visitor = aVisitor();
    return { visitor, page: await visitor.follow(authorizeUrl(idp, bank)), fields: typed(alice) };
  },
  "the consent page": async () => {
    const visitor = await somebody(alice);
    const page = await visitor.follow(authorizeUrl(idp, { id: "stranger" }, { prompt: "consent" }));
    return { visitor, page, fields: { decision: "allow" } };
  },
  "the page that asks which account": async () => {
    const visitor = await somebody(alice);
    const page = await visitor.follow(authorizeUrl(idp, bank, { prompt: "select_account" }));
    return { visitor, page, fields: { choice: "continue" } };
  },
  "the question whether to sign out": async () => {
    const visitor = await somebody(alice);
    return { visitor, page: await visitor.follow(`${idp.issuer}/logout`), fields: {} };
  },
};

const idOf = ({ url }: Answer) => url.split("/").at(-1) ?? "";

describe.each(Object.entries(PAGES))("%s", (_name, open) => {
  it("A9: opens in no other browser, signed in or not, with a cookie or without", async () => {
    const { page } = await open();
    const planted = { Cookie: `signet_browser=${newCredential("browser")}` };
    for (const other of [aVisitor(), await somebody(alice), await somebody(mallory)]) {
      for (const headers of [{}, planted]) {
        const answer = await other.get(page.url, headers);
        expect(answer.status).toBe(400);
        expect(answer.text).not.toContain(alice.email);
      }
    }
  });

  it("A9: is answered from no other browser, with everything else right", async () => {
    const { visitor, page, fields } = await open();
    const [form] = page.forms;
    const sent = { ...form?.fields, ...fields };
    for (const other of [aVisitor(), await somebody(alice), await somebody(mallory)]) {
      expect((await other.post(form?.action ?? "", sent)).status).toBe(400);
    }
    // And where it belongs it is as good as before.
    expect((await visitor.submit(page, fields)).status).toBe(303);
  });

  it("A8, A9: nobody else goes on with it where its pages return to", async () => {
    const { page } = await open();
    const id = idOf(page);
    for (const other of [aVisitor(), await somebody(mallory)]) {
      for (const door of [
        "authorize",
        "consent",
        "choose-account",
        "sign-in",
        "logout",
        "device",
      ]) {
        const answer = await other.get(`${idp.issuer}/${door}/${id}`);
        expect([door, answer.status]).toEqual([door, 400]);
        expect(answer.location).toBeUndefined();
      }
    }
  });

  it("A8: is not another page of the same browser", async () => {
    const { visitor, page } = await open();
    const own = new URL(page.url).pathname.split("/")[1];
    for (const door of ["logout", "device"]) {
      if (door === own) continue;
      expect((await visitor.get(`${idp.issuer}/${door}/${idOf(page)}`)).status).toBe(400);
    }
  });
});

describe("what a planted cookie gives", () => {
  it("S2: whoever planted the browser's cookie is not signed in by the sign-in that follows", async () => {
    const attacker = aVisitor();
    const page = await attacker.follow(authorizeUrl(idp, bank));
    const planted = attacker.cookies.get(`${new URL(idp.issuer).hostname} signet_browser`) ?? "";
    const victim = aVisitor();
    victim.cookies.set(`${new URL(idp.issuer).hostname} signet_browser`, planted);
    // The victim is lured to the attacker's page, and signs in on it.
    const lured = await victim.get(page.url);
    const done = await victim.submit(lured, typed(alice));
    expect(done.status).toBe(303);
    // The attacker, who has the same cookie and the same address, is nobody all the same.
    const attempt = await attacker.get(`${idp.issuer}/authorize/${idOf(page)}`);
    expect(attempt.location ?? "").not.toContain("code=");
    const silent = await attacker.get(authorizeUrl(idp, bank, { prompt: "none" }));
    expect(told(silent).error).toBe("login_required");
  });

  it("S2: a session's cookie from before the sign-in opens nothing after it", async () => {
    const visitor = aVisitor();
    const name = `${new URL(idp.issuer).hostname} signet_session`;
    const planted = newCredential("session");
    visitor.cookies.set(name, planted);
    await signedIn(visitor, idp, bank, alice);
    expect(visitor.cookies.get(name)).not.toBe(planted);
    const attacker = aVisitor();
    attacker.cookies.set(name, planted);
    expect(told(await attacker.get(authorizeUrl(idp, bank, { prompt: "none" }))).error).toBe(
      "login_required",
    );
  });
});

describe("what has ended", () => {
  it("A9: is over for the browser that ended it, too", async () => {
    const { visitor, page, fields } = await (PAGES["the consent page"] as () => Promise<Waiting>)();
    const { location = "" } = await visitor.submit(page, fields);
    const code = told(await visitor.get(location)).code;
    expect(code).toBeDefined();
    for (const url of [location, page.url]) {
      const again = await visitor.get(url);
      expect([again.status, again.location?.startsWith(CALLBACK) ?? false]).toEqual([400, false]);
    }
    expect((await visitor.submit(page, fields)).status).toBe(400);
  });
});
