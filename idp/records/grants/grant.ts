// One authorization: who allowed which client what. Everything issued hangs on it: a code, refresh
// tokens, access tokens. Revoking it revokes all of that.

/**
 * `session` ends with the person's session, `offline` outlives it (OIDC Core §11), `client` is a
 * client acting for itself (RFC 6749 §4.4).
 */
export type GrantKind = "session" | "offline" | "client";

/** For each place, names of claims about the person. */
export interface NamedClaims {
  readonly idToken: readonly string[];
  readonly userinfo: readonly string[];
}

export interface Grant {
  readonly id: string;
  readonly clientId: string;
  /** Absent for `client`. */
  readonly accountId?: string;
  /** Present for `session` only. */
  readonly sessionId?: string;
  readonly kind: GrantKind;
  /** From which its place in the status lists follows. Tells in which order grants were made: never shown. */
  readonly statusNumber: number;
  readonly scopes: readonly string[];
  readonly resources: readonly string[];
  /** What ID tokens of this grant say about the authentication. */
  readonly sid?: string;
  readonly authenticatedAt?: Date;
  readonly acr?: string;
  readonly amr: readonly string[];
  readonly nonce?: string;
  /** Claims asked for by name, beside those that the scopes open (OIDC Core §5.5). */
  readonly claims?: NamedClaims;
  readonly createdAt: Date;
  readonly lastUsedAt: Date;
  /** After this time nothing more can be issued. */
  readonly expiresAt: Date;
}

/** A grant of a person, as a code or a refresh token gives it. */
export interface PersonGrant extends Grant {
  readonly kind: "session" | "offline";
  readonly accountId: string;
  readonly sid: string;
  readonly authenticatedAt: Date;
  readonly acr: string;
}
