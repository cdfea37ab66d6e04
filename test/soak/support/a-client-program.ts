// A client as a program: sends a person to /authorize, redeems the code, refreshes.
import { randomBytes } from "node:crypto";
import { challengeOf } from "../../../idp/protocol/pkce.ts";
import { aVisitor, type Visitor } from "../../support/a-visitor.ts";
import { localFetch } from "../../support/local-fetch.ts";
import { type Credentials, submitTo } from "./people.ts";

export interface ClientProgram {
  readonly issuer: string;
  readonly id: string;
  readonly secret: string;
  readonly redirectUri: string;
  readonly scope: string;
}

export interface Tokens {
  readonly access_token: string;
  readonly refresh_token: string;
}

export interface Authorization {
  readonly url: string;
  readonly verifier: string;
}

export function authorization(
  client: ClientProgram,
  more: Record<string, string> = {},
): Authorization {
  const verifier = randomBytes(32).toString("base64url");
  const url = new URL("/authorize", client.issuer);
  url.search = new URLSearchParams({
    client_id: client.id,
    response_type: "code",
    redirect_uri: client.redirectUri,
    scope: client.scope,
    state: "s",
    code_challenge: challengeOf(verifier),
    code_challenge_method: "S256",
    ...more,
  }).toString();
  return { url: url.href, verifier };
}

/** A browser in which the person has just signed in, and the code that came of it. */
export async function signInFor(client: ClientProgram, who: Credentials) {
  const visitor = aVisitor();
  const { url, verifier } = authorization(client);
  const form = await visitor.follow(url);
  const sent = await submitTo({ visitor, form }, who);
  if (sent.location === undefined) throw new Error(`not signed in: ${sent.status}`);
  return { visitor, verifier, code: await codeAt(visitor, sent.location, client) };
}

/** Follows redirects up to the client's own address, and takes the code from it. */
export async function codeAt(
  visitor: Visitor,
  url: string,
  { redirectUri }: ClientProgram,
): Promise<string> {
  const last = url.startsWith(redirectUri)
    ? url
    : (await visitor.follow(url, redirectUri)).location;
  const code = last === undefined ? null : new URL(last).searchParams.get("code");
  if (code === null) throw new Error(`no code at ${last ?? url}`);
  return code;
}

export const redeem = (client: ClientProgram, code: string, verifier: string) =>
  tokenRequest(client, {
    grant_type: "authorization_code",
    code,
    redirect_uri: client.redirectUri,
    code_verifier: verifier,
  });

export const refresh = (client: ClientProgram, refreshToken: string) =>
  tokenRequest(client, { grant_type: "refresh_token", refresh_token: refreshToken });

export async function tokenRequest(
  { issuer, id, secret }: ClientProgram,
  parameters: Record<string, string>,
): Promise<Tokens> {
  const answer = await localFetch(`${issuer}/token`, {
    method: "POST",
    headers: { Authorization: `Basic ${Buffer.from(`${id}:${secret}`).toString("base64")}` },
    body: new URLSearchParams(parameters),
  });
  const text = await answer.text();
  if (answer.status !== 200) throw new Error(`/token answered ${answer.status}: ${text}`);
  return JSON.parse(text);
}
