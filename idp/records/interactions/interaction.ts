// A request that waits for a person. What was asked is frozen in it; nothing is read from the browser
// again (security A4), and it is worth nothing without the cookie of the browser that began it (A9).

export type InteractionKind = "authorization" | "own-page" | "sign-out" | "device";

export type ConsentAnswer = "allowed" | "denied";

export interface Interaction {
  readonly id: string;
  readonly kind: InteractionKind;
  readonly clientId?: string;
  /** The frozen, validated request, in the shape of the door that opened it. */
  readonly request: unknown;
  /** The session under which all that follows was done; it counts for no other. */
  readonly sessionId?: string;
  /** The person proved who they are within this interaction. */
  readonly authenticatedAt?: Date;
  /** The person chose to go on as the account already signed in. */
  readonly accountChosenAt?: Date;
  readonly consentAnswer?: ConsentAnswer;
  readonly consentScopes: readonly string[];
  readonly createdAt: Date;
  readonly expiresAt: Date;
}
