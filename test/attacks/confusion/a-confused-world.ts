// One of everything that opens a door somewhere: every kind of token, code, cookie and secret that there is,
// each real and fresh, in a house with all three sites up.
import { generateKeyPairSync, randomBytes } from "node:crypto";
import { exportJWK, SignJWT } from "jose";
import { newCredential } from "../../../idp/protocol/credential.ts";
import { challengeOf } from "../../../idp/protocol/pkce.ts";
import type { NewClient } from "../../../idp/records/clients/client.ts";
import { keyEventTokens } from "../../../idp/tokens/key-event-token.ts";
import { logoutTokens } from "../../../idp/tokens/logout-token.ts";
import { aHouse, type House } from "../../support/a-house.ts";
import { type Answer, aVisitor, type Visitor } from "../../support/a-visitor.ts";
import { ADMIN_TOKEN, REGISTRATION_TOKEN } from "../../support/an-idp.ts";
import { localFetch } from "../../support/local-fetch.ts";

const BY = { actor: "test" };
export const DEVICE_GRANT = "urn:ietf:params:oauth:grant-type:device_code";
export const CALLBACK = "https://app.example/callback";
export const VERIFIER = "v".repeat(43);

/** A client of the test's own, which may do everything that a client may. */
export const APP = { id: "app", secret: newCredential("client-secret") };
/** One that proves who it is by its key. */
export const KEYED = "keyed";

export interface ConfusedWorld {
  readonly house: House;
  /** Signed in at the provider, with an interaction open at /authorize. */
  readonly visitor: Visitor;
  /** A page that waits for this browser. */
  readonly waiting: string;
  /** By its kind, one that is good where it belongs. */
  readonly things: Readonly<Record<string, string>>;
  /** As `things`, for a kind that its acceptor spends. */
  fresh(kind: string): Promise<string>;
  post(
    path: string,
    fields: Record<string, string>,
    headers?: Record<string, string>,
  ): Promise<Answer>;
  close(): Promise<void>;
}

export const byApp = { Authorization: `Basic ${btoa(`${APP.id}:${APP.secret}`)}` };

export async function aConfusedWorld(): Promise<ConfusedWorld> {
  const house = await aHouse({ REGISTRATION_TOKEN, ADMIN_TOKEN });
  const { issuer, alice } = house;
  const { known, clock } = house.idp();
  const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });

  const client = (change: Partial<NewClient>): NewClient => ({
    id: APP.id,
    name: "An app",
    tokenEndpointAuthMethod: "client_secret_basic",
    redirectUris: [CALLBACK],
    postLogoutRedirectUris: [],
    grantTypes: ["authorization_code", "refresh_token", "client_credentials", DEVICE_GRANT],
    scopes: ["openid", "profile", "accounts:read", "plan:read"],
    resources: [],
    firstParty: true,
    requireAuthTime: false,
    metadata: {},
    origin: "operator",
    ...change,
  });
  await known.clientStore.add(client({}), APP.secret, clock.now(), BY);
  await known.clientStore.add(
    client({
      id: KEYED,
      tokenEndpointAuthMethod: "private_key_jwt",
      jwks: { keys: [await exportJWK(publicKey)] },
    }),
    undefined,
    clock.now(),
    BY,
  );
  known.clients.forget();

  const post: ConfusedWorld["post"] = (path, fields, headers = {}) =>
    aVisitor().post(`${issuer}${path}`, fields, headers);
  const asked = async (path: string, fields: Record<string, string>, headers = byApp) =>
    JSON.parse((await post(path, fields, headers)).text);

  const request = (more: Record<string, string> = {}) => ({
    client_id: APP.id,
    redirect_uri: CALLBACK,
    response_type: "code",
    scope: "openid profile",
    code_challenge: challengeOf(VERIFIER),
    code_challenge_method: "S256",
    ...more,
  });
  const authorizeUrl = (more?: Record<string, string>) =>
    `${issuer}/authorize?${new URLSearchParams(request(more))}`;

  const visitor = aVisitor();
  const page = await visitor.follow(authorizeUrl());
  const entered = await visitor.submit(page, { email: alice.email, password: alice.password });
  await visitor.follow(entered.location ?? "", CALLBACK);
  const waiting = (await visitor.follow(authorizeUrl({ prompt: "login" }), CALLBACK)).url;

  const code = async (more?: Record<string, string>) => {
    const { location = "" } = await visitor.get(authorizeUrl(more));
    return new URL(location).searchParams.get("code") ?? "";
  };
  const tokens = async (more: Record<string, string> = {}) =>
    asked("/token", {
      grant_type: "authorization_code",
      code: await code(more),
      redirect_uri: CALLBACK,
      code_verifier: VERIFIER,
    });
  const accessTokenFor = async (site: string, scope: string) =>
    (await tokens({ scope, resource: `${site}/api` })).access_token;

  const now = clock.now();
  const seconds = Math.floor(now.getTime() / 1000);
  const { ring } = known;
  const account = await known.accounts.findByEmail(alice.email);
  const cookie = (name: string) =>
    visitor.cookies.get(`${new URL(issuer).hostname} signet_${name}`) ?? "";
  const registered = JSON.parse(
    await (
      await localFetch(`${issuer}/registration`, {
        method: "POST",
        headers: {
          Authorization: `Bearer ${REGISTRATION_TOKEN}`,
          "Content-Type": "application/json",
        },
        body: JSON.stringify({ redirect_uris: ["https://other.example/cb"] }),
      })
    ).text(),
  );

  const makers: Record<string, () => Promise<string>> = {
    "access token for the provider": async () => (await tokens()).access_token,
    "access token for the bank": () => accessTokenFor(house.bank, "accounts:read"),
    "access token for Evergreen": () => accessTokenFor(house.retirement, "plan:read"),
    "access token of a machine": async () =>
      (
        await asked("/token", {
          grant_type: "client_credentials",
          scope: "accounts:read",
          resource: `${house.bank}/api`,
        })
      ).access_token,
    "ID token": async () => (await tokens()).id_token,
    "signed UserInfo": () =>
      known.userinfoTokens.mint(
        { sub: account?.id ?? "" },
        { clientId: APP.id, alg: "RS256" },
        now,
      ),
    "logout token for the bank": () =>
      logoutTokens({ issuer, ring }).mint(
        { clientId: "harbour-bank", subject: account?.id ?? "", sid: "a-sid", alg: "RS256" },
        now,
      ),
    "probe for the bank": async () =>
      (await keyEventTokens({ issuer, ring }).probe("harbour-bank", "RS256", now)).token,
    "notice for the bank": () =>
      keyEventTokens({ issuer, ring }).notice("harbour-bank", ["gone"], now),
    "status list": async () => (await localFetch(`${issuer}/status-lists/0`)).text(),
    "client assertion": () =>
      new SignJWT({ jti: randomBytes(9).toString("hex") })
        .setProtectedHeader({ alg: "ES256" })
        .setIssuer(KEYED)
        .setSubject(KEYED)
        .setAudience(issuer)
        .setIssuedAt(seconds)
        .setExpirationTime(seconds + 60)
        .sign(privateKey),
    "authorization code": () => code(),
    "refresh token": async () => (await tokens()).refresh_token,
    "device code": async () => {
      const begun = await asked("/device_authorization", { scope: "openid" });
      const entry = await visitor.get(`${issuer}/device`);
      const opened = await visitor.submit(entry, { user_code: begun.user_code });
      await visitor.submit(await visitor.get(opened.location ?? ""), { decision: "allow" });
      return begun.device_code;
    },
    "user code": async () => (await asked("/device_authorization", { scope: "openid" })).user_code,
    request_uri: async () => (await asked("/par", request())).request_uri,
    "session cookie": async () => cookie("session"),
    "browser cookie": async () => cookie("browser"),
    "device cookie": async () => cookie("device"),
    "password link": () => known.passwordLinks.create(account?.id ?? "", now, 600, BY),
    "client secret": async () => APP.secret,
    "operator token": async () => ADMIN_TOKEN,
    "registration token": async () => REGISTRATION_TOKEN,
    "initial access token": async () => {
      const described = { name: "test", expiresAt: new Date(now.getTime() + 600_000) };
      return (
        await known.initialAccessTokens.add({ ...described, maximumUses: undefined }, now, BY)
      ).token;
    },
    "registration access token": async () => registered.registration_access_token,
  };

  const fresh = async (kind: string) => {
    const make = makers[kind];
    if (!make) throw new Error(kind);
    return String(await make());
  };
  const things: Record<string, string> = {};
  for (const kind of Object.keys(makers)) things[kind] = await fresh(kind);
  things["registered client"] = String(registered.client_id);

  return { house, visitor, waiting, things, fresh, post, close: () => house.close() };
}

/** The kinds, for tables that are made before there is a world. */
export const KINDS = [
  "access token for the provider",
  "access token for the bank",
  "access token for Evergreen",
  "access token of a machine",
  "ID token",
  "signed UserInfo",
  "logout token for the bank",
  "probe for the bank",
  "notice for the bank",
  "status list",
  "client assertion",
  "authorization code",
  "refresh token",
  "device code",
  "user code",
  "request_uri",
  "session cookie",
  "browser cookie",
  "device cookie",
  "password link",
  "client secret",
  "operator token",
  "registration token",
  "initial access token",
  "registration access token",
] as const;
export type Kind = (typeof KINDS)[number];
