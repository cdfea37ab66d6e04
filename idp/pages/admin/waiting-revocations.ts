// Requests to throw a key out that wait for a second person, as the page shows them.
import { csrfToken } from "../../http/csrf.ts";
import type { KeyRevocationRequest } from "../../records/key-revocations/key-revocation-request.ts";
import type { ActModel } from "./console-model.ts";
import { type AccountNames, whoIs } from "./key-history.ts";
import { revocationAct } from "./key-paths.ts";

export interface WaitingRevocation {
  readonly kid: string;
  readonly reason: string;
  readonly refreshTokens: "keep" | "end";
  readonly requestedBy: string;
  readonly requestedAt: Date;
  readonly expiresAt: Date;
  /** Whoever asked cannot confirm, and may take it back. */
  readonly isMine: boolean;
  readonly confirm: ActModel;
  readonly refuse: ActModel;
}

export function waitingRevocations(
  requests: readonly KeyRevocationRequest[],
  viewer: { actor: string; sessionSecret: string },
  names: AccountNames,
): WaitingRevocation[] {
  const act = (id: string, kind: "confirm" | "refuse"): ActModel => {
    const action = revocationAct(id, kind);
    return { action, csrf: csrfToken(viewer.sessionSecret, action) };
  };
  return requests.map((request) => ({
    kid: request.kid,
    reason: request.reason,
    refreshTokens: request.refreshTokens,
    requestedBy: whoIs(request.requestedBy, names),
    requestedAt: request.requestedAt,
    expiresAt: request.expiresAt,
    isMine: request.requestedBy === viewer.actor,
    confirm: act(request.id, "confirm"),
    refuse: act(request.id, "refuse"),
  }));
}
