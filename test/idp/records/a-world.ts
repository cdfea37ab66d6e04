// A small world of records for the suites of the stores: one bank, one stranger's app, one person.

import { changePassword } from "../../../idp/ending/change-password.ts";
import { endAccess } from "../../../idp/ending/end-access.ts";
import { newCredential } from "../../../idp/protocol/credential.ts";
import { challengeOf } from "../../../idp/protocol/pkce.ts";
import type { Account } from "../../../idp/records/accounts/account.ts";
import { accountStore } from "../../../idp/records/accounts/account-store.ts";
import { auditStore } from "../../../idp/records/audit/audit-store.ts";
import type { Client, NewClient } from "../../../idp/records/clients/client.ts";
import { clientStore } from "../../../idp/records/clients/client-store.ts";
import { consentStore } from "../../../idp/records/consents/consent-store.ts";
import {
  type Authorization,
  authorizationStore,
} from "../../../idp/records/grants/authorization-store.ts";
import { codeStore } from "../../../idp/records/grants/code-store.ts";
import { grantStore } from "../../../idp/records/grants/grant-store.ts";
import { openSuccessor, sealSuccessor } from "../../../idp/records/grants/refresh-seal.ts";
import type { PresentedToken, Revisit } from "../../../idp/records/grants/refresh-token-revisit.ts";
import { refreshTokenStore } from "../../../idp/records/grants/refresh-token-store.ts";
import { standingGrantStore } from "../../../idp/records/grants/standing-grant-store.ts";
import { newIdentifier } from "../../../idp/records/identifier.ts";
import type { Lifetimes } from "../../../idp/records/lifetimes.ts";
import { reachedSiteStore } from "../../../idp/records/sessions/reached-site-store.ts";
import type { Session } from "../../../idp/records/sessions/session.ts";
import { sessionStore } from "../../../idp/records/sessions/session-store.ts";
import type { Database } from "../../../prisma/database.ts";

export const MINUTE = 60;
export const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;

export const lifetimes: Lifetimes = {
  codeSeconds: 60,
  deviceCodeSeconds: 600,
  pushedRequestSeconds: 60,
  sessionIdleSeconds: 30 * MINUTE,
  sessionAbsoluteSeconds: 12 * HOUR,
  refreshIdleSeconds: 30 * MINUTE,
  refreshAbsoluteSeconds: 12 * HOUR,
  offlineIdleSeconds: 30 * DAY,
  offlineAbsoluteSeconds: 90 * DAY,
  interactionSeconds: 30 * MINUTE,
};

const start = Date.UTC(2026, 0, 15, 9);

/** Seconds after the start of the story. */
export const at = (seconds: number): Date => new Date(start + seconds * 1000);

export const cause = { actor: "system", requestId: "request-1" };

/** What one replica has: every store over one handle. */
export const storesOver = (database: Database) => ({
  database,
  accounts: accountStore(database),
  audit: auditStore(database),
  clients: clientStore(database),
  sessions: sessionStore(database, lifetimes),
  consents: consentStore(database),
  authorizations: authorizationStore(database, lifetimes),
  codes: codeStore(database, lifetimes),
  refreshTokens: refreshTokenStore(database, lifetimes),
  grants: grantStore(database, lifetimes),
  standingGrants: standingGrantStore(database, lifetimes),
  endAccess: endAccess({ database, wake: () => {} }),
  reachedSites: reachedSiteStore(database),
  changePassword: changePassword({ database, wake: () => {} }),
});

export type Stores = ReturnType<typeof storesOver>;

export const aClient = (client: Partial<NewClient> = {}): NewClient => ({
  id: newIdentifier(),
  name: "Harbour Bank",
  tokenEndpointAuthMethod: "client_secret_basic",
  redirectUris: ["https://bank.example/callback"],
  postLogoutRedirectUris: [],
  grantTypes: ["authorization_code", "refresh_token"],
  scopes: ["openid", "profile", "email", "accounts:read", "offline_access"],
  resources: [],
  firstParty: true,
  requireAuthTime: false,
  metadata: {},
  origin: "operator",
  ...client,
});

export const addClient = ({ clients }: Stores, client: Partial<NewClient> = {}): Promise<Client> =>
  clients.add(aClient(client), undefined, at(0), cause);

export const addAccount = ({ accounts }: Stores, email = `${newIdentifier()}@example.test`) =>
  accounts.add(
    {
      email,
      emailVerified: true,
      name: "Alice Moreau",
      claims: { locale: "en" },
      isAdmin: false,
      isKeyAdmin: false,
      isDemo: true,
    },
    at(0),
    cause,
  );

export interface SignedIn {
  account: Account;
  session: Session;
  secret: string;
}

export async function signIn(stores: Stores, now = at(0), known?: Account): Promise<SignedIn> {
  const account = known ?? (await addAccount(stores));
  const authentication = { account, acr: "pwd", amr: ["pwd"], userAgent: "A browser" };
  return { account, ...(await stores.sessions.begin(authentication, now, cause)) };
}

/** What one authorization asks for, with a fresh code and PKCE pair. */
export function anAuthorization(
  { account, session }: SignedIn,
  client: Pick<Client, "id">,
  asked: Partial<Authorization> = {},
) {
  const verifier = newIdentifier() + newIdentifier();
  const authorization: Authorization = {
    session,
    accountId: account.id,
    clientId: client.id,
    sid: newIdentifier(),
    kind: "session",
    scopes: ["openid", "accounts:read"],
    resources: [],
    redirectUri: "https://bank.example/callback",
    codeChallenge: challengeOf(verifier),
    nonce: "n-0S6",
    code: newCredential("code"),
    authenticatedAt: session.authenticatedAt,
    acr: session.acr,
    amr: session.amr,
    cause,
    ...asked,
  };
  const { code, clientId, redirectUri, codeChallenge } = authorization;
  return { authorization, binding: { code, clientId, redirectUri, codeChallenge } };
}

/** An issued, unredeemed code. */
export async function issueCode(
  stores: Stores,
  signedIn: SignedIn,
  client: Pick<Client, "id">,
  now = at(0),
  asked: Partial<Authorization> = {},
) {
  const { authorization, binding } = anAuthorization(signedIn, client, asked);
  const issued = await stores.authorizations.issue(authorization, now);
  if (issued.kind !== "issued") throw new Error("the code was not issued");
  return { ...issued, binding };
}

/** A redeemed code: the first refresh token. */
export async function redeemCode(
  stores: Stores,
  signedIn: SignedIn,
  client: Pick<Client, "id">,
  now = at(0),
  asked: Partial<Authorization> = {},
) {
  const issued = await issueCode(stores, signedIn, client, now, asked);
  const refreshToken = newCredential("refresh");
  const redeemed = await stores.codes.redeem({ ...issued.binding, refreshToken }, now);
  if (!redeemed) throw new Error("the code was not redeemed");
  return { ...issued, ...redeemed, refreshToken };
}

export interface Refreshed {
  /** Absent when the request was refused. */
  successor?: string;
  how: "rotated" | Revisit["kind"];
}

/** What the token endpoint does with a refresh token, ending theft included. */
export async function refresh(
  stores: Stores,
  presented: PresentedToken,
  now: Date,
): Promise<Refreshed> {
  const successor = newCredential("refresh");
  const sealedSuccessor = sealSuccessor(successor, presented.token);
  const rotated = await stores.refreshTokens.rotate(
    { ...presented, successor, sealedSuccessor },
    now,
  );
  if (rotated) return { how: "rotated", successor };

  const revisit = await stores.refreshTokens.revisit(presented, now);
  if (revisit.kind === "retry") {
    return { how: "retry", successor: openSuccessor(revisit.sealedSuccessor, presented.token) };
  }
  if (revisit.kind === "reused") {
    await stores.endAccess(
      { kind: "grant", grantId: revisit.grantId },
      "refresh-token-reused",
      now,
      cause,
    );
  }
  return { how: revisit.kind };
}

/** How many statements something sends. */
export async function statementsOf<T>(
  { database }: Stores,
  work: () => Promise<T>,
): Promise<{ result: T; statements: number }> {
  const before = database.statements.count;
  const result = await work();
  return { result, statements: database.statements.count - before };
}

export const times = <T>(count: number, work: (index: number) => Promise<T>): Promise<T[]> =>
  Promise.all(Array.from({ length: count }, (_, index) => work(index)));
