import { beforeAll, describe, expect, it } from "vitest";
import { aVisitor } from "../../../support/a-visitor.ts";
import { anIdp, aPerson, type TestIdp } from "../../../support/an-idp.ts";
import { aClient, signedIn } from "../../endpoints/authorize/arranging.ts";

let idp: TestIdp;
beforeAll(async () => {
  idp = await anIdp();
  await aClient(idp, "bank", { name: "Harbour Bank" });
  await aClient(idp, "stranger", { name: "A stranger", firstParty: false });
  return () => idp.close();
});

describe("front page", () => {
  it("shows the sites Signet vouches for, and no others", async () => {
    const page = await aVisitor().get(`${idp.issuer}/`);
    expect(page.text).toContain("Nobody is signed in here");
    expect(page.text).toContain("Harbour Bank");
    expect(page.text).not.toContain("A stranger");
  });

  it("opens a site where it begins a sign-in with us (OIDC Core §4), and nowhere else", async () => {
    const site = (id: string, initiate_login_uri: string) =>
      aClient(idp, id, {
        name: `Site ${id}`,
        redirectUris: [`https://${id}.example/callback`],
        metadata: { initiate_login_uri },
      });
    await site("one", "https://one.example/sign-in?a=b&iss=https://evil.example");
    await site("two", "https://one.example/sign-in");
    await site("three", "javascript:alert(1)");
    const { text } = await aVisitor().get(`${idp.issuer}/`);
    const iss = encodeURIComponent(idp.issuer);
    expect(text).toContain(`href="https://one.example/sign-in?a=b&amp;iss=${iss}"`);
    expect(text).toContain('href="https://two.example/"');
    expect(text).toContain('href="https://three.example/"');
    expect(text).not.toContain("javascript:");
  });

  it("says who is signed in, and the way out; keys are for administrators", async () => {
    const alice = await aPerson(idp);
    const visitor = aVisitor();
    await signedIn(visitor, idp, { id: "bank" }, alice);
    const page = await visitor.get(`${idp.issuer}/`);
    expect(page.text).toContain("alice@example.test");
    expect(page.text).toContain('href="/logout"');
    expect(page.text).not.toContain("/admin/keys");
    expect(page.headers.get("cache-control")).toBe("no-store");
  });
});
