import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { aSite, type SiteWorld } from "./support/a-site.ts";

describe("signing in at a site (OIDC Core §3.1)", () => {
  let world: SiteWorld;
  beforeAll(async () => {
    world = await aSite();
  });
  afterAll(() => world.close());

  it("brings a person from the front page to the provider and back, signed in", async () => {
    const page = await world.visitor().visit(`${world.baseUrl}/`);
    expect(page.status).toBe(200);
    expect(page.url).toBe(`${world.baseUrl}/`);
    expect(page.text).toContain("Alice Moreau");
  });
});
