// Mix-up and code injection (A6, S6; RFC 9207, RFC 9700 §4.4, §4.5): every answer says once who gives it, and
// a code is good for the one browser, client and address it was made for. What the kit does with an answer is
// proven beside the kit.
import { beforeAll, describe, expect, it } from "vitest";
import { challengeOf } from "../../idp/protocol/pkce.ts";
import {
  aClient,
  authorizeUrl,
  CALLBACK,
  type Parameters,
  parametersFor,
  signedIn,
  VERIFIER,
} from "../idp/endpoints/authorize/arranging.ts";
import { type Answer, aVisitor, type Visitor } from "../support/a-visitor.ts";
import { anIdp, aPerson, type Person, type TestIdp } from "../support/an-idp.ts";
import { localFetch } from "../support/local-fetch.ts";

type Site = Awaited<ReturnType<typeof aClient>>;
let idp: TestIdp;
let alice: Person;
let bank: Site;
let other: Site;

beforeAll(async () => {
  idp = await anIdp();
  alice = await aPerson(idp);
  bank = await aClient(idp, "bank", { redirectUris: [CALLBACK, `${CALLBACK}?shop=1`] });
  other = await aClient(idp, "other");
  return () => idp.close();
});

async function somebody(): Promise<Visitor> {
  const visitor = aVisitor();
  await signedIn(visitor, idp, bank, alice);
  return visitor;
}

const basic = ({ id, secret }: Site) => ({ Authorization: `Basic ${btoa(`${id}:${secret}`)}` });

/** All that the client is told, in order, as pairs: a name may come twice. */
function pairsOf(answer: Answer): [string, string][] {
  if (answer.location !== undefined) return [...new URL(answer.location).searchParams];
  const inputs = answer.text.matchAll(/<input type="hidden" name="([^"]+)" value="([^"]*)"/g);
  return [...inputs].map(([, name = "", value = ""]) => [name, value]);
}

const OUTCOMES: Readonly<Record<string, Parameters>> = {
  "a code": { prompt: "none" },
  login_required: { prompt: "none", max_age: "0" },
  invalid_scope: { scope: "" },
  unsupported_response_type: { response_type: "token" },
  request_not_supported: { request: "e30.e30." },
};
const MODES: Readonly<Record<string, Parameters>> = {
  query: {},
  "a redirect URI with a query of its own": { redirect_uri: `${CALLBACK}?shop=1` },
  "a redirect URI, and an iss that somebody put into the state": { state: "s&iss=https://evil" },
  form_post: { response_mode: "form_post" },
};

describe.each(Object.entries(MODES))("A6: an answer by %s", (_mode, mode) => {
  it.each(Object.entries(OUTCOMES))(
    "says once, and truly, who gives it: %s",
    async (_o, outcome) => {
      const visitor = await somebody();
      const answer = await visitor.get(authorizeUrl(idp, bank, { ...mode, ...outcome }));
      const issuers = pairsOf(answer).filter(([name]) => name === "iss");
      expect(issuers).toEqual([["iss", idp.issuer]]);
    },
  );
});

describe("A6: after a push", () => {
  it("the answer says so as well", async () => {
    const pushed = await localFetch(`${idp.issuer}/par`, {
      method: "POST",
      headers: basic(bank),
      body: parametersFor(bank),
    });
    const { request_uri } = JSON.parse(await pushed.text());
    const query = new URLSearchParams({ client_id: "bank", request_uri });
    const answer = await (await somebody()).get(`${idp.issuer}/authorize?${query}`);
    expect(pairsOf(answer).filter(([name]) => name === "iss")).toEqual([["iss", idp.issuer]]);
  });

  it("discovery promises it", async () => {
    const url = `${idp.issuer}/.well-known/openid-configuration`;
    const metadata = JSON.parse((await aVisitor().get(url)).text);
    expect(metadata.issuer).toBe(idp.issuer);
    expect(metadata.authorization_response_iss_parameter_supported).toBe(true);
  });
});

describe("code injection (RFC 9700 §4.5)", () => {
  const code = async () => {
    const answer = await (await somebody()).get(authorizeUrl(idp, bank, { prompt: "none" }));
    return Object.fromEntries(pairsOf(answer)).code ?? "";
  };
  const redeem = async (client: Site, fields: Record<string, string>) => {
    const sent = { grant_type: "authorization_code", redirect_uri: CALLBACK, ...fields };
    const answer = await aVisitor().post(`${idp.issuer}/token`, sent, basic(client));
    return { status: answer.status, error: JSON.parse(answer.text).error };
  };
  const refused = { status: 400, error: "invalid_grant" };

  it("into another sign-in of the same client: the verifier is that one's", async () => {
    const stolen = await code();
    const injected = await redeem(bank, { code: stolen, code_verifier: "w".repeat(43) });
    expect(injected).toEqual(refused);
    expect((await redeem(bank, { code: stolen, code_verifier: VERIFIER })).status).toBe(200);
  });

  it("into another client, which knows everything else", async () => {
    const stolen = await code();
    expect(await redeem(other, { code: stolen, code_verifier: VERIFIER })).toEqual(refused);
    expect((await redeem(bank, { code: stolen, code_verifier: VERIFIER })).status).toBe(200);
  });

  it("by another address of the same client", async () => {
    const stolen = await code();
    const elsewhere = { redirect_uri: `${CALLBACK}?shop=1` };
    expect(await redeem(bank, { code: stolen, code_verifier: VERIFIER, ...elsewhere })).toEqual(
      refused,
    );
  });

  it("with a challenge of the attacker's put into the victim's request: the victim's verifier is wrong", async () => {
    const visitor = await somebody();
    const swapped = { prompt: "none", code_challenge: challengeOf("w".repeat(43)) };
    const answer = await visitor.get(authorizeUrl(idp, bank, swapped));
    const { code: bound = "" } = Object.fromEntries(pairsOf(answer));
    expect(await redeem(bank, { code: bound, code_verifier: VERIFIER })).toEqual(refused);
  });
});
