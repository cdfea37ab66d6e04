// A revocation that needs a second person: asked for by one key administrator, done when another one
// confirms it in time (security D1). Whoever asks cannot confirm, through whatever door they come.

/** What becomes of the refresh tokens there are. */
export type RefreshTokenChoice = "keep" | "end";

export interface KeyRevocationRequest {
  readonly id: string;
  readonly kid: string;
  readonly reason: string;
  readonly refreshTokens: RefreshTokenChoice;
  /** As the audit names actors. */
  readonly requestedBy: string;
  readonly requestedAt: Date;
  readonly expiresAt: Date;
  readonly decidedBy?: string;
  readonly decidedAt?: Date;
}

/** Long enough to call somebody, too short to be forgotten about. */
export const CONFIRM_WITHIN_SECONDS = 900;

export type RequestRefusal = "unknown-request" | "decided" | "expired" | "same-person";

/** Why this actor cannot confirm it now; undefined when they can. */
export function whyNotConfirmed(
  request: KeyRevocationRequest | undefined,
  actor: string,
  now: Date,
): RequestRefusal | undefined {
  const closed = whyClosed(request, now);
  if (closed !== undefined) return closed;
  return request?.requestedBy === actor ? "same-person" : undefined;
}

/** Why nobody can decide it any more; undefined while somebody can. */
export function whyClosed(
  request: KeyRevocationRequest | undefined,
  now: Date,
): Exclude<RequestRefusal, "same-person"> | undefined {
  if (request === undefined) return "unknown-request";
  if (request.decidedAt !== undefined) return "decided";
  return request.expiresAt <= now ? "expired" : undefined;
}
