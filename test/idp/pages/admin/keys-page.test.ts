// The page about keys: who may see it, and what it says of the keys, the sites and the past.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { shortKey } from "../../../../idp/http/words.ts";
import { aCountedSite, type CountedSite, kidIn, kidsIn } from "../../../support/a-counted-site.ts";
import { aVisitor } from "../../../support/a-visitor.ts";
import { anOperator } from "../../../support/an-operator.ts";
import { aConsole, type Console, enter, formFor, press, signInOn, someoneAt } from "./a-console.ts";

let console: Console;
let bank: CountedSite;

beforeAll(async () => {
  console = await aConsole();
  const { idp, kit } = console;
  bank = await aCountedSite(idp, "bank", { name: "Harbour Bank", keyEventsUri: kit.uri });
});
afterAll(() => console.idp.close());

const textOf = (html: string) =>
  html
    .replace(/<[^>]*>/g, " ")
    .replace(/\s+/g, " ")
    .replace(/ ([.,])/g, "$1");

describe("the console's door", () => {
  it("sends a stranger to sign in, and back", async () => {
    const { idp, ines, keysUrl } = console;
    const visitor = aVisitor();
    const login = await visitor.follow(`${idp.issuer}/admin`);
    expect(login.url).toContain("/sign-in/");
    const page = await signInOn(visitor, login, ines);
    expect(page.url).toBe(keysUrl);
    expect(page.text).toContain("Ines Valcour");
  });

  it("tells anybody else kindly that this is not for them", async () => {
    const { visitor, page } = await someoneAt(console, console.alice);
    expect(page.status).toBe(403);
    expect(page.text).toContain("This room is for administrators");
    const posted = await visitor.post(`${console.keysUrl}/rotate`, { csrf: "x" });
    expect(posted.status).toBe(403);
  });

  it("D1: shows everything to who looks after Signet, and why the buttons are not theirs", async () => {
    const { page } = await someoneAt(console, console.olga);
    expect(page.status).toBe(200);
    expect(textOf(page.text)).toContain("You may look, and not act.");
    expect(page.forms).toEqual([]);
    expect(page.text).not.toContain("/admin/keys/revoke");
  });

  it("says which settings make Signet weaker than it is", async () => {
    expect((await someoneAt(console, console.ines)).page.text).not.toContain("PKCE_FOR");
    const weaker = await aConsole({ environment: { PKCE_FOR: "public" } });
    const { page } = await someoneAt(weaker, weaker.ines);
    expect(textOf(page.text)).toContain("Confidential clients may sign people in without PKCE.");
    await weaker.idp.close();
  });

  it("says that registration is open to anybody", async () => {
    expect((await someoneAt(console, console.ines)).page.text).not.toContain("register a client");
    const weaker = await aConsole({ environment: { REGISTRATION: "open" } });
    const { page } = await someoneAt(weaker, weaker.ines);
    expect(textOf(page.text)).toContain("Anybody may register a client.");
    await weaker.idp.close();
  });

  it("D1: is open to who looks after the keys alone", async () => {
    const { visitor, page } = await someoneAt(console, console.bruno);
    expect(page.status).toBe(200);
    expect(page.text).toContain("key administrator");
    expect(page.forms.some(formFor("/drill"))).toBe(true);
    const front = await visitor.get(`${console.idp.issuer}/`);
    expect(front.text).toContain("/admin/keys");
  });

  it("H1: is never cached, framed, or opened by others", async () => {
    const { page } = await someoneAt(console, console.ines);
    expect(page.headers.get("Cache-Control")).toBe("no-store");
    expect(page.headers.get("Cross-Origin-Opener-Policy")).toBe("same-origin");
    expect(page.headers.get("Content-Security-Policy")).toContain("frame-ancestors 'none'");
    expect(page.headers.get("Refresh")).toBeNull();
  });
});

describe("what the page says", () => {
  it("K2: when the next rotation is safe, or as soon as which site, and when it comes by itself", async () => {
    const { idp } = console;
    await bank.count();
    await bank.report({ kids: await kidsIn(idp, "active") });
    const { page } = await someoneAt(console, console.ines);
    const [active, pending] = [await kidIn(idp, "active"), await kidIn(idp, "pending")];
    const said = textOf(page.text);
    expect(said).toContain(`${shortKey(active)} signs now.`);
    expect(said).toContain(`${shortKey(pending)} is published and waiting.`);
    expect(said).toContain("or as soon as Harbour Bank has fetched the new key.");
    expect(said).toMatch(/It happens by itself on 30 May 2026 at 12:00/);
    expect(said).toContain("Harbour Bank would meet a seal it has never seen.");
    expect(said).toContain("0 of 1 site");
    expect(said).toContain("Not yet has the key set from before");
  });

  it("K2: that it is safe now, once every site that counts has the next key", async () => {
    const { idp } = console;
    await bank.report({ kids: await kidsIn(idp, "active", "pending") });
    idp.clock.advance(12);
    const { page } = await someoneAt(console, console.ines);
    const said = textOf(page.text);
    expect(said).toContain("The next rotation is safe now.");
    expect(said).toContain("1 of 1 site");
    expect(said).toContain("Yes its one instance");
    expect(said).toContain("12 s ago");
  });

  it("which sites never reported, and which do not count", async () => {
    const { idp } = console;
    await aCountedSite(idp, "silent", { name: "Silent Site" });
    await idp.database.orm.grant.deleteMany({ where: { clientId: "bank" } });
    const { page } = await someoneAt(console, console.ines);
    const said = textOf(page.text);
    expect(said).toContain("Never reported no kit, or not running");
    expect(said).toContain("Does not count has it, and no token within one day");
    await idp.known.clientStore.remove("silent", idp.clock.now(), { actor: "test" });
    idp.known.clients.forget();
    await bank.count();
  });

  it("G2: who did what to the keys, when and why", async () => {
    const { idp, ines } = console;
    const { visitor, page } = await someoneAt(console, ines);
    await press(visitor, page, "/drill");
    await anOperator(idp)("POST", "/keys/rotate", { reason: "an <exercise>" });
    const after = textOf((await visitor.get(console.keysUrl)).text);
    expect(after).toContain("operator token an &lt;exercise&gt;");
    expect(after).toMatch(/Drilled with \S+: 1 of 1 probe verified\. Ines Valcour/);
    expect(after).toMatch(/made\. Signet itself/);
  });

  it("looks at what is near, at a day and at a year, and at nothing else", async () => {
    const { visitor } = await someoneAt(console, console.ines);
    const year = await visitor.get(`${console.keysUrl}?span=year`);
    expect(textOf(year.text)).toContain("will sign, as planned");
    for (const odd of ["span=%3Cscript%3E", "done=%3Cscript%3E", "span=day&span=year"]) {
      const { status, text } = await visitor.get(`${console.keysUrl}?${odd}`);
      expect([200, 400]).toContain(status);
      expect(text).not.toContain("<script>");
    }
  });

  it("K9: warns when a key has signed for more than 90 days, and when nobody will rotate it", async () => {
    const forgetful = await aConsole({ environment: { KEY_ROTATION_SECONDS: "0" } });
    const { visitor, page } = await someoneAt(forgetful, forgetful.ines);
    expect(page.text).toContain("Nobody rotates the keys unless you do.");
    expect(textOf(page.text)).toContain("It does not happen by itself.");
    expect(page.text).not.toContain("has signed for");
    forgetful.idp.clock.advance(90 * 86_400 + 86_400);
    const later = await enter(visitor, forgetful.ines, forgetful.keysUrl);
    expect(later.text).toContain("has signed for 91 days.");
    await forgetful.idp.close();
  });
});
