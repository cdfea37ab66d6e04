import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { aSite, type SiteWorld } from "./support/a-site.ts";

describe("a sign-in that the provider began (OIDC Core §4)", () => {
  let world: SiteWorld;
  beforeAll(async () => {
    world = await aSite();
  });
  afterAll(() => world.close());

  const link = (parameters: Record<string, string> | [string, string][]) =>
    `${world.baseUrl}/sign-in?${new URLSearchParams(parameters)}`;
  const own = () => ({ iss: world.issuer.issuer });

  it("is an ordinary sign-in, with state, nonce and PKCE of the site's own", async () => {
    const page = await world.visitor().visit(link(own()));
    expect([page.status, page.url]).toEqual([200, `${world.baseUrl}/`]);
    expect(page.text).toContain("Alice Moreau");
    const begun = await world.visitor().request(link(own()));
    const { searchParams } = new URL(begun.headers.get("location") ?? "");
    expect(searchParams.get("code_challenge_method")).toBe("S256");
    expect(searchParams.has("login_hint")).toBe(false);
  });

  it("ends at the page of this site that was meant", async () => {
    for (const target of [`${world.baseUrl}/deep/one?a=1`, "/deep/one?a=1"]) {
      const page = await world.visitor().visit(link({ ...own(), target_link_uri: target }));
      expect(page.url).toBe(`${world.baseUrl}/deep/one?a=1`);
    }
  });

  it.each([
    "https://evil.example/deep/one",
    "//evil.example/deep/one",
    "/\\evil.example/deep/one",
    "http://evil.example@harbour.localhost/",
    "javascript:alert(1)",
    "data:text/html,x",
    "deep/one",
    "",
  ])("A3: never ends elsewhere: %s", async (target) => {
    const page = await world.visitor().visit(link({ ...own(), target_link_uri: target }));
    expect(page.url).toBe(`${world.baseUrl}/`);
  });

  it("A3: a target at the site's own origin cannot be read as another host", async () => {
    const target = `${world.baseUrl}//evil.example/`;
    const page = await world.visitor().visit(link({ ...own(), target_link_uri: target }));
    expect(page.url).toBe(`${world.baseUrl}/`);
  });

  it("passes on who is meant", async () => {
    const begun = await world
      .visitor()
      .request(link({ ...own(), login_hint: "a b@c.test&prompt=none" }));
    const { searchParams } = new URL(begun.headers.get("location") ?? "");
    expect(searchParams.get("login_hint")).toBe("a b@c.test&prompt=none");
    expect(searchParams.has("prompt")).toBe(false);
    const long = await world.visitor().request(link({ ...own(), login_hint: "a".repeat(321) }));
    expect(new URL(long.headers.get("location") ?? "").searchParams.has("login_hint")).toBe(false);
  });

  it("comes by POST as well, without losing a sign-in that waits in another tab", async () => {
    const visitor = world.visitor();
    await visitor.request(`${world.baseUrl}/deep/1`);
    const form = { ...own(), target_link_uri: `${world.baseUrl}/deep/2`, login_hint: "a@b.test" };
    const answer = await visitor.request(`${world.baseUrl}/sign-in`, {
      form: { ...form, return: "https://evil.example/" },
      headers: { origin: world.issuer.issuer, "sec-fetch-site": "cross-site" },
    });
    expect([answer.status, answer.setCookies]).toEqual([303, []]);
    expect(answer.headers.get("location")).toBe(`/sign-in?${new URLSearchParams(form)}`);
  });

  it.each([["https://evil.example"], [""], ["ISSUER/"], ["issuer twice"]])(
    "A9: a foreign issuer begins nothing: %s",
    async (iss) => {
      const written = iss.replace("ISSUER", world.issuer.issuer);
      const parameters: [string, string][] =
        iss === "issuer twice"
          ? [
              ["iss", world.issuer.issuer],
              ["iss", "https://evil.example"],
            ]
          : [["iss", written]];
      const visitor = world.visitor();
      const asked = await visitor.request(link(parameters));
      const body = new URLSearchParams(parameters).toString();
      const posted = await visitor.request(`${world.baseUrl}/sign-in`, {
        method: "POST",
        headers: { "content-type": "application/x-www-form-urlencoded" },
        body,
      });
      for (const answer of [asked, posted]) {
        expect([answer.status, answer.headers.get("location")]).toEqual([
          expect.toBeOneOf([400, 403]),
          null,
        ]);
        expect(answer.setCookies).toEqual([]);
      }
    },
  );

  it("a POST that names no issuer begins nothing", async () => {
    const answer = await world.visitor().request(`${world.baseUrl}/sign-in`, { form: { a: "b" } });
    expect(answer.status).toBe(400);
  });
});
