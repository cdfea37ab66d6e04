import type { EndAccess } from "../../ending/end-access.ts";
import type { Cause } from "../../records/audit/audit-event.ts";
import type { AuditStore } from "../../records/audit/audit-store.ts";
import { openSuccessor } from "../../records/grants/refresh-seal.ts";
import type { RefreshTokenStore, Rotated } from "../../records/grants/refresh-token-store.ts";

export interface RefreshMissDeps {
  readonly refreshTokens: Pick<RefreshTokenStore, "revisit">;
  readonly audit: Pick<AuditStore, "record">;
  readonly endAccess: EndAccess;
}

/** A grant, and the one refresh token of it that counts now. */
export type Continued = Rotated & { readonly refreshToken: string };

export type RefreshMiss = (
  presented: { token: string; clientId: string },
  now: Date,
  cause: Cause,
) => Promise<Continued | undefined>;

/**
 * What follows from a refresh token that could not be rotated: the successor it already has, for a
 * client that lost the answer; the end of the grant, when it was stolen (RFC 9700 §4.14.2); for
 * another client's token a record, and nothing that would let one client end another's access.
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
        return undefined;
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
        return undefined;
      default:
        return undefined;
    }
  };
