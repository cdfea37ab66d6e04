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
