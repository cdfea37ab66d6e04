import type { EndAccess } from "../../ending/end-access.ts";
import { invalidGrant } from "../../protocol/oauth-error.ts";
import type { Cause } from "../../records/audit/audit-event.ts";
import type { AuditStore } from "../../records/audit/audit-store.ts";
import { openSuccessor } from "../../records/grants/refresh-seal.ts";
import type { PresentedToken, Rotated } from "../../records/grants/refresh-token-revisit.ts";
import type { RefreshTokenStore } from "../../records/grants/refresh-token-store.ts";
import { resourceNotAuthorized, scopeTooWide } from "./requested-access.ts";

export interface RefreshMissDeps {
  readonly refreshTokens: Pick<RefreshTokenStore, "revisit">;
  readonly audit: Pick<AuditStore, "record">;
  readonly endAccess: EndAccess;
}

/** A grant, and the one refresh token of it that counts now. */
export type Continued = Rotated & { readonly refreshToken: string };

export type RefreshMiss = (
  presented: PresentedToken,
  now: Date,
  cause: Cause,
) => Promise<Continued>;

/**
 * What follows from a refresh token that could not be rotated: the successor it already has, for a
 * client that lost the answer; the end of the grant, when it was stolen (RFC 9700 §4.14.2); for
 * another client's token a record, and nothing that would let one client end another's access. One
 * presented for more than its grant has is as good as before.
 * @throws OAuthError invalid_grant, invalid_target, invalid_scope
 */
export const refreshMiss =
  ({ refreshTokens, audit, endAccess }: RefreshMissDeps): RefreshMiss =>
  async (presented, now, cause) => {
    const revisit = await refreshTokens.revisit(presented, now);
    switch (revisit.kind) {
      case "retry": {
        const { grant, account, sealedSuccessor } = revisit;
        return { grant, account, refreshToken: openSuccessor(sealedSuccessor, presented.token) };
      }
      case "reused": {
        const { grantId } = revisit;
        await endAccess({ kind: "grant", grantId }, "refresh-token-reused", now, cause);
        break;
      }
      case "wrong-client":
        await audit.record({
          at: now,
          kind: "refresh.refused",
          actor: cause.actor,
          outcome: "refused",
          clientId: presented.clientId,
          grantId: revisit.grantId,
          reason: revisit.kind,
          ...(cause.requestId === undefined ? {} : { requestId: cause.requestId }),
        });
        break;
      case "unauthorized-resource":
        throw resourceNotAuthorized();
      case "unauthorized-scope":
        throw scopeTooWide();
      default:
    }
    throw invalidGrant("The refresh token is unknown, used, expired or not for this client");
  };
