/** What a site's kit is told of keys that were thrown out. */
export interface KeyNoticeDelivery {
  readonly kind: "key-notice";
  readonly clientId: string;
  readonly payload: { readonly revoked: readonly string[] };
}

/** That a person's sign-in has ended (OIDC Back-Channel Logout §2.4). */
export interface LogoutDelivery {
  readonly kind: "logout-token";
  readonly clientId: string;
  readonly payload: {
    readonly subject: string;
    /** By which the client knows the sign-in. */
    readonly sid: string;
  };
}

export type NewDelivery = KeyNoticeDelivery | LogoutDelivery;

/** One that this replica alone may attempt, for a moment. */
export type ClaimedDelivery<Delivery extends NewDelivery = NewDelivery> = Delivery & {
  readonly id: string;
  /** Where the client hears of this kind. */
  readonly uri: string;
  /** 1 the first time. */
  readonly attempt: number;
  /** From then on another replica may attempt it. */
  readonly heldUntil: Date;
};
