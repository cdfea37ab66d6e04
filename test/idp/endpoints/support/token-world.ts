// An identity provider with clients and a person, seen from its doors for programs. The person's pages
// are left out: an authorization is issued the way /authorize issues it.
import { randomBytes } from "node:crypto";
import { afterAll } from "vitest";
import { newCredential } from "../../../../idp/protocol/credential.ts";
import { challengeOf } from "../../../../idp/protocol/pkce.ts";
import { type NewClient, usesSecret } from "../../../../idp/records/clients/client.ts";
import type { Database } from "../../../../prisma/database.ts";
import { anIdp, REGISTRATION_TOKEN } from "../../../support/an-idp.ts";
import { type MovableClock, movableClock } from "../../../support/movable-clock.ts";

export const issuer = "https://id.example";
export const bankApi = "https://bank.example/api";
export const planApi = "https://plan.example/api";
export const secretApi = "https://secret.example/api";
export const registrationToken = REGISTRATION_TOKEN;

const cause = { actor: "system" };
const allScopes = "openid profile email phone address offline_access accounts:read transfers:write";

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Record<string, unknown>;
}

export type Parameters = Readonly<Record<string, string | readonly string[] | undefined>>;

/** One replica. Several may stand on one database. */
export async function serveReplica(
  database: Database,
  clock: MovableClock,
  environment: Readonly<Record<string, string>> = {},
) {
  const { known: idp, ...running } = await anIdp({
    database,
    clock,
    environment: { ISSUER: issuer, ...environment },
  });
  afterAll(() => running.close());
  // Its doors stay open: the tests count statements, and work in the background would count too.
  await running.idp.stop();
  const origin = `http://127.0.0.1:${running.config.port}`;

  /** A form POST, as its client sends it; `undefined` leaves a parameter out, a list repeats it. */
  const post = async (
    path: string,
    parameters: Parameters,
    headers: Record<string, string> = {},
  ): Promise<Answer> => {
    const body = new URLSearchParams();
    for (const [name, value] of Object.entries(parameters)) {
      for (const one of value === undefined ? [] : [value].flat()) body.append(name, one);
    }
    return answerOf(await fetch(origin + path, { method: "POST", body, headers }));
  };

  return { idp, origin, post };
}

export async function answerOf(response: Response): Promise<Answer> {
  const text = await response.text();
  const isJson = response.headers.get("content-type")?.startsWith("application/json");
  const body: unknown = isJson ? JSON.parse(text) : {};
  return { status: response.status, headers: response.headers, body: { ...(body as object) } };
}

export interface TestClient {
  readonly id: string;
  readonly secret: string | undefined;
  readonly redirectUri: string;
  /** What authenticates it, in the way it is registered for. */
  readonly headers: Record<string, string>;
  readonly parameters: Parameters;
}

export const basicHeader = (id: string, secret: string) =>
  `Basic ${Buffer.from(`${encodeURIComponent(id)}:${encodeURIComponent(secret)}`).toString("base64")}`;

export async function tokenWorld(
  databases: readonly [Database, ...Database[]],
  environment: Readonly<Record<string, string>> = {},
) {
  const clock = movableClock();
  const [database] = databases;
  const replicas = [];
  for (const one of databases) replicas.push(await serveReplica(one, clock, environment));
  const [replica] = replicas;
  if (!replica) throw new Error("no replica");
  const { idp } = replica;

  const resource = (identifier: string, scopes: Record<string, string>, isPublic = true) =>
    idp.clientStore.putResource(
      { identifier, name: identifier, scopes, public: isPublic },
      clock.now(),
      cause,
    );
  await resource(bankApi, { "accounts:read": "See accounts", "transfers:write": "Move money" });
  await resource(planApi, { "plan:read": "See the plan" });
  await resource(secretApi, { "secret:read": "See secrets" }, false);

  const addClient = async (id: string, change: Partial<NewClient> = {}): Promise<TestClient> => {
    const redirectUri = `https://${id}.example/callback`;
    const client: NewClient = {
      id,
      name: id,
      tokenEndpointAuthMethod: "client_secret_basic",
      redirectUris: [redirectUri],
      postLogoutRedirectUris: [],
      grantTypes: ["authorization_code", "refresh_token"],
      scopes: [...allScopes.split(" "), "plan:read"],
      resources: [],
      firstParty: true,
      requireAuthTime: false,
      metadata: {},
      origin: "operator",
      ...change,
    };
    const method = client.tokenEndpointAuthMethod;
    const secret = usesSecret(client) ? newCredential("client-secret") : undefined;
    await idp.clientStore.add(client, secret, clock.now(), cause);
    return {
      id,
      secret,
      redirectUri,
      headers:
        method === "client_secret_basic" ? { Authorization: basicHeader(id, secret ?? "") } : {},
      parameters:
        method === "client_secret_post"
          ? { client_id: id, client_secret: secret }
          : method === "none"
            ? { client_id: id }
            : {},
    };
  };

  const clients = {
    bank: await addClient("bank"),
    portal: await addClient("portal", { tokenEndpointAuthMethod: "client_secret_post" }),
    spa: await addClient("spa", { tokenEndpointAuthMethod: "none", firstParty: false }),
    machine: await addClient("machine", {
      grantTypes: ["client_credentials"],
      resources: [secretApi],
      scopes: ["accounts:read", "secret:read", "openid"],
    }),
  };
  for (const { idp } of replicas) idp.clients.forget();

  const account = await idp.accounts.add(
    {
      email: "alice@example.test",
      emailVerified: true,
      name: "Alice Moreau",
      claims: { family_name: "Moreau", phone_number: "+33123456789" },
      isAdmin: false,
      isKeyAdmin: false,
      isDemo: false,
    },
    clock.now(),
    cause,
  );
  const signIn = () =>
    idp.sessions.begin(
      { account, acr: "pwd", amr: ["pwd"], userAgent: "test" },
      clock.now(),
      cause,
    );

  const begun = await signIn();

  /** What /authorize does once everything is decided. */
  const authorize = async (
    client: TestClient,
    wanted: {
      scope?: string;
      resources?: readonly string[];
      kind?: "session" | "offline";
      session?: typeof begun.session;
      nonce?: string;
    } = {},
  ) => {
    const codeVerifier = randomBytes(32).toString("base64url");
    const code = newCredential("code");
    const session = wanted.session ?? begun.session;
    const scopes = (wanted.scope ?? "openid email").split(" ");
    const resources = wanted.resources ?? [];
    const allowed = [account.id, client.id, scopes, resources] as const;
    // First-party clients need none, and are asked none.
    await idp.consents.record(...allowed, clock.now(), { actor: `account:${account.id}` });
    const issued = await idp.authorizations.issue(
      {
        session,
        accountId: account.id,
        clientId: client.id,
        sid: randomBytes(16).toString("base64url"),
        kind: wanted.kind ?? "session",
        scopes,
        resources,
        redirectUri: client.redirectUri,
        codeChallenge: challengeOf(codeVerifier),
        nonce: wanted.nonce,
        code,
        authenticatedAt: session.authenticatedAt,
        acr: session.acr,
        amr: session.amr,
        cause: { actor: `account:${account.id}` },
      },
      clock.now(),
    );
    if (issued.kind !== "issued") throw new Error("the session has ended");
    return {
      grantId: issued.grantId,
      sid: issued.sid,
      /** The parameters that redeem it. */
      redemption: {
        grant_type: "authorization_code",
        code,
        redirect_uri: client.redirectUri,
        code_verifier: codeVerifier,
      } satisfies Parameters,
    };
  };

  const token = (client: TestClient, parameters: Parameters, at = replica) =>
    at.post("/token", { ...client.parameters, ...parameters }, client.headers);

  const refresh = (
    client: TestClient,
    refreshToken: unknown,
    more: Parameters = {},
    at = replica,
  ) =>
    token(
      client,
      { grant_type: "refresh_token", refresh_token: String(refreshToken), ...more },
      at,
    );

  const userinfo = async (accessToken: unknown, headers: Record<string, string> = {}) =>
    answerOf(
      await fetch(`${replica.origin}/userinfo`, {
        headers: { Authorization: `Bearer ${String(accessToken)}`, ...headers },
      }),
    );

  return {
    ...replica,
    replicas,
    database,
    clock,
    clients,
    account,
    session: begun.session,
    sessionSecret: begun.secret,
    signIn,
    addClient,
    authorize,
    token,
    refresh,
    userinfo,
    auditKinds: async () => (await idp.audit.list({ limit: 500 })).map(({ kind }) => kind),
  };
}

export type TokenWorld = Awaited<ReturnType<typeof tokenWorld>>;
