// The form that throws a key out: what it asks, what it refuses, and that nothing typed is lost on the
// way through the sign-in page (security K4, D1).
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { shortKey } from "../../../../idp/http/words.ts";
import { kidIn } from "../../../support/a-counted-site.ts";
import { aVisitor } from "../../../support/a-visitor.ts";
import { aConsole, type Console, formFor, press, signInOn, someoneAt } from "./a-console.ts";

let console: Console;
let form: string;

beforeAll(async () => {
  console = await aConsole();
  form = `${console.keysUrl}/revoke`;
});
afterAll(() => console.idp.close());

const whole = async () => ({
  kid: await kidIn(console.idp, "active"),
  refresh_tokens: "keep",
  reason: "it was in a crash report",
});
/** A form as it comes where nothing was chosen: an unchosen radio button is not sent. */
const submit = async (
  { visitor, page }: Awaited<ReturnType<typeof someoneAt>>,
  fields: Record<string, string>,
) => {
  const csrf = page.forms.find(formFor("/revoke"))?.fields.csrf ?? "";
  return visitor.post(form, { csrf, ...fields });
};
const revocations = () => console.idp.known.audit.list({ limit: 50, kind: "keys.revoked" });

describe("the form that throws a key out", () => {
  it("D1: asks for the password before it is shown, when that was given too long ago", async () => {
    const { visitor } = await someoneAt(console, console.ines);
    console.idp.clock.advance(301);
    const asked = await visitor.follow(form);
    expect(asked.url).toContain("/sign-in/");
    const page = await signInOn(visitor, asked, console.ines);
    expect(page.url).toBe(form);
    expect(page.text).toContain("Throw a key out");
  });

  it("D1: is not shown to who only looks after Signet, nor to anybody else", async () => {
    for (const person of [console.olga, console.alice]) {
      const { page } = await someoneAt(console, person, form);
      expect(page.status).toBe(403);
      expect(page.text).not.toContain("refresh_tokens");
    }
  });

  it("chooses nothing for anybody, whatever the address says", async () => {
    const { visitor, page } = await someoneAt(console, console.ines, form);
    const { kid } = await whole();
    const query = new URLSearchParams({
      kid,
      refresh_tokens: "end",
      reason: "because",
      draft: "x",
    });
    for (const shown of [page, await visitor.get(`${form}?${query}`)]) {
      expect(shown.status).toBe(200);
      expect(shown.text).not.toMatch(/ checked/);
      expect(shown.text).not.toContain("because");
    }
  });

  it("names every key that can go, and what becomes of its place", async () => {
    const { page } = await someoneAt(console, console.ines, form);
    const { idp } = console;
    const [active, pending] = [await kidIn(idp, "active"), await kidIn(idp, "pending")];
    expect(page.text).toContain(`value="${active}"`);
    expect(page.text).toContain(
      `Signs everything new. ${shortKey(pending)} signs instead, from this very moment.`,
    );
    expect(page.text).toContain(`value="${pending}"`);
  });

  it.each([
    ["no key", { kid: "" }, "Choose the key that is to go."],
    ["a key that nobody knows", { kid: "k".repeat(43) }, "Choose the key that is to go."],
    ["no choice about refresh tokens", { refresh_tokens: "" }, "Choose whether people stay"],
    ["another choice about them", { refresh_tokens: "both" }, "Choose whether people stay"],
    ["no reason", { reason: "   " }, "Say why."],
    ["a reason of two lines", { reason: "a\r\nb" }, "Say it in one line"],
    ["a reason that turns text around", { reason: "a\u202eb" }, "Say it in one line"],
    ["far too long a reason", { reason: "x".repeat(501) }, "Say it in at most 500 characters."],
  ])("D1: refuses %s, keeps what else was typed, and changes nothing", async (_, wrong, said) => {
    const at = await someoneAt(console, console.ines, form);
    const fields = { ...(await whole()), ...wrong };
    const answer = await submit(at, fields);
    expect(answer.status).toBe(400);
    expect(answer.text).toContain(said);
    expect(answer.text).toContain('role="alert"');
    if (!("kid" in wrong))
      expect(answer.text).toMatch(new RegExp(`value="${fields.kid}"[^>]* checked`));
    if (!("refresh_tokens" in wrong)) expect(answer.text).toMatch(/value="keep"[^>]* checked/);
    if (!("reason" in wrong)) expect(answer.text).toContain(`value="${fields.reason}"`);
    expect(await revocations()).toEqual([]);
  });

  it("loses nothing that was typed when the password has to be given once more", async () => {
    const at = await someoneAt(console, console.ines, form);
    console.idp.clock.advance(301);
    const fields = { ...(await whole()), reason: 'it "leaked" & <more>' };
    const sent = await submit(at, fields);
    const login = await at.visitor.follow(sent.location ?? "");
    expect(login.url).toContain("/sign-in/");
    const back = await signInOn(at.visitor, login, console.ines);
    expect(back.text).toMatch(new RegExp(`value="${fields.kid}"[^>]* checked`));
    expect(back.text).toMatch(/value="keep"[^>]* checked/);
    expect(back.text).toContain('value="it &#34;leaked&#34; &amp; &lt;more&gt;"');
    expect(await revocations()).toEqual([]);

    // The same address fills in nothing for another browser.
    const other = aVisitor();
    const elsewhere = await signInOn(other, await other.follow(back.url), console.bruno);
    expect(elsewhere.text).toContain("Throw a key out");
    expect(elsewhere.text).not.toMatch(/ checked/);
    expect(elsewhere.text).not.toContain("&lt;more");
  });

  it("K4: throws the key out at once, under the administrator's name, and shows who refuses it", async () => {
    const { idp, ines } = console;
    const at = await someoneAt(console, ines, form);
    const fields = await whole();
    const pending = await kidIn(idp, "pending");
    const receipt = await press(at.visitor, at.page, "/revoke", fields);
    expect(receipt.url).toBe(`${console.keysUrl}/${fields.kid}/revoked`);
    expect(await kidIn(idp, "active")).toBe(pending);
    const [event] = await revocations();
    expect(event).toMatchObject({
      actor: `account:${ines.account.id}`,
      reason: "it was in a crash report",
      details: { kid: fields.kid, was: "active", activated: pending },
    });
    // Sent twice, it is the same receipt and not a second key.
    const again = await submit(at, fields);
    expect(again.status).toBe(400);
    expect(again.text).toContain("Choose the key that is to go.");
    expect(await revocations()).toHaveLength(1);
  });

  it("D1: says so when enough was changed today", async () => {
    const strict = await aConsole({ environment: { KEY_CHANGES_PER_DAY: "1" } });
    const { idp, ines, keysUrl } = strict;
    const { visitor, page } = await someoneAt(strict, ines, `${keysUrl}/revoke`);
    const first = { refresh_tokens: "keep", reason: "an exercise" };
    await press(visitor, page, "/revoke", { ...first, kid: await kidIn(idp, "active") });
    const kid = await kidIn(idp, "active");
    const told = await press(visitor, page, "/revoke", { ...first, kid });
    expect(told.text).toContain("Not yet. Nothing was changed.");
    expect(await kidIn(idp, "active")).toBe(kid);
    await idp.close();
  });
});
