// A relying party or a machine (RFC 6749 §2), and the resources that access tokens are for (RFC 8707).

export const TOKEN_ENDPOINT_AUTH_METHODS = [
  "client_secret_basic",
  "client_secret_post",
  "private_key_jwt",
  "none",
] as const;
export type TokenEndpointAuthMethod = (typeof TOKEN_ENDPOINT_AUTH_METHODS)[number];

/** Who brought the client in. */
export type ClientOrigin = "demo" | "operator" | "registration";

export interface ClientSecret {
  readonly id: string;
  /** SHA-256 of the secret. */
  readonly hash: string;
  readonly createdAt: Date;
  readonly expiresAt?: Date;
}

export interface Client {
  readonly id: string;
  readonly name: string;
  readonly tokenEndpointAuthMethod: TokenEndpointAuthMethod;
  /** The one algorithm of its assertions; absent: any that one of its keys fits. */
  readonly tokenEndpointAuthSigningAlg?: string;
  /** Its public keys, as a JWK Set; or where they are. Never both. */
  readonly jwks?: unknown;
  readonly jwksUri?: string;
  readonly redirectUris: readonly string[];
  readonly postLogoutRedirectUris: readonly string[];
  readonly grantTypes: readonly string[];
  /** Scopes it may ask for. */
  readonly scopes: readonly string[];
  /** Resource identifiers it may name besides the public ones. */
  readonly resources: readonly string[];
  /** Run by the same company: skips consent, gets session-bound refresh tokens without asking. */
  readonly firstParty: boolean;
  /** What its ID tokens are signed with. */
  readonly idTokenSignedResponseAlg: string;
  /** Where its kit hears probes and notices about signing keys. */
  readonly keyEventsUri?: string;
  /** Where it hears from us that a sign-in has ended (OIDC Back-Channel Logout §2.2). */
  readonly backchannelLogoutUri?: string;
  readonly backchannelLogoutSessionRequired?: boolean;
  /** Where it hears so in the person's browser (OIDC Front-Channel Logout §2). */
  readonly frontchannelLogoutUri?: string;
  readonly frontchannelLogoutSessionRequired?: boolean;
  readonly defaultMaxAgeSeconds?: number;
  readonly requireAuthTime: boolean;
  /** The host that its pairwise subjects are made for (OIDC Core §8.1); absent: public subjects. */
  readonly pairwiseSector?: string;
  /** What UserInfo is signed with for it (OIDC Core §5.3.2); absent: it comes as plain JSON. */
  readonly userinfoSignedResponseAlg?: string;
  /** Its authorization requests count only when it has pushed them (RFC 9126 §6). */
  readonly requirePushedAuthorizationRequests?: boolean;
  /** Whether every refresh brings an ID token; absent: only one that asks for openid (OIDC Core §12.2). */
  readonly idTokenOnRefresh?: boolean;
  /** Registered members that inform and decide nothing: client_uri, logo_uri, contacts, … */
  readonly metadata: Readonly<Record<string, unknown>>;
  readonly origin: ClientOrigin;
  /** SHA-256 of what it manages its registration with (RFC 7592); only of clients that registered themselves. */
  readonly registrationTokenHash?: string;
  /** The initial access token it came with. */
  readonly initialAccessTokenId?: string;
  readonly disabledAt?: Date;
  /** At most two, the newest first; they overlap while the client moves from one to the other. */
  readonly secrets: readonly ClientSecret[];
  readonly createdAt: Date;
}

/** What somebody who adds a client says of it. */
export type NewClient = Omit<
  Client,
  "secrets" | "createdAt" | "disabledAt" | "idTokenSignedResponseAlg"
> &
  Partial<Pick<Client, "idTokenSignedResponseAlg">>;

/** `null` takes away what a client need not have. */
export type ClientPatch = Partial<Omit<NewClient, NeverChanged | Dispensable>> & {
  readonly [Member in Dispensable]?: string | null;
} & { readonly defaultMaxAgeSeconds?: number | null };

type NeverChanged =
  | "id"
  | "origin"
  | "registrationTokenHash"
  | "initialAccessTokenId"
  | "defaultMaxAgeSeconds";

type Dispensable =
  | "keyEventsUri"
  | "backchannelLogoutUri"
  | "frontchannelLogoutUri"
  | "pairwiseSector"
  | "jwksUri"
  | "tokenEndpointAuthSigningAlg"
  | "userinfoSignedResponseAlg";

export interface Resource {
  readonly identifier: string;
  readonly name: string;
  /** What each scope allows, in words a person reads on the consent page. */
  readonly scopes: Readonly<Record<string, string>>;
  /** Any registered client may name it. */
  readonly public: boolean;
}

/** Public clients cannot keep a secret (RFC 6749 §2.1). */
export const isPublicClient = (client: Pick<Client, "tokenEndpointAuthMethod">): boolean =>
  client.tokenEndpointAuthMethod === "none";

/** Whether it proves itself by a secret that both sides know. */
export const usesSecret = ({
  tokenEndpointAuthMethod: method,
}: Pick<Client, "tokenEndpointAuthMethod">): boolean =>
  method === "client_secret_basic" || method === "client_secret_post";

/** Another client has this id. */
export class ClientExists extends Error {
  constructor() {
    super("A client with this id exists");
  }
}
