import { beforeAll, describe, expect, it } from "vitest";
import { aVisitor } from "../../../support/a-visitor.ts";
import { anIdp, type TestIdp } from "../../../support/an-idp.ts";
import { aClient, authorizeUrl } from "./arranging.ts";

const REGISTERED = "https://bank.example/callback";
const LOOPBACK = "http://127.0.0.1/callback";

/** A1: what attackers have registered, guessed, encoded and confused before. */
const VARIANTS = [
  "https://bank.example/callback/",
  "https://bank.example/callback/..",
  "https://bank.example/callback/../evil",
  "https://bank.example/callback%2f..",
  "https://bank.example/callback%2F..%2Fevil",
  "https://bank.example/callback/%2e%2e/evil",
  "https://bank.example/callback/.",
  "https://bank.example/./callback",
  "https://bank.example//callback",
  "https://bank.example/Callback",
  "https://bank.example/CALLBACK",
  "https://bank.example/callbackk",
  "https://bank.example/callbac",
  "https://bank.example/",
  "https://bank.example",
  "https://bank.example/%63allback",
  "https://bank.example/callback?",
  "https://bank.example/callback?x=1",
  "https://bank.example/callback?redirect=https://evil.example",
  "https://bank.example/callback#",
  "https://bank.example/callback#fragment",
  "https://bank.example/callback;x",
  "https://bank.example/callback%00",
  "https://bank.example/callback%0d%0aLocation:https://evil.example",
  "https://bank.example/callback\u00e9",
  "https://bank.example/callback ",
  " https://bank.example/callback",
  "https://bank.example/callback\t",
  "HTTPS://bank.example/callback",
  "https://BANK.example/callback",
  "https://Bank.Example/callback",
  "https://bank.example./callback",
  "https://bank.example:443/callback",
  "https://bank.example:8443/callback",
  "https://bank.example:/callback",
  "https://bank.example:443@evil.example/callback",
  "https://user@bank.example/callback",
  "https://bank.example@evil.example/callback",
  "https://bank.example%40evil.example/callback",
  "https://evil.example\\@bank.example/callback",
  "https://evil.example\\.bank.example/callback",
  "https://bank.example\\callback",
  "https:\\\\bank.example\\callback",
  "https:/bank.example/callback",
  "https:bank.example/callback",
  "https:///bank.example/callback",
  "//bank.example/callback",
  "/callback",
  "callback",
  "http://bank.example/callback",
  "ftp://bank.example/callback",
  "javascript:alert(1)//https://bank.example/callback",
  "data:text/html,https://bank.example/callback",
  "https://bank.example.evil.example/callback",
  "https://evilbank.example/callback",
  "https://www.bank.example/callback",
  "https://bank.exampl\u0435/callback",
  "https://xn--bnk-0ia.example/callback",
  "https://evil.example/https://bank.example/callback",
  "https://evil.example/?https://bank.example/callback",
  "https://evil.example#https://bank.example/callback",
  "https://*.example/callback",
  "https://127.0.0.1/callback",
  "http://127.0.0.1:0/callback",
  "http://127.0.0.1:70000/callback",
  "http://127.0.0.1:80a/callback",
  "http://127.0.0.1:4711/callback?x",
  "http://127.0.0.1:4711/evil",
  "http://127.0.0.1.evil.example:4711/callback",
  "http://127.1:4711/callback",
  "http://localhost:4711/callback",
  "http://[::1]:4711/callback",
  "http://127.0.0.1:4711@evil.example/callback",
];

let idp: TestIdp;
beforeAll(async () => {
  idp = await anIdp();
  await aClient(idp, "bank", { redirectUris: [REGISTERED, LOOPBACK] });
  return () => idp.close();
});

describe("redirect_uri at /authorize (RFC 9700 §2.1, §4.1.3)", () => {
  it(`A1: has ${VARIANTS.length} variants to refuse`, () =>
    expect(VARIANTS.length).toBeGreaterThanOrEqual(60));

  it.each(VARIANTS)("A1, A2: %s gets a page of ours and no Location", async (redirect_uri) => {
    const url = authorizeUrl(idp, { id: "bank" }, { redirect_uri });
    const answer = await aVisitor().get(url);
    expect(answer.status).toBe(400);
    expect(answer.location).toBeUndefined();
    expect(answer.headers.get("content-type")).toContain("text/html");
    expect(answer.headers.getSetCookie()).toEqual([]);
  });

  it.each([
    REGISTERED,
    LOOPBACK,
    "http://127.0.0.1:4711/callback",
    "http://127.0.0.1:65535/callback",
  ])("accepts %s (RFC 8252 §7.3 for the port)", async (redirect_uri) => {
    const answer = await aVisitor().get(authorizeUrl(idp, { id: "bank" }, { redirect_uri }));
    expect(answer.location).toMatch(`${idp.issuer}/sign-in/`);
  });

  it("oidcc-ensure-redirect-uri-in-authorization-request: a missing one gets a page", async () => {
    const url = authorizeUrl(idp, { id: "bank" }, { redirect_uri: undefined });
    const answer = await aVisitor().get(url);
    expect([answer.status, answer.location]).toEqual([400, undefined]);
    expect(answer.text).toContain("redirect_uri");
  });

  it("A2: an unknown client gets a page that says so", async () => {
    const answer = await aVisitor().get(authorizeUrl(idp, { id: "nobody" }));
    expect([answer.status, answer.location]).toEqual([400, undefined]);
    expect(answer.text).toContain("We do not know the site");
    expect(answer.text).toContain("nobody");
  });

  it.each([undefined, "", "a".repeat(300), "bank\u0301", "BANK", " bank", "bank\n"])(
    "A2: client_id %j gets a page",
    async (client_id) => {
      const answer = await aVisitor().get(authorizeUrl(idp, { id: "bank" }, { client_id }));
      expect([answer.status, answer.location]).toEqual([400, undefined]);
    },
  );

  it("A2: a disabled client gets a page", async () => {
    await aClient(idp, "gone");
    await idp.known.endAccess(
      { kind: "client", clientId: "gone" },
      "client-disabled",
      idp.clock.now(),
      { actor: "test" },
    );
    idp.known.clients.forget();
    const answer = await aVisitor().get(authorizeUrl(idp, { id: "gone" }));
    expect([answer.status, answer.location]).toEqual([400, undefined]);
  });

  it("H2: what is repeated on the page is escaped", async () => {
    const redirect_uri = 'https://evil.example/"><script>alert(1)</script>';
    const answer = await aVisitor().get(authorizeUrl(idp, { id: "bank" }, { redirect_uri }));
    expect(answer.text).not.toContain("<script>alert");
    expect(answer.text).toContain("&lt;script&gt;");
  });
});
