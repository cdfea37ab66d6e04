// Claims asked for by name, and what a client insists on (OpenID Connect Core §5.5).
import { beforeAll, describe, expect, it } from "vitest";
import type { Client } from "../../../../idp/records/clients/client.ts";
import { aVisitor, type Visitor } from "../../../support/a-visitor.ts";
import { anIdp, aPerson, type Person, type TestIdp } from "../../../support/an-idp.ts";
import { aClient, authorizeUrl, claimsOf, redeem, signedIn, told, typed } from "./arranging.ts";

let idp: TestIdp;
let alice: Person;
let bruno: Person;
let bank: Client & { secret: string };
let stranger: Client & { secret: string };

beforeAll(async () => {
  idp = await anIdp();
  alice = await aPerson(idp, { claims: { nickname: "Al", phone_number: "+33123456789" } });
  bruno = await aPerson(idp, { email: "bruno@example.test", name: "Bruno Keller" });
  bank = await aClient(idp, "bank");
  stranger = await aClient(idp, "stranger", { firstParty: false });
  return () => idp.close();
});

async function visitorOf(person: Person): Promise<Visitor> {
  const visitor = aVisitor();
  await signedIn(visitor, idp, bank, person);
  return visitor;
}

const asking = (client: Pick<Client, "id">, claims: unknown, scope = "openid") =>
  authorizeUrl(idp, client, {
    scope,
    claims: typeof claims === "string" ? claims : JSON.stringify(claims),
  });

/** What the ID token and UserInfo say after a silent sign-in that asked for these. */
async function given(claims: unknown, scope?: string, client = bank) {
  const visitor = await visitorOf(alice);
  const { code } = told(await visitor.get(asking(client, claims, scope)));
  const tokens = await redeem(visitor, idp, client, code);
  const headers = { Authorization: `Bearer ${tokens.access_token}` };
  const userinfo = JSON.parse((await visitor.get(`${idp.issuer}/userinfo`, headers)).text);
  return { visitor, tokens, idToken: claimsOf(tokens.id_token), userinfo };
}

describe("claims asked for by name (§5.5)", () => {
  it("oidcc-claims-essential: come where they were asked for, and nothing beside them", async () => {
    const { idToken, userinfo } = await given({
      userinfo: { name: { essential: true }, email: null },
      id_token: { nickname: { essential: true }, auth_time: { essential: true } },
    });
    expect(userinfo).toEqual({
      sub: alice.account.id,
      name: "Alice Moreau",
      email: "alice@example.test",
    });
    expect(idToken).toMatchObject({ nickname: "Al", auth_time: expect.any(Number) });
    expect(idToken).not.toHaveProperty("name");
    expect(idToken).not.toHaveProperty("email");
  });

  it("come beside those that the scopes open", async () => {
    const { userinfo } = await given({ userinfo: { nickname: null } }, "openid email");
    expect(userinfo).toEqual({
      sub: alice.account.id,
      nickname: "Al",
      email: "alice@example.test",
      email_verified: true,
    });
  });

  it("come again after a refresh (§12.2)", async () => {
    const { visitor, tokens } = await given({ id_token: { nickname: null } });
    const answer = await visitor.post(
      `${idp.issuer}/token`,
      {
        grant_type: "refresh_token",
        refresh_token: String(tokens.refresh_token),
        scope: "openid",
      },
      { Authorization: `Basic ${btoa(`${bank.id}:${bank.secret}`)}` },
    );
    expect(claimsOf(JSON.parse(answer.text).id_token)).toMatchObject({ nickname: "Al" });
  });

  it("that do not exist here, or nobody has, are left out (§5.3.2)", async () => {
    const { idToken, userinfo } = await given({
      userinfo: { "https://example.com/x": null, middle_name: { essential: true }, sub: null },
      id_token: { shoe_size: { essential: true, value: 44 } },
      future_place: { name: null },
    });
    expect(userinfo).toEqual({ sub: alice.account.id });
    expect(idToken).not.toHaveProperty("shoe_size");
  });

  it("cannot speak for the token: iss, aud, exp and their kin are not taken from the person", async () => {
    const wishes = {
      iss: { value: "https://evil.example" },
      exp: null,
      __proto__: null,
      amr: null,
    };
    const { idToken } = await given({ id_token: wishes, userinfo: wishes });
    expect(idToken).toMatchObject({ iss: idp.issuer, aud: "bank" });
  });

  it("of a scope that the client may not ask for are not given", async () => {
    // `bank` is not registered for phone.
    const { userinfo } = await given({ userinfo: { phone_number: { essential: true } } });
    expect(userinfo).toEqual({ sub: alice.account.id });
  });

  it("A10: need the person's consent as the scope would that they are part of", async () => {
    const visitor = await visitorOf(alice);
    const url = asking(stranger, { userinfo: { email: null } });
    const page = await visitor.follow(url);
    expect(page.text).toContain("See your e-mail address");
    const silent = `${url}&prompt=none`;
    expect(told(await visitor.get(silent)).error).toBe("consent_required");
    await visitor.follow(
      (await visitor.submit(page, { decision: "allow" })).location ?? "",
      "https://bank",
    );
    expect(told(await visitor.get(silent)).code).toBeDefined();
    // More than was allowed asks again.
    const more = asking(stranger, { userinfo: { email: null, name: null } });
    expect(told(await visitor.get(`${more}&prompt=none`)).error).toBe("consent_required");
    const { code } = told(await visitor.get(silent));
    const tokens = await redeem(visitor, idp, stranger, code);
    expect(tokens.scope).toBe("openid");
  });
});

describe("what a client insists on", () => {
  const wants = (sub: string, place: "id_token" | "userinfo" = "id_token") => ({
    [place]: { sub: { value: sub } },
  });

  it("only the person whom sub names will do (§5.5.1)", async () => {
    const visitor = await visitorOf(alice);
    for (const place of ["id_token", "userinfo"] as const) {
      const own = await visitor.get(asking(bank, wants(alice.account.id, place)));
      expect(told(own).code).toBeDefined();
      const other = `${asking(bank, wants(bruno.account.id, place))}&prompt=none`;
      expect(told(await visitor.get(other)).error).toBe("login_required");
    }
    const page = await visitor.follow(asking(bank, wants(bruno.account.id)));
    const submitted = await visitor.submit(page, typed(alice));
    expect(told(await visitor.get(submitted.location ?? "")).error).toBe("login_required");
  });

  it("an acr that cannot be reached is refused when essential, and only then (§5.5.1.1)", async () => {
    const visitor = await visitorOf(alice);
    const acr = (wish: unknown) => visitor.get(asking(bank, { id_token: { acr: wish } }));
    expect(told(await acr({ essential: true, value: "phr" })).error).toBe(
      "unmet_authentication_requirements",
    );
    for (const wish of [
      { essential: true, values: ["phr", "pwd"] },
      { essential: true },
      { value: "phr" },
      { values: ["phr"] },
      null,
    ]) {
      expect(told(await acr(wish)).code).toBeDefined();
    }
  });
});

describe("A3: what is no claims parameter is refused, whole", () => {
  const many = Object.fromEntries(Array.from({ length: 300 }, (_, n) => [`c${n}`, null]));
  it.each<[string, unknown]>([
    ["not JSON", "{"],
    ["a list", []],
    ["a text", '"name"'],
    ["null", "null"],
    ["a number", "1"],
    ["a place that is a list", { userinfo: ["name"] }],
    ["a wish that is true", { userinfo: { name: true } }],
    ["essential that is a text", { id_token: { name: { essential: "true" } } }],
    ["values that are none", { id_token: { acr: { values: "pwd" } } }],
    ["two people at once", { id_token: { sub: { values: ["a", "b"] } } }],
    [
      "one person here and another there",
      { id_token: { sub: { value: "a" } }, userinfo: { sub: { value: "b" } } },
    ],
    ["nested without end", "[".repeat(4000)],
  ])("%s", async (_what, claims) => {
    const answer = await aVisitor().get(asking(bank, claims));
    const { error, error_description } = told(answer);
    expect(error).toBe("invalid_request");
    expect(error_description).toContain("claims");
  });

  it("many that nobody knows are only ignored", async () => {
    const { userinfo } = await given({ userinfo: many });
    expect(userinfo).toEqual({ sub: alice.account.id });
  });
});
