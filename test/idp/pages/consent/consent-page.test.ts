import { beforeAll, describe, expect, it } from "vitest";
import { permissions } from "../../../../idp/http/permissions.ts";
import { aVisitor } from "../../../support/a-visitor.ts";
import { anIdp, aPerson, type Person, type TestIdp } from "../../../support/an-idp.ts";
import {
  API,
  aClient,
  aResource,
  authorizeUrl,
  claimsOf,
  redeem,
  signedIn,
  signIn,
  told,
} from "../../endpoints/authorize/arranging.ts";

let idp: TestIdp;
let alice: Person;
let bank: Awaited<ReturnType<typeof aClient>>;
let bruno: Person;
let number = 0;

beforeAll(async () => {
  idp = await anIdp();
  alice = await aPerson(idp);
  bruno = await aPerson(idp, { email: "bruno@example.test", name: "Bruno Keller" });
  bank = await aClient(idp, "bank");
  await aResource(idp, API);
  return () => idp.close();
});

const aStranger = () => {
  number += 1;
  return aClient(idp, `stranger-${number}`, { firstParty: false });
};

async function aVisitorSignedIn(person = alice) {
  const visitor = aVisitor();
  await signedIn(visitor, idp, bank, person);
  return visitor;
}

describe("consent page (OIDC Core §3.1.2.4)", () => {
  it("A10: says who asks for what, for how long, and as whom", async () => {
    const client = await aStranger();
    const visitor = await aVisitorSignedIn();
    const asked = { scope: "openid email offline_access accounts:read", resource: API.identifier };
    const page = await visitor.follow(authorizeUrl(idp, client, asked));
    const text = page.text.replaceAll(/<[^>]*>/g, " ").replaceAll(/\s+/g, " ");
    for (const words of [
      client.name,
      "See your e-mail address",
      "See your accounts and balances",
      "Go on using this while you are away",
      "90 days at most",
      "alice@example.test",
    ]) {
      expect(text).toContain(words);
    }
    const [form] = page.forms;
    expect(form?.fields).toHaveProperty("csrf");
    expect(page.text.match(/<button[^>]*name="decision"/g)).toHaveLength(2);
  });

  it("A10: allowed once, it is remembered; a new scope asks again", async () => {
    const client = await aStranger();
    const visitor = await aVisitorSignedIn();
    const page = await visitor.follow(authorizeUrl(idp, client));
    const allowed = await visitor.submit(page, { decision: "allow" });
    expect(told(await visitor.get(allowed.location ?? "")).code).toBeDefined();
    expect(told(await visitor.get(authorizeUrl(idp, client))).code).toBeDefined();
    const more = await visitor.get(authorizeUrl(idp, client, { scope: "openid profile email" }));
    expect(more.location).toContain("/consent/");
  });

  it("denied, the client is told so, and asked again the person is asked again", async () => {
    const client = await aStranger();
    const visitor = await aVisitorSignedIn();
    const page = await visitor.follow(authorizeUrl(idp, client));
    const denied = await visitor.submit(page, { decision: "deny" });
    const parameters = told(await visitor.get(denied.location ?? ""));
    expect(parameters).toMatchObject({ error: "access_denied", state: "a-state", iss: idp.issuer });
    const again = await visitor.get(authorizeUrl(idp, client));
    expect(again.location).toContain("/consent/");
    const { consents, audit } = idp.known;
    expect(await consents.find(alice.account.id, client.id)).toBeUndefined();
    expect(await audit.list({ limit: 1, kind: "consent.denied" })).toMatchObject([
      { clientId: client.id, accountId: alice.account.id },
    ]);
  });

  it("A10: withdrawn, the person is asked again and refresh tokens are over", async () => {
    const client = await aStranger();
    const visitor = await aVisitorSignedIn();
    const page = await visitor.follow(
      authorizeUrl(idp, client, { scope: "openid offline_access" }),
    );
    const allowed = await visitor.submit(page, { decision: "allow" });
    const { code } = told(await visitor.get(allowed.location ?? ""));
    const { refresh_token } = await redeem(visitor, idp, client, code);
    const scope = { kind: "consent", accountId: alice.account.id, clientId: client.id } as const;
    await idp.known.endAccess(scope, "consent-withdrawn", idp.clock.now(), { actor: "test" });
    const refreshed = await visitor.post(
      `${idp.issuer}/token`,
      { grant_type: "refresh_token", refresh_token: String(refresh_token) },
      { Authorization: `Basic ${btoa(`${client.id}:${client.secret}`)}` },
    );
    expect(JSON.parse(refreshed.text)).toMatchObject({ error: "invalid_grant" });
  });

  it("prompt=none and not allowed yet: consent_required", async () => {
    const client = await aStranger();
    const visitor = await aVisitorSignedIn();
    const answer = await visitor.get(authorizeUrl(idp, client, { prompt: "none" }));
    expect(told(answer).error).toBe("consent_required");
  });

  it("not you? Somebody else signs in, and is asked for themselves", async () => {
    const client = await aStranger();
    const visitor = await aVisitorSignedIn();
    const page = await visitor.follow(authorizeUrl(idp, client));
    const id = page.url.split("/").at(-1);
    const other = await visitor.get(`${idp.issuer}/sign-in/${id}`);
    const next = await signIn(visitor, other, bruno);
    const asked = await visitor.get(next.location ?? "");
    expect(asked.text).toContain("bruno@example.test");
    const allowed = await visitor.submit(asked, { decision: "allow" });
    const { code } = told(await visitor.get(allowed.location ?? ""));
    const { id_token } = await redeem(visitor, idp, client, code);
    expect(claimsOf(id_token).sub).toBe(bruno.account.id);
  });

  it("S4: a page shown to one person cannot be answered for the next", async () => {
    const client = await aStranger();
    const visitor = await aVisitorSignedIn();
    const page = await visitor.follow(authorizeUrl(idp, client));
    const switched = await visitor.follow(authorizeUrl(idp, bank, { prompt: "login" }));
    await signIn(visitor, switched, bruno);
    expect((await visitor.submit(page, { decision: "allow" })).status).toBe(403);
    expect(await idp.known.consents.find(bruno.account.id, client.id)).toBeUndefined();
  });

  it("S4: refused from another site", async () => {
    const client = await aStranger();
    const visitor = await aVisitorSignedIn();
    const [form] = (await visitor.follow(authorizeUrl(idp, client))).forms;
    const fields = { ...form?.fields, decision: "allow" };
    const crossSite = { "Sec-Fetch-Site": "cross-site" };
    expect((await visitor.post(form?.action ?? "", fields, crossSite)).status).toBe(403);
  });

  it("A4: scopes in the form change nothing", async () => {
    const client = await aStranger();
    const visitor = await aVisitorSignedIn();
    const page = await visitor.follow(authorizeUrl(idp, client));
    await visitor.submit(page, { decision: "allow", scope: "openid profile email" });
    const consent = await idp.known.consents.find(alice.account.id, client.id);
    expect(consent?.scopes).toEqual(["openid", "profile"]);
  });
});

describe("scopes in words", () => {
  it("lists what is asked, and of the same resource what is not", () => {
    expect(permissions(["openid", "accounts:read"], [API])).toEqual({
      may: ["Recognize you when you come back", "See your accounts and balances"],
      mayNever: ["Move money", "See or change your password", "Sign in anywhere else in your name"],
    });
  });
});
