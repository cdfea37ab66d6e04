// From PKCE to less (A5, E4; RFC 9700 §4.8.2): no request gets a code that a thief could use, and no code
// forgets the challenge it was made for. Under either value of PKCE_FOR, for every kind of client.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { TokenEndpointAuthMethod } from "../../idp/records/clients/client.ts";
import {
  aClient,
  authorizeUrl,
  CALLBACK,
  type Parameters,
  parametersFor,
  signedIn,
  told,
  VERIFIER,
} from "../idp/endpoints/authorize/arranging.ts";
import { aVisitor, type Visitor } from "../support/a-visitor.ts";
import { anIdp, aPerson, type Person, type TestIdp } from "../support/an-idp.ts";

type Site = Awaited<ReturnType<typeof aClient>>;

const BAD_CHALLENGES: [string, Parameters][] = [
  ["plain", { code_challenge_method: "plain" }],
  ["no method, which means plain", { code_challenge_method: undefined }],
  ["an empty method", { code_challenge_method: "" }],
  ["the method in other letters", { code_challenge_method: "s256" }],
  ["two methods", { code_challenge_method: ["S256", "plain"] }],
  ["two challenges", { code_challenge: ["a".repeat(43), "b".repeat(43)] }],
  ["a method without a challenge", { code_challenge: undefined }],
  ["a method with an empty challenge", { code_challenge: "" }],
  ["a challenge of 42 characters", { code_challenge: "a".repeat(42) }],
  ["a challenge of 44 characters", { code_challenge: "a".repeat(44) }],
  ["a challenge of 129 characters", { code_challenge: "a".repeat(129) }],
  ["a challenge with padding", { code_challenge: `${"a".repeat(42)}=` }],
  ["a challenge in another alphabet", { code_challenge: `${"a".repeat(42)}+` }],
];

const BAD_VERIFIERS: [string, string | undefined][] = [
  ["none", undefined],
  ["an empty one", ""],
  ["another", "w".repeat(43)],
  ["one of 42 characters", VERIFIER.slice(0, 42)],
  ["one of 129 characters", "w".repeat(129)],
  ["the right one with a space behind it", `${VERIFIER} `],
  ["the right one twice over", VERIFIER + VERIFIER],
  ["the right one in other letters", VERIFIER.toUpperCase()],
];

describe.each(["all", "public"] as const)("PKCE_FOR=%s", (pkceFor) => {
  let idp: TestIdp;
  let alice: Person;
  const sites: Record<string, Site> = {};

  beforeAll(async () => {
    idp = await anIdp({ environment: { PKCE_FOR: pkceFor } });
    alice = await aPerson(idp);
    const methods: TokenEndpointAuthMethod[] = ["client_secret_basic", "none"];
    for (const method of methods) {
      sites[method] = await aClient(idp, method, { tokenEndpointAuthMethod: method });
    }
  });
  afterAll(() => idp.close());

  const siteOf = (method: string): Site => {
    const site = sites[method];
    if (!site) throw new Error(method);
    return site;
  };
  async function somebody(): Promise<Visitor> {
    const visitor = aVisitor();
    await signedIn(visitor, idp, siteOf("client_secret_basic"), alice);
    return visitor;
  }
  async function redeem(site: Site, code: string | undefined, verifier: string | undefined) {
    const isPublic = site.tokenEndpointAuthMethod === "none";
    const fields = {
      grant_type: "authorization_code",
      code: code ?? "",
      redirect_uri: CALLBACK,
      ...(isPublic && { client_id: site.id }),
      ...(verifier !== undefined && { code_verifier: verifier }),
    };
    const proof = isPublic ? {} : { Authorization: `Basic ${btoa(`${site.id}:${site.secret}`)}` };
    return (await aVisitor().post(`${idp.issuer}/token`, fields, proof)).status;
  }

  describe.each(["client_secret_basic", "none"])("a client of %s", (method) => {
    it.each(BAD_CHALLENGES)("A5: is given no code for %s", async (_what, changed) => {
      const answer = await (await somebody()).get(authorizeUrl(idp, siteOf(method), changed));
      expect(told(answer)).toMatchObject({ error: "invalid_request" });
    });

    it.each(BAD_CHALLENGES)("A5: cannot push %s", async (_what, changed) => {
      const site = siteOf(method);
      const isPublic = method === "none";
      const answer = await fetch(`http://127.0.0.1:${idp.config.port}/par`, {
        method: "POST",
        body: parametersFor(site, changed),
        headers: isPublic ? {} : { Authorization: `Basic ${btoa(`${site.id}:${site.secret}`)}` },
      });
      expect(answer.status).toBe(400);
    });

    it.each(BAD_VERIFIERS)(
      "E4: cannot redeem with %s, and the code stays good",
      async (_what, verifier) => {
        const site = siteOf(method);
        const { code } = told(await (await somebody()).get(authorizeUrl(idp, site)));
        expect(await redeem(site, code, verifier)).toBe(400);
        expect(await redeem(site, code, VERIFIER)).toBe(200);
      },
    );

    it("A4: a challenge in the address of a form is not looked at", async () => {
      const site = siteOf(method);
      const {
        code_challenge: _,
        code_challenge_method: __,
        ...fields
      } = Object.fromEntries(parametersFor(site));
      const query = new URLSearchParams({
        code_challenge: "a".repeat(43),
        code_challenge_method: "S256",
      });
      const visitor = await somebody();
      const answer = await visitor.post(`${idp.issuer}/authorize?${query}`, fields);
      const isLetGo = pkceFor === "public" && method !== "none";
      if (!isLetGo) expect(told(answer).error).toBe("invalid_request");
      // Where it may go without, the code is bound to no challenge at all, this one included.
      else expect(await redeem(site, told(answer).code, undefined)).toBe(200);
    });
  });

  it("A5: nobody adds a challenge to a code, or takes it away, on the way through the pages", async () => {
    const site = siteOf("client_secret_basic");
    const visitor = await somebody();
    const page = await visitor.follow(authorizeUrl(idp, site, { prompt: "login" }));
    const fields = { ...page.forms[0]?.fields, email: alice.email, password: alice.password };
    const tampered = { ...fields, code_challenge: "a".repeat(43), code_challenge_method: "plain" };
    const done = await visitor.post(page.forms[0]?.action ?? "", tampered);
    const query = `?code_challenge=${"a".repeat(43)}&code_challenge_method=plain`;
    const { code } = told(await visitor.get(`${done.location}${query}`));
    expect(await redeem(site, code, "a".repeat(43))).toBe(400);
    expect(await redeem(site, code, VERIFIER)).toBe(200);
  });
});
