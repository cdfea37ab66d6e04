// A relying party or a machine (RFC 6749 §2), and the resources that access tokens are for (RFC 8707).

export type TokenEndpointAuthMethod = "client_secret_basic" | "client_secret_post" | "none";

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
export type ClientPatch = Partial<Omit<NewClient, NeverChanged | DispensableUri>> & {
  readonly [Uri in DispensableUri]?: string | null;
} & { readonly defaultMaxAgeSeconds?: number | null };

type NeverChanged =
  | "id"
  | "origin"
  | "registrationTokenHash"
  | "initialAccessTokenId"
  | "defaultMaxAgeSeconds";
type DispensableUri = "keyEventsUri" | "backchannelLogoutUri" | "frontchannelLogoutUri";

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

/** Another client has this id. */
export class ClientExists extends Error {
  constructor() {
    super("A client with this id exists");
  }
}
