// A person who can sign in. The id is the subject of OpenID Connect: random, and never used again
// for anybody else, so relying parties may key on it for ever (security T6).

export interface Account {
  readonly id: string;
  /** As typed by whoever added it; what the `email` claim says. */
  readonly email: string;
  readonly emailVerified: boolean;
  readonly name: string;
  /** Further standard claims (OIDC Core §5.1) in wire spelling. */
  readonly claims: Readonly<Record<string, unknown>>;
  /** argon2id PHC string; absent until the person has set a password. */
  readonly passwordHash?: string;
  /** May enter the console. */
  readonly isAdmin: boolean;
  /** May rotate, drill and throw out signing keys: a role of its own (security D1). */
  readonly isKeyAdmin: boolean;
  readonly isDemo: boolean;
  readonly disabledAt?: Date;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

/** An enabled account as sessions and grants bring it along: all but how it signs in. */
export type AccountProfile = Omit<Account, "passwordHash" | "disabledAt">;

/**
 * The one spelling an e-mail address is looked up and counted by, so that `Alice@…`, ` alice@… ` and
 * full-width look-alikes are one person (security P7).
 */
export const canonicalEmail = (email: string): string =>
  email.normalize("NFKC").trim().toLowerCase();

/** Another account has this e-mail address already, in some spelling. */
export class AccountExists extends Error {
  constructor() {
    super("An account with this e-mail address exists");
  }
}

/** The account was disabled meanwhile, got another password, or is gone. */
export class AccountNotEnabled extends Error {
  constructor() {
    super("The account is not enabled");
  }
}
