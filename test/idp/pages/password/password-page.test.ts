import { beforeAll, describe, expect, it } from "vitest";
import { aVisitor } from "../../../support/a-visitor.ts";
import { anIdp, aPerson, type TestIdp } from "../../../support/an-idp.ts";
import { aClient, authorizeUrl, signedIn, told } from "../../endpoints/authorize/arranging.ts";

let idp: TestIdp;
let bank: Awaited<ReturnType<typeof aClient>>;
let number = 0;
beforeAll(async () => {
  idp = await anIdp();
  bank = await aClient(idp, "bank");
  return () => idp.close();
});

async function aLink() {
  number += 1;
  const person = await aPerson(idp, { email: `person-${number}@example.test`, name: "Ines" });
  const { passwordLinkSeconds } = idp.config.lifetimes;
  const link = await idp.known.passwordLinks.create(
    person.account.id,
    idp.clock.now(),
    passwordLinkSeconds,
    { actor: "operator-token" },
  );
  return { person, url: `${idp.issuer}/set-password/${link}` };
}
const chosen = { password: "a few unrelated words", repeat: "a few unrelated words" };

describe("setting a password through a link (P8, P9)", () => {
  it("P8: works once, and then the new password does and the old one does not", async () => {
    const { person, url } = await aLink();
    const visitor = aVisitor();
    const page = await visitor.get(url);
    const done = await visitor.submit(page, chosen);
    expect(done.text).toContain("Your password is set");
    expect((await visitor.get(url)).status).toBe(400);
    expect((await visitor.submit(page, chosen)).status).toBe(400);
    const old = await signedIn(aVisitor(), idp, bank, person);
    expect(old.status).toBe(403);
    const answer = await signedIn(aVisitor(), idp, bank, { ...person, ...chosen });
    expect(told(answer).code).toBeDefined();
  });

  it("P8: of two uses at once one wins", async () => {
    const { url } = await aLink();
    const visitor = aVisitor();
    const page = await visitor.get(url);
    const both = await Promise.all([visitor.submit(page, chosen), visitor.submit(page, chosen)]);
    expect(both.map(({ status }) => status).sort()).toEqual([200, 400]);
  });

  it("P8: ends every session there was", async () => {
    const { person, url } = await aLink();
    const elsewhere = aVisitor();
    await signedIn(elsewhere, idp, bank, person);
    const visitor = aVisitor();
    await visitor.submit(await visitor.get(url), chosen);
    const answer = await elsewhere.get(authorizeUrl(idp, bank, { prompt: "none" }));
    expect(told(answer).error).toBe("login_required");
  });

  it("P8: is over after its time", async () => {
    const { url } = await aLink();
    idp.clock.advance(idp.config.lifetimes.passwordLinkSeconds + 1);
    expect((await aVisitor().get(url)).status).toBe(400);
  });

  const wrong: [string, Record<string, string>][] = [
    ["too short", { password: "short", repeat: "short" }],
    ["made of the person's address", { password: "person@example.test!", repeat: "" }],
    ["not the same twice", { ...chosen, repeat: "a few unrelated wordz" }],
    ["none", { password: "", repeat: "" }],
  ];
  it.each(wrong)(
    "P2: a password that is %s is refused kindly, and the link stays good",
    async (_, fields) => {
      const { url } = await aLink();
      const visitor = aVisitor();
      const page = await visitor.submit(await visitor.get(url), fields);
      expect(page.status).toBe(400);
      expect(page.text).toContain("Not yet");
      expect((await visitor.submit(page, chosen)).text).toContain("Your password is set");
    },
  );

  it("S4: refused from another site, without a token, and in another browser", async () => {
    const { url } = await aLink();
    const visitor = aVisitor();
    const [form] = (await visitor.get(url)).forms;
    const fields = { ...form?.fields, ...chosen };
    const crossSite = { "Sec-Fetch-Site": "cross-site" };
    expect((await visitor.post(url, fields, crossSite)).status).toBe(403);
    expect((await visitor.post(url, { ...fields, csrf: "" })).status).toBe(403);
    expect((await aVisitor().post(url, fields)).status).toBe(403);
  });

  it.each(["nothing", `sgl_${"A".repeat(43)}`, `sgs_${"A".repeat(43)}`, "%00"])(
    "T9: %s is no link",
    async (link) => {
      expect((await aVisitor().get(`${idp.issuer}/set-password/${link}`)).status).toBe(400);
    },
  );
});
