// The questions that flows are made of, and what has to be right about each answer.
import { type Answer, type Connection, headerOf, written } from "../client/connection.ts";
import {
  API,
  CLIENT,
  CODE_CHALLENGE,
  CODE_VERIFIER,
  type Provider,
  REDIRECT_URI,
} from "../provider.ts";

export const hostOf = ({ port }: Provider) => `127.0.0.1:${port}`;

export const basic = ({ clientSecret }: Provider) => ({
  authorization: `Basic ${Buffer.from(`${CLIENT}:${clientSecret}`).toString("base64")}`,
});

export function require(status: number, answer: Answer): Answer {
  if (answer.status === status) return answer;
  throw new Error(`${answer.status} instead of ${status}: ${answer.head}\n${answer.body}`);
}

export interface Tokens {
  readonly access_token: string;
  readonly refresh_token: string;
  readonly id_token?: string;
}

export async function tokensFor(
  provider: Provider,
  connection: Connection,
  form: Record<string, string>,
): Promise<Tokens> {
  const { paths } = provider;
  const request = { path: paths.token, host: hostOf(provider), headers: basic(provider), form };
  return JSON.parse(require(200, await connection.ask(written(request))).body.toString());
}

const FOR_THE_API = "openid profile email accounts:read";
const FOR_THE_PROVIDER = "openid profile email";

const authorizePath = ({ paths }: Provider, toApi: boolean) =>
  `${paths.authorize}?${new URLSearchParams({
    client_id: CLIENT,
    redirect_uri: REDIRECT_URI,
    response_type: "code",
    ...(toApi ? { scope: FOR_THE_API, resource: API } : { scope: FOR_THE_PROVIDER }),
    state: "af0ifjsldkj",
    nonce: "n-0S6_WzA2Mj",
    code_challenge: CODE_CHALLENGE,
    code_challenge_method: "S256",
  })}`;

/**
 * A browser that is signed in: each hop takes it through /authorize without a page, and back with tokens.
 * @param toApi  whether the access token is for the API, as a JWT; else for the provider's own doors
 */
export async function hopper(
  provider: Provider,
  connection: Connection,
  { toApi = true } = {},
): Promise<() => Promise<Tokens>> {
  const path = authorizePath(provider, toApi);
  const cookie = await provider.signIn(`http://${hostOf(provider)}${path}`);
  const authorize = written({ path, host: hostOf(provider), headers: { cookie } });
  return async () => {
    const answer = require(303, await connection.ask(authorize));
    const code = new URL(headerOf(answer, "location") ?? "").searchParams.get("code");
    if (code === null) throw new Error(`no code: ${answer.head}`);
    return tokensFor(provider, connection, {
      grant_type: "authorization_code",
      code,
      redirect_uri: REDIRECT_URI,
      code_verifier: CODE_VERIFIER,
      ...(toApi && { resource: API }),
    });
  };
}
