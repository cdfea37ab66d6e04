// What the OpenID Foundation's suite does to a provider, as far as its modules are made of it: it registers
// clients dynamically, sends a browser through the pages, redeems, and asks UserInfo. It knows the provider by
// its public surface alone.
import { randomBytes } from "node:crypto";
import { createLocalJWKSet, type JSONWebKeySet, type JWTPayload, jwtVerify } from "jose";
import { challengeOf } from "../../idp/protocol/pkce.ts";
import { type Answer, aVisitor, type Visitor } from "../support/a-visitor.ts";
import {
  anIdp,
  aPerson,
  type Person,
  REGISTRATION_TOKEN,
  type TestIdp,
} from "../support/an-idp.ts";
import { localFetch } from "../support/local-fetch.ts";

export const CALLBACK = "https://suite.example/test/callback";
export const SIGNED_OUT = "https://suite.example/test/signed-out";

export interface Variant {
  readonly pkceFor: "all" | "public";
  readonly responseMode: "query" | "form_post";
}

type Json = Record<string, unknown>;

export interface Client {
  readonly id: string;
  readonly secret: string;
  readonly metadata: Json;
}

export interface Landed {
  readonly visitor: Visitor;
  /** What the client is told at its redirect URI; undefined when the browser stayed with the provider. */
  readonly told: Readonly<Record<string, string>> | undefined;
  /** Where the browser is. */
  readonly page: Answer;
  /** Which of the provider's pages it saw on its way. */
  readonly seen: readonly string[];
  readonly verifier: string;
}

export interface Suite extends Variant {
  readonly idp: TestIdp;
  readonly alice: Person;
  readonly discovery: Json;
  /** The answer to a registration, whatever it is. */
  attempt(metadata: Json): Promise<{ status: number; body: Json }>;
  register(metadata?: Json): Promise<Client>;
  /** Sends a browser to /authorize, and does there what a person would. */
  visit(client: Client, parameters?: Parameters, options?: VisitOptions): Promise<Landed>;
  token(
    client: Client,
    fields: Record<string, string>,
    authenticate?: Authenticate,
  ): Promise<Reply>;
  /** Visits and redeems. */
  signIn(client: Client, parameters?: Parameters, options?: VisitOptions): Promise<SignedIn>;
  verify(idToken: unknown, client: Client): Promise<JWTPayload>;
  userinfo(accessToken: unknown, init?: RequestInit): Promise<Response>;
  close(): Promise<void>;
}

export type Parameters = Readonly<Record<string, string | undefined>>;
export type Reply = { status: number; body: Json };
export type Authenticate = (client: Client) => {
  headers?: Record<string, string>;
  fields?: Record<string, string>;
};
export interface VisitOptions {
  readonly visitor?: Visitor;
  readonly post?: boolean;
  readonly decision?: string;
  /** The page at which the browser stays. */
  readonly until?: string;
}
export interface SignedIn extends Landed {
  readonly tokens: Json;
  readonly claims: JWTPayload;
}

export const byBasic: Authenticate = ({ id, secret }) => ({
  headers: { Authorization: `Basic ${btoa(`${id}:${secret}`)}` },
});
export const byPost: Authenticate = ({ id, secret }) => ({
  fields: { client_id: id, client_secret: secret },
});

export async function theSuite(variant: Variant): Promise<Suite> {
  const { pkceFor, responseMode } = variant;
  const idp = await anIdp({
    environment: {
      PKCE_FOR: pkceFor,
      SIGNING_ALGS: "RS256,ES256",
      OUTBOUND_ALLOW: "127.0.0.0/8",
      ASSERTION_AUDIENCE: "issuer-or-token-endpoint",
    },
  });
  const { issuer, clock } = idp;
  const alice = await aPerson(idp, {
    claims: {
      family_name: "Moreau",
      given_name: "Alice",
      nickname: "Al",
      phone_number: "+33123456789",
      address: { country: "FR", locality: "Lyon" },
    },
  });
  const get = async (path: string): Promise<Json> =>
    JSON.parse(await (await localFetch(`${issuer}${path}`)).text());
  const discovery = await get("/.well-known/openid-configuration");

  async function attempt(metadata: Json) {
    const answer = await localFetch(String(discovery.registration_endpoint), {
      method: "POST",
      headers: {
        Authorization: `Bearer ${REGISTRATION_TOKEN}`,
        "Content-Type": "application/json",
      },
      body: JSON.stringify({
        redirect_uris: [CALLBACK],
        post_logout_redirect_uris: [SIGNED_OUT],
        grant_types: ["authorization_code", "refresh_token"],
        client_name: "Conformance suite",
        ...metadata,
      }),
    });
    const body: Json = JSON.parse(await answer.text());
    return { status: answer.status, body };
  }

  async function register(metadata: Json = {}): Promise<Client> {
    const { status, body } = await attempt(metadata);
    if (status !== 201) throw new Error(JSON.stringify(body));
    return { id: String(body.client_id), secret: String(body.client_secret), metadata: body };
  }

  async function visit(
    client: Client,
    parameters: Parameters = {},
    options: VisitOptions = {},
  ): Promise<Landed> {
    const { visitor = aVisitor(), post = false, decision = "allow" } = options;
    const verifier = randomBytes(32).toString("base64url");
    const all: Parameters = {
      client_id: client.id,
      redirect_uri: CALLBACK,
      response_type: "code",
      scope: "openid",
      state: randomBytes(8).toString("hex"),
      nonce: randomBytes(8).toString("hex"),
      ...(responseMode === "form_post" && { response_mode: "form_post" }),
      // The suite sends none where it may go without.
      ...(pkceFor === "all" && {
        code_challenge: challengeOf(verifier),
        code_challenge_method: "S256",
      }),
      ...parameters,
    };
    const sent = Object.fromEntries(
      Object.entries(all).filter((pair): pair is [string, string] => pair[1] !== undefined),
    );
    const redirectUri = sent.redirect_uri ?? CALLBACK;
    const seen: string[] = [];
    let page = post
      ? await visitor.post(`${issuer}/authorize`, sent, { "Sec-Fetch-Site": "cross-site" })
      : await visitor.get(`${issuer}/authorize?${new URLSearchParams(sent)}`);
    for (let steps = 0; steps < 12; steps += 1) {
      const told = toldBy(page, redirectUri);
      if (told) return { visitor, told, page, seen, verifier };
      if (page.location !== undefined) {
        page = await visitor.get(page.location);
        continue;
      }
      const name = new URL(page.url).pathname.split("/")[1] ?? "";
      const fields = answerTo(name, alice, decision);
      if (!fields || name === options.until) break;
      seen.push(name);
      page = await visitor.submit(page, fields);
    }
    return { visitor, told: undefined, page, seen, verifier };
  }

  async function token(
    client: Client,
    fields: Record<string, string>,
    authenticate = byBasic,
  ): Promise<Reply> {
    const proof = authenticate(client);
    const answer = await localFetch(String(discovery.token_endpoint), {
      method: "POST",
      headers: proof.headers ?? {},
      body: new URLSearchParams({ ...fields, ...proof.fields }),
    });
    return { status: answer.status, body: JSON.parse(await answer.text()) };
  }

  async function verify(idToken: unknown, client: Client): Promise<JWTPayload> {
    const keys = createLocalJWKSet((await get("/jwks")) as unknown as JSONWebKeySet);
    const rules = { issuer, audience: client.id, currentDate: clock.now() };
    return (await jwtVerify(String(idToken), keys, rules)).payload;
  }

  return {
    ...variant,
    idp,
    alice,
    discovery,
    attempt,
    register,
    visit,
    token,
    verify,
    async signIn(client, parameters = {}, options = {}) {
      const landed = await visit(client, parameters, options);
      if (landed.told?.code === undefined) {
        throw new Error(`no code: ${JSON.stringify(landed.told)} ${landed.page.url}`);
      }
      const { body: tokens, status } = await token(client, redemption(landed, variant, parameters));
      if (status !== 200) throw new Error(JSON.stringify(tokens));
      return { ...landed, tokens, claims: await verify(tokens.id_token, client) };
    },
    userinfo: (accessToken, init = {}) =>
      localFetch(String(discovery.userinfo_endpoint), {
        headers: { Authorization: `Bearer ${String(accessToken)}` },
        ...init,
      }),
    close: () => idp.close(),
  };
}

/** The fields that redeem what a visit brought. */
export const redemption = (
  { told, verifier }: Landed,
  { pkceFor }: Variant,
  parameters: Parameters = {},
): Record<string, string> => ({
  grant_type: "authorization_code",
  code: told?.code ?? "",
  redirect_uri: parameters.redirect_uri ?? CALLBACK,
  ...((pkceFor === "all" || parameters.code_challenge !== undefined) && {
    code_verifier: verifier,
  }),
});

/** By redirect, or by the form that posts itself. */
function toldBy(page: Answer, redirectUri: string): Record<string, string> | undefined {
  if (page.location?.startsWith(redirectUri)) {
    return Object.fromEntries(new URL(page.location).searchParams);
  }
  return page.forms.find(({ action }) => action.startsWith(redirectUri))?.fields;
}

function answerTo(page: string, { email, password }: Person, decision: string) {
  switch (page) {
    case "sign-in":
      return { email, password };
    case "consent":
      return { decision };
    case "choose-account":
      return { choice: "continue" };
    default:
      return undefined;
  }
}
