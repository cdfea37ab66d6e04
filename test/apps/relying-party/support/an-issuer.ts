// A small authorization server for the kit's own tests, written with jose and nothing of ours: another voice of the
// same standards. It signs in whomever the test names, without asking, and keeps what was asked of it.
import { createHash, randomBytes } from "node:crypto";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import {
  type CryptoKey,
  calculateJwkThumbprint,
  exportJWK,
  generateKeyPair,
  type JWK,
  SignJWT,
} from "jose";
import type { Clock } from "../../../../apps/relying-party/clock.ts";
import { aStatusList, type PublishedStatusList, STATUS_LIST_PATH } from "./a-status-list.ts";

export const CLIENT = { clientId: "harbour-bank", clientSecret: "a secret of the bank" };

export interface SigningKey {
  kid: string;
  privateKey: CryptoKey;
  jwk: JWK;
}

/** An RSA key as an issuer publishes it. */
export async function aSigningKey(): Promise<SigningKey> {
  const { privateKey, publicKey } = await generateKeyPair("RS256", { extractable: true });
  const jwk = await exportJWK(publicKey);
  const kid = await calculateJwkThumbprint(jwk);
  return { kid, privateKey, jwk: { ...jwk, kid, use: "sig", alg: "RS256" } };
}

/** The key that issuers begin with: made once per test file, since making one takes a while. */
const firstKey = aSigningKey();

type Claims = Record<string, unknown>;

/** What a site has reported of the keys that it holds. */
export interface Sighting {
  instance: string;
  kids: string[];
  refused?: { kid: string; at: string }[];
}

export interface TestIssuer {
  issuer: string;
  /** Who signs in next. */
  person: { sub: string; name: string; email: string };
  /** The session here that the next sign-in belongs to. */
  sid: string;
  /** An issuer that serves status lists gives each grant the next index, and tokens made by a test index 0. */
  statusList: PublishedStatusList;
  /** The index of the latest grant. */
  lastIndex: number;
  key: SigningKey;
  /** Published beside the active key. */
  otherKeys: SigningKey[];
  accessTokenSeconds: number;
  jwksMaxAgeSeconds: number;
  /** Lets a test answer wrongly. */
  wrong: {
    idToken: (claims: Claims) => Claims;
    idTokenHeader: (header: Claims) => Claims;
    accessToken: (claims: Claims) => Claims;
    accessTokenHeader?: (header: Claims) => Claims;
    /** Allowed, and yet rare (OIDC Core §12.2). */
    refreshWithoutIdToken?: boolean;
    authorizationResponse: (parameters: URLSearchParams) => void;
    jwks?: (response: ServerResponse) => void;
    token?: (response: ServerResponse) => void;
    sighting?: (response: ServerResponse) => void;
    statusList?: (response: ServerResponse, request: IncomingMessage) => void;
  };
  /** The reports of sites, in order; only an issuer that asks for them has any. */
  sightings: Sighting[];
  /** The instances that said that they stop. */
  departures: string[];
  /** What the answer to a report says. */
  revoked: string[];
  /** Paths that were asked for, in order. */
  requests: string[];
  requestsTo(path: string): number;
  /** The form of each token request. */
  tokenRequests: URLSearchParams[];
  accessToken(changes?: Claims, header?: Claims, key?: SigningKey): Promise<string>;
  /** A key event for this client: "key-probe+jwt" or "key-notice+jwt". */
  keyEvent(typ: string, changes?: Claims, header?: Claims, key?: SigningKey): Promise<string>;
  /** A logout token for this client and the present session. */
  logoutToken(changes?: Claims, header?: Claims, key?: SigningKey): Promise<string>;
  /** Any claims, signed by the present key unless told otherwise. */
  sign(claims: Claims, header?: Claims, key?: SigningKey): Promise<string>;
  revokeGrants(): void;
  stop(): Promise<void>;
  start(): Promise<void>;
}

export const LOGOUT_EVENT = "http://schemas.openid.net/event/backchannel-logout";

interface Grant {
  sid: string;
  index: number;
  person: TestIssuer["person"];
  nonce: string | undefined;
  challenge: string | undefined;
  redirectUri: string | undefined;
  scope: string;
  resource: string;
  authenticatedAt: number;
  revoked: boolean;
}

const random = () => randomBytes(32).toString("base64url");

export async function anIssuer(options: {
  clock: Clock;
  port: number;
  /** Whether it asks for key sightings, as Signet does. */
  asksForSightings?: boolean;
  /** Whether its access tokens have a status, and its metadata says so, as Signet's do. */
  servesStatusLists?: boolean;
}): Promise<TestIssuer> {
  const { clock, port, asksForSightings = false, servesStatusLists = false } = options;
  const issuer = `http://id.localhost:${port}`;
  const codes = new Map<string, Grant>();
  const refreshTokens = new Map<string, { grant: Grant; successor?: string }>();
  const now = () => Math.floor(clock.now().getTime() / 1000);
  let server: Server | undefined;

  const sign = (claims: Claims, header: Claims, key = it.key) =>
    new SignJWT(claims)
      .setProtectedHeader({ alg: "RS256", kid: key.kid, ...header })
      .sign(key.privateKey);

  const statusList = aStatusList({
    issuer,
    now,
    sign: (...args) => sign(...args),
    kid: () => it.key.kid,
  });

  const accessClaims = (grant: Pick<Grant, "person" | "scope" | "resource" | "index">) => ({
    iss: issuer,
    sub: grant.person.sub,
    aud: grant.resource,
    client_id: CLIENT.clientId,
    scope: grant.scope,
    iat: now(),
    exp: now() + it.accessTokenSeconds,
    jti: random(),
    ...(servesStatusLists && { status: statusList.claimOf(grant.index) }),
  });

  const idToken = (grant: Grant, accessToken: string) => {
    const half = createHash("sha256").update(accessToken).digest().subarray(0, 16);
    const claims = {
      iss: issuer,
      ...grant.person,
      aud: CLIENT.clientId,
      iat: now(),
      exp: now() + 300,
      auth_time: grant.authenticatedAt,
      sid: grant.sid,
      acr: "pwd",
      amr: ["pwd"],
      at_hash: half.toString("base64url"),
      ...(grant.nonce && { nonce: grant.nonce }),
    };
    return sign(it.wrong.idToken(claims), it.wrong.idTokenHeader({ typ: "JWT" }));
  };

  const tokens = async (grant: Grant, refreshToken: string) => {
    const { accessTokenHeader = (header) => header } = it.wrong;
    const header = accessTokenHeader({ typ: "at+jwt" });
    const accessToken = await sign(it.wrong.accessToken(accessClaims(grant)), header);
    return {
      access_token: accessToken,
      token_type: "Bearer",
      expires_in: it.accessTokenSeconds,
      refresh_token: refreshToken,
      id_token: await idToken(grant, accessToken),
    };
  };

  const authorize = (parameters: URLSearchParams, response: ServerResponse) => {
    const code = random();
    it.lastIndex += 1;
    codes.set(code, {
      person: it.person,
      sid: it.sid,
      index: it.lastIndex,
      nonce: parameters.get("nonce") ?? undefined,
      challenge: parameters.get("code_challenge") ?? undefined,
      redirectUri: parameters.get("redirect_uri") ?? undefined,
      scope: (parameters.get("scope") ?? "")
        .split(" ")
        .filter((name) => name.includes(":"))
        .join(" "),
      resource: parameters.get("resource") ?? issuer,
      authenticatedAt: now(),
      revoked: false,
    });
    const answer = new URLSearchParams({ code, state: parameters.get("state") ?? "", iss: issuer });
    it.wrong.authorizationResponse(answer);
    const location = `${parameters.get("redirect_uri")}?${answer}`;
    response.writeHead(303, { location }).end();
  };

  const redeem = (form: URLSearchParams) => {
    const grant = codes.get(form.get("code") ?? "");
    codes.delete(form.get("code") ?? "");
    const challenge = createHash("sha256")
      .update(form.get("code_verifier") ?? "")
      .digest("base64url");
    const fits = grant?.challenge === challenge && grant.redirectUri === form.get("redirect_uri");
    if (!grant || !fits) return undefined;
    const refreshToken = random();
    refreshTokens.set(refreshToken, { grant });
    return tokens(grant, refreshToken);
  };

  const refresh = async (form: URLSearchParams) => {
    const presented = refreshTokens.get(form.get("refresh_token") ?? "");
    if (!presented || presented.grant.revoked) return undefined;
    if (presented.successor && refreshTokens.get(presented.successor)?.successor) {
      presented.grant.revoked = true;
      return undefined;
    }
    // A retry after a lost answer gets the same successor.
    presented.successor ??= random();
    const { grant, successor } = presented;
    refreshTokens.set(successor, refreshTokens.get(successor) ?? { grant });
    const { id_token, ...others } = await tokens(grant, successor);
    return it.wrong.refreshWithoutIdToken ? others : { ...others, id_token };
  };

  const token = async (request: IncomingMessage, response: ServerResponse) => {
    const form = new URLSearchParams(await bodyOf(request));
    it.tokenRequests.push(form);
    if (!isClient(request.headers.authorization)) {
      return json(response, { error: "invalid_client" }, 401);
    }
    const isCode = form.get("grant_type") === "authorization_code";
    const answer = await (isCode ? redeem(form) : refresh(form));
    return answer ? json(response, answer) : json(response, { error: "invalid_grant" }, 400);
  };

  const sighting = async (request: IncomingMessage, response: ServerResponse) => {
    const body = await bodyOf(request);
    if (!isClient(request.headers.authorization)) {
      return json(response, { error: "invalid_client" }, 401);
    }
    const said = JSON.parse(body);
    if (said.leaving) it.departures.push(said.instance);
    else it.sightings.push(said);
    return json(response, { expires_in: 180, revoked: it.revoked });
  };

  const answer = async (request: IncomingMessage, response: ServerResponse) => {
    const url = new URL(request.url ?? "/", issuer);
    it.requests.push(url.pathname);
    if (url.pathname === "/.well-known/openid-configuration")
      return json(response, {
        ...metadata(issuer),
        ...(asksForSightings && { signet_key_sightings_endpoint: `${issuer}/key-sightings` }),
        ...(servesStatusLists && {
          status_list_aggregation_endpoint: `${issuer}/status-lists`,
          backchannel_logout_supported: true,
          backchannel_logout_session_supported: true,
        }),
      });
    if (url.pathname === "/jwks") {
      if (it.wrong.jwks) return it.wrong.jwks(response);
      const keys = [it.key, ...it.otherKeys].map(({ jwk }) => jwk);
      const cacheControl = `public, max-age=${it.jwksMaxAgeSeconds}`;
      return json(response, { keys }, 200, { "cache-control": cacheControl });
    }
    if (url.pathname === "/authorize") return authorize(url.searchParams, response);
    if (url.pathname === "/token") {
      return it.wrong.token ? it.wrong.token(response) : token(request, response);
    }
    if (url.pathname === "/key-sightings") {
      return it.wrong.sighting ? it.wrong.sighting(response) : sighting(request, response);
    }
    if (url.pathname === STATUS_LIST_PATH) {
      if (it.wrong.statusList) return it.wrong.statusList(response, request);
      return statusList.answer(request, response);
    }
    response.writeHead(404).end();
  };

  const it: TestIssuer = {
    issuer,
    person: { sub: "subject-of-alice", name: "Alice Moreau", email: "alice@example.test" },
    sid: "the-sid",
    statusList,
    lastIndex: 0,
    key: await firstKey,
    otherKeys: [],
    accessTokenSeconds: 300,
    jwksMaxAgeSeconds: 300,
    wrong: {
      idToken: (claims) => claims,
      idTokenHeader: (header) => header,
      accessToken: (claims) => claims,
      authorizationResponse: () => undefined,
    },
    requests: [],
    requestsTo: (path) => it.requests.filter((asked) => asked === path).length,
    tokenRequests: [],
    sightings: [],
    departures: [],
    revoked: [],
    accessToken: (changes = {}, header = {}, key) => {
      const resource = "http://bank.localhost/api";
      const claims = {
        ...accessClaims({ person: it.person, scope: "accounts:read", resource, index: 0 }),
        ...changes,
      };
      return sign(claims, { typ: "at+jwt", ...header }, key);
    },
    keyEvent: (typ, changes = {}, header = {}, key) => {
      const times = { iat: now(), exp: now() + 60, jti: random() };
      const claims = { iss: issuer, aud: CLIENT.clientId, ...times, ...changes };
      return sign(claims, { typ, ...header }, key);
    },
    logoutToken: (changes = {}, header = {}, key) => {
      const claims = {
        iss: issuer,
        aud: CLIENT.clientId,
        iat: now(),
        exp: now() + 120,
        jti: random(),
        sub: it.person.sub,
        sid: it.sid,
        events: { [LOGOUT_EVENT]: {} },
        ...changes,
      };
      return sign(claims, { typ: "logout+jwt", ...header }, key);
    },
    sign: (claims, header = {}, key) => sign(claims, header, key),
    revokeGrants: () => {
      for (const { grant } of refreshTokens.values()) grant.revoked = true;
    },
    async stop() {
      const closing = server;
      server = undefined;
      closing?.closeAllConnections();
      await new Promise((resolve) => (closing ? closing.close(resolve) : resolve(undefined)));
    },
    async start() {
      server = createServer((request, response) => void answer(request, response));
      await new Promise<void>((resolve) => server?.listen(port, "127.0.0.1", resolve));
    },
  };
  await it.start();
  return it;
}

const metadata = (issuer: string) => ({
  issuer,
  authorization_endpoint: `${issuer}/authorize`,
  token_endpoint: `${issuer}/token`,
  jwks_uri: `${issuer}/jwks`,
  end_session_endpoint: `${issuer}/logout`,
  response_types_supported: ["code"],
  subject_types_supported: ["public"],
  id_token_signing_alg_values_supported: ["RS256"],
  authorization_response_iss_parameter_supported: true,
});

async function bodyOf(request: IncomingMessage): Promise<string> {
  let body = "";
  for await (const chunk of request) body += chunk;
  return body;
}

function json(response: ServerResponse, body: object, status = 200, headers = {}) {
  response.writeHead(status, { "content-type": "application/json", ...headers });
  response.end(JSON.stringify(body));
}

/** RFC 6749 §2.3.1: both halves are form-encoded before they are joined. */
function isClient(authorization = ""): boolean {
  const pair = Buffer.from(authorization.replace("Basic ", ""), "base64").toString().split(":");
  const [clientId, clientSecret] = pair.map((half) =>
    decodeURIComponent(half.replaceAll("+", " ")),
  );
  return clientId === CLIENT.clientId && clientSecret === CLIENT.clientSecret;
}
