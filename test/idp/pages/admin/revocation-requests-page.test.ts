// A key that takes two people to throw out: who asks waits, and somebody else decides (security D1).
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { shortKey } from "../../../../idp/http/words.ts";
import { kidIn } from "../../../support/a-counted-site.ts";
import type { Person } from "../../../support/an-idp.ts";
import { aConsole, type Console, formFor, press, someoneAt } from "./a-console.ts";

let console: Console;
let kid: string;

beforeAll(async () => {
  console = await aConsole({ environment: { KEY_REVOCATION_BY_TWO: "true" } });
});
afterAll(() => console.idp.close());

beforeEach(async () => {
  const { known } = console.idp;
  for (const { id } of await known.revokeSigningKey.open())
    await known.revokeSigningKey.refuse(id, { actor: "test" });
  console.idp.clock.advance(120);
  kid = await kidIn(console.idp, "active");
});

const ask = async (person: Person, reason = "it was in a crash report") => {
  const at = await someoneAt(console, person, `${console.keysUrl}/revoke`);
  const fields = { kid, refresh_tokens: "end", reason };
  return { ...at, told: await press(at.visitor, at.page, "/revoke", fields) };
};

describe("throwing a key out by two people", () => {
  it("D1: changes nothing before somebody else confirms, and says so to who asked", async () => {
    const { visitor, page, told } = await ask(console.bruno);
    expect(page.text).toContain("A second key administrator is asked.");
    expect(told.text).toContain("Asked for. Nothing has changed yet.");
    expect(told.text).toContain("<strong>You</strong> asked");
    expect(told.text).toContain("Take it back");
    expect(told.forms.some(formFor("/confirm"))).toBe(false);
    expect(await kidIn(console.idp, "active")).toBe(kid);

    // Asked again, it is the same request.
    const again = await press(visitor, page, "/revoke", {
      kid,
      refresh_tokens: "keep",
      reason: "once more",
    });
    expect(again.text).toContain("Somebody asked already.");
    expect(await console.idp.known.revokeSigningKey.open()).toHaveLength(1);
  });

  it("D1: shows another key administrator who asks for what, and why; a yes throws it out", async () => {
    await ask(console.bruno);
    const { visitor, page } = await someoneAt(console, console.ines);
    expect(page.text).toContain("<strong>Bruno Keller</strong> asked");
    expect(page.text).toContain(`to throw out <code>${shortKey(kid)}</code>`);
    expect(page.text).toContain("<q>it was in a crash report</q>");
    expect(page.text).toContain("Refresh tokens are <strong>ended</strong>");
    const receipt = await press(visitor, page, "/confirm");
    expect(receipt.url).toBe(`${console.keysUrl}/${kid}/revoked`);
    expect(await kidIn(console.idp, "active")).not.toBe(kid);
    const [event] = await console.idp.known.audit.list({ limit: 1, kind: "keys.revoked" });
    expect(event).toMatchObject({
      actor: `account:${console.ines.account.id}`,
      reason: "it was in a crash report",
    });
    const after = await visitor.get(console.keysUrl);
    expect(after.text).not.toContain("Waiting for a second person");
    expect(after.text).toContain("was thrown out.");
  });

  it("D1: whoever asked cannot confirm, whatever they post", async () => {
    await ask(console.ines);
    const other = await someoneAt(console, console.bruno);
    const action = other.page.forms.find(formFor("/confirm"))?.action ?? "";
    const { visitor } = await someoneAt(console, console.ines);
    const session = [...visitor.cookies].find(([name]) => name.endsWith("session"))?.[1] ?? "";
    const { csrfToken } = await import("../../../../idp/http/csrf.ts");
    const csrf = csrfToken(session, new URL(action).pathname);
    const answer = await visitor.post(action, { csrf });
    const told = await visitor.follow(answer.location ?? "");
    expect(told.text).toContain("It takes a second person.");
    expect(await kidIn(console.idp, "active")).toBe(kid);
    expect(await console.idp.known.revokeSigningKey.open()).toHaveLength(1);
  });

  it("a no, or a change of mind, ends it; nothing was thrown out", async () => {
    for (const decides of [console.ines, console.bruno]) {
      await ask(console.bruno);
      const { visitor, page } = await someoneAt(console, decides);
      const told = await press(visitor, page, "/refuse");
      expect(told.text).toContain("Decided against. No key was thrown out.");
      expect(told.text).not.toContain("Waiting for a second person");
      // Pressed once more on the old page.
      const late = await press(visitor, page, "/refuse");
      expect(late.text).toContain("This request is not open any more.");
    }
    expect(await kidIn(console.idp, "active")).toBe(kid);
  });

  it("a request that nobody answers comes to nothing", async () => {
    await ask(console.bruno);
    const { page } = await someoneAt(console, console.ines);
    console.idp.clock.advance(901);
    const { visitor, page: later } = await someoneAt(console, console.ines);
    expect(later.text).not.toContain("Waiting for a second person");
    const action = page.forms.find(formFor("/confirm"))?.action ?? "";
    const session = [...visitor.cookies].find(([name]) => name.endsWith("session"))?.[1] ?? "";
    const { csrfToken } = await import("../../../../idp/http/csrf.ts");
    const csrf = csrfToken(session, new URL(action).pathname);
    const answer = await visitor.post(action, { csrf });
    const told = await visitor.follow(answer.location ?? "");
    expect(told.text).toContain("This request is not open any more.");
    expect(await kidIn(console.idp, "active")).toBe(kid);
  });

  it("D1: who only looks after Signet sees that somebody asks, and no button", async () => {
    await ask(console.bruno);
    const { page } = await someoneAt(console, console.olga);
    expect(page.text).toContain("Waiting for a second person");
    expect(page.text).toContain("A key administrator decides.");
    expect(page.forms).toEqual([]);
  });
});
