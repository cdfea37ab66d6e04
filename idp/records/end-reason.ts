/** Why access ends. Kept on the session and the grant, and in the audit. */
export type EndReason =
  | "signed-out"
  | "signed-out-everywhere"
  | "another-person-signed-in"
  | "not-me"
  | "password-changed"
  | "consent-withdrawn"
  | "token-revoked"
  | "code-replayed"
  | "refresh-token-reused"
  | "ended-by-administrator"
  | "account-disabled"
  | "client-disabled"
  | "registration-changed"
  | "key-revoked";
