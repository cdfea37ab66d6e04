// A person signed in to Signet in one browser, and the `sid` by which each client knows that.

export interface Session {
  readonly id: string;
  readonly accountId: string;
  /** When the person last proved who they are; what `auth_time` says. */
  readonly authenticatedAt: Date;
  readonly acr: string;
  readonly amr: readonly string[];
  readonly userAgent: string;
  readonly createdAt: Date;
  readonly lastUsedAt: Date;
  /** The absolute limit; the idle limit runs from lastUsedAt. */
  readonly expiresAt: Date;
}

/** That a session has reached a client. */
export interface SessionClient {
  readonly clientId: string;
  readonly sid: string;
  readonly lastUsedAt: Date;
}
