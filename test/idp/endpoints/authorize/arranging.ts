// What the tests of the front doors arrange: clients, authorization requests, and somebody who goes
// through the pages.
import { newCredential } from "../../../../idp/protocol/credential.ts";
import { challengeOf } from "../../../../idp/protocol/pkce.ts";
import type { Client, NewClient, Resource } from "../../../../idp/records/clients/client.ts";
import type { Answer, Visitor } from "../../../support/a-visitor.ts";
import type { Person, TestIdp } from "../../../support/an-idp.ts";

export const CALLBACK = "https://bank.example/callback";
export const VERIFIER = "a-verifier-that-is-long-enough-to-be-one-0123";
export const API: Resource = {
  identifier: "https://bank.example/api",
  name: "Harbour Bank",
  scopes: { "accounts:read": "See your accounts and balances", "transfers:write": "Move money" },
  public: true,
};

export async function aClient(
  { known, clock }: TestIdp,
  id: string,
  given: Partial<NewClient> = {},
): Promise<Client & { secret: string }> {
  const secret = newCredential("client-secret");
  const by = { actor: "test" };
  const client = await known.clientStore.add(
    {
      id,
      name: `Site ${id}`,
      tokenEndpointAuthMethod: "client_secret_basic",
      redirectUris: [CALLBACK],
      postLogoutRedirectUris: ["https://bank.example/bye"],
      grantTypes: ["authorization_code", "refresh_token"],
      scopes: ["openid", "profile", "email", "offline_access", "accounts:read"],
      resources: [],
      firstParty: true,
      requireAuthTime: false,
      metadata: {},
      origin: "operator",
      ...given,
    },
    secret,
    clock.now(),
    by,
  );
  known.clients.forget();
  return { ...client, secret };
}

export async function aResource({ known, clock }: TestIdp, resource: Resource): Promise<void> {
  await known.clientStore.putResource(resource, clock.now(), { actor: "test" });
  known.clients.forget();
}

export type Parameters = Record<string, string | readonly string[] | undefined>;

/** A request that is right in every way, but for what the test changes; undefined leaves one out. */
export function parametersFor(
  client: Pick<Client, "id">,
  changed: Parameters = {},
): URLSearchParams {
  const all: Parameters = {
    client_id: client.id,
    redirect_uri: CALLBACK,
    response_type: "code",
    scope: "openid profile",
    state: "a-state",
    nonce: "a-nonce",
    code_challenge: challengeOf(VERIFIER),
    code_challenge_method: "S256",
    ...changed,
  };
  const parameters = new URLSearchParams();
  for (const [name, value] of Object.entries(all)) {
    for (const one of value === undefined ? [] : [value].flat()) parameters.append(name, one);
  }
  return parameters;
}

export const authorizeUrl = (idp: TestIdp, client: Pick<Client, "id">, changed?: Parameters) =>
  `${idp.issuer}/authorize?${parametersFor(client, changed)}`;

/** What somebody types into the sign-in page. */
export const typed = ({ email, password }: Pick<Person, "email" | "password">) => ({
  email,
  password,
});

/** Fills in the sign-in page, and returns what the decision says after it. */
export async function signIn(
  visitor: Visitor,
  page: Answer,
  person: Pick<Person, "email" | "password">,
): Promise<Answer> {
  const submitted = await visitor.submit(page, typed(person));
  return submitted.location === undefined ? submitted : visitor.get(submitted.location);
}

/** Somebody who is signed in already. */
export async function signedIn(
  visitor: Visitor,
  idp: TestIdp,
  client: Pick<Client, "id">,
  person: Pick<Person, "email" | "password">,
): Promise<Answer> {
  return signIn(visitor, await visitor.follow(authorizeUrl(idp, client)), person);
}

/** What the client is told at its redirect URI. */
export function told(answer: Answer): Record<string, string> {
  if (answer.status !== 303 || answer.location === undefined) {
    throw new Error(`no redirect but ${answer.status}: ${answer.text.slice(0, 300)}`);
  }
  return Object.fromEntries(new URL(answer.location).searchParams);
}

/** Redeems a code as the client would, and returns the whole answer. */
export async function redeem(
  visitor: Visitor,
  idp: TestIdp,
  client: { id: string; secret: string },
  code: string | undefined,
): Promise<Record<string, unknown>> {
  const answer = await visitor.post(
    `${idp.issuer}/token`,
    {
      grant_type: "authorization_code",
      code: code ?? "",
      redirect_uri: CALLBACK,
      code_verifier: VERIFIER,
    },
    { Authorization: `Basic ${btoa(`${client.id}:${client.secret}`)}` },
  );
  return JSON.parse(answer.text);
}

export function claimsOf(token: unknown): Record<string, unknown> {
  const [, payload = ""] = String(token).split(".");
  return JSON.parse(Buffer.from(payload, "base64url").toString());
}
