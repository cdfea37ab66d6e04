// What is remembered about who did what: the words of the audit. Nothing secret is ever in an event;
// whoever writes one names accounts, clients, sessions and grants by their ids.

/** Who set something in motion, and within which request. */
export interface Cause {
  /** `account:…`, `client:…`, `operator-token`, `anonymous` or `system`. */
  readonly actor: string;
  readonly requestId?: string;
  /** In the words of whoever acted; dangerous acts of operators need one. */
  readonly reason?: string;
}

export type AuditKind =
  | "sign-in"
  | "sign-in.refused"
  | "sign-in.throttled"
  | "sign-in.new-device"
  | "session.ended"
  | "consent.given"
  | "consent.denied"
  | "consent.withdrawn"
  | "device.code-refused"
  | "grant.issued"
  | "grant.revoked"
  | "code.replayed"
  | "code.refused"
  | "refresh.reused"
  | "refresh.refused"
  | "client.authentication-failed"
  | "client.registration-refused"
  | "client.added"
  | "client.changed"
  | "client.enabled"
  | "client.disabled"
  | "client.removed"
  | "client.secret-added"
  | "client.secret-removed"
  | "registration-token.added"
  | "registration-token.ended"
  | "resource.changed"
  | "account.added"
  | "account.enabled"
  | "account.disabled"
  | "account.password-set"
  | "account.password-link-made"
  | "keys.created"
  | "keys.began"
  | "keys.rotated"
  | "keys.retired"
  | "keys.revoked"
  | "keys.revocation-requested"
  | "keys.revocation-refused"
  | "keys.rewrapped"
  | "keys.drilled"
  | "key-sighting.refused"
  | "operator.refused";

export type AuditOutcome = "success" | "refused" | "failure";

export interface AuditEvent {
  readonly at: Date;
  readonly kind: AuditKind;
  readonly actor: string;
  readonly outcome: AuditOutcome;
  readonly accountId?: string;
  readonly clientId?: string;
  readonly sessionId?: string;
  readonly grantId?: string;
  readonly requestId?: string;
  readonly reason?: string;
  readonly details?: Readonly<Record<string, unknown>>;
}

/** An event as it was kept. */
export interface RecordedEvent extends AuditEvent {
  readonly id: string;
}
