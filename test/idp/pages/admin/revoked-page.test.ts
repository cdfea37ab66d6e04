// Who refuses a key that was thrown out, to the second, as the person sees it who threw it out.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { aCountedSite, type CountedSite, kidIn, kidsIn } from "../../../support/a-counted-site.ts";
import type { Answer } from "../../../support/a-visitor.ts";
import { eventually } from "../../sending/a-kit.ts";
import { aConsole, type Console, press, someoneAt } from "./a-console.ts";

let console: Console;
let bank: CountedSite;
let plan: CountedSite;
let kid: string;
let receipt: Answer;
let look: () => Promise<Answer>;

beforeAll(async () => {
  console = await aConsole();
  const { idp, kit, ines, keysUrl } = console;
  kit.answer = () => ({ status: 503, body: {} });
  const hears = { keyEventsUri: kit.uri };
  bank = await aCountedSite(idp, "bank", { name: "Harbour Bank", ...hears });
  plan = await aCountedSite(idp, "plan", { name: "Evergreen", ...hears });
  await aCountedSite(idp, "plain", { name: "Plain Verifier" });
  const kids = await kidsIn(idp, "active", "pending");
  await bank.report({ kids, instance: "bank-1" });
  await bank.report({ kids, instance: "bank-2" });
  await plan.report({ kids });

  kid = await kidIn(idp, "active");
  const { visitor, page } = await someoneAt(console, ines, `${keysUrl}/revoke`);
  const fields = { kid, refresh_tokens: "keep", reason: "it was in a crash report" };
  receipt = await press(visitor, page, "/revoke", fields);
  look = () => visitor.get(receipt.url);
  const isTried = async () =>
    (await idp.known.deliveries.noticesOf(kid)).every(({ problem }) => problem !== undefined);
  await eventually(isTried);
});
afterAll(() => console.idp.close());

const rowsOf = ({ text }: Answer) =>
  text
    .split('class="receipt__row"')
    .slice(1)
    .map((row) => row.replace(/<[^>]*>/g, " ").replace(/\s+/g, " "));

describe("the receipt of a key that was thrown out (K4)", () => {
  it("says who did it and why, what signs since then, and that the sites are being told", async () => {
    const { text, headers } = await look();
    const said = text.replace(/<[^>]*>/g, " ").replace(/\s+/g, " ");
    expect(said).toContain("Ines Valcour");
    expect(said).toContain("it was in a crash report");
    expect(said).toContain("signs since then.");
    expect(said).toContain("0 of 3 sites refuse it so far.");
    const [evergreen, harbour, plain] = rowsOf({ text } as Answer);
    expect(evergreen).toContain("Being told");
    expect(evergreen).toContain("The last try: answers 503.");
    expect(harbour).toContain("bank-1 not yet bank-2 not yet");
    expect(plain).toContain("Learns by itself");
    expect(plain).toContain("by 12:05:00");
    expect(headers.get("Refresh")).toBe("2");
  });

  it("shows the second at which a site refused it, once all of its instances have", async () => {
    const { clock } = console.idp;
    const kids = await kidsIn(console.idp, "active");
    const refused = () => [{ kid, at: clock.now().toISOString() }];
    clock.advance(1);
    await bank.report({ kids, instance: "bank-1", refused: refused() });
    const half = rowsOf(await look())[1];
    expect(half).toContain("Being told");
    expect(half).toContain("bank-1 12:00:01 bank-2 not yet");
    clock.advance(2);
    await bank.report({ kids, instance: "bank-2", refused: refused() });
    const all = rowsOf(await look())[1];
    expect(all).toContain("Refuses it");
    expect(all).toContain("Since 12:00:03 , three seconds after Signet.");
  });

  it("looks again by itself only while a site is still being told, and stops when asked to", async () => {
    const { visitor } = await someoneAt(console, console.olga);
    const watched = await visitor.get(receipt.url);
    expect(watched.headers.get("Refresh")).toBe("2");
    expect(watched.text).toContain('href="/admin/keys');
    const still = await visitor.get(`${receipt.url}?watch=no`);
    expect(still.headers.get("Refresh")).toBeNull();
    console.idp.clock.advance(301);
    expect((await visitor.get(receipt.url)).headers.get("Refresh")).toBe("30");

    const kids = await kidsIn(console.idp, "active");
    const at = new Date(console.idp.clock.now().getTime() - 2_000).toISOString();
    await plan.report({ kids, refused: [{ kid, at }] });
    const done = await visitor.get(receipt.url);
    expect(done.headers.get("Refresh")).toBeNull();
    expect(done.text).toContain("2 of 3 sites refuse it so far.");
  });

  it("D2: is there for keys that were thrown out, and for nobody but administrators", async () => {
    const { visitor } = await someoneAt(console, console.bruno);
    const active = await kidIn(console.idp, "active");
    for (const odd of [
      active,
      "nobody",
      "%3Cscript%3E",
      "..%2f..",
      "%00",
      "%ff",
      "k".repeat(4_000),
    ]) {
      const answer = await visitor.get(`${console.keysUrl}/${odd}/revoked`);
      expect([400, 404]).toContain(answer.status);
      expect(answer.text).not.toContain("<script>");
    }
    const stranger = await someoneAt(console, console.alice, receipt.url);
    expect(stranger.page.status).toBe(403);
    expect(stranger.page.text).not.toContain(kid);
  });
});
