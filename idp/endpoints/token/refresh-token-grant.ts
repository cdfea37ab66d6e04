// A refresh token for new tokens (RFC 6749 §6), rotating (RFC 9700 §4.14.2). A retry after a lost answer
// gets the same successor again, so that two live branches never exist; a token that comes back after
// its successor was used was stolen, and its grant ends.
import { z } from "zod";
import type { Clock } from "../../../prisma/clock.ts";
import { newCredential } from "../../protocol/credential.ts";
import type { ClientDirectory } from "../../records/clients/client-directory.ts";
import { sealSuccessor } from "../../records/grants/refresh-seal.ts";
import type { PresentedToken } from "../../records/grants/refresh-token-revisit.ts";
import type { RefreshTokenStore } from "../../records/grants/refresh-token-store.ts";
import { defineGrantType } from "./grant-type.ts";
import type { IssueTokens } from "./issue-tokens.ts";
import { type Continued, type RefreshMissDeps, refreshMiss } from "./refresh-miss.ts";
import { requestedAccess } from "./requested-access.ts";

export interface RefreshTokenGrantDeps extends RefreshMissDeps {
  readonly refreshTokens: Pick<RefreshTokenStore, "rotate" | "revisit">;
  readonly clients: Pick<ClientDirectory, "resource">;
  readonly issueTokens: IssueTokens;
  readonly clock: Clock;
}

const Request = z.object({
  refresh_token: z.string(),
  scope: z.string().optional(),
  resource: z.array(z.string()).default([]),
});

export const refreshTokenGrant = ({
  refreshTokens,
  clients,
  issueTokens,
  clock,
  ...others
}: RefreshTokenGrantDeps) => {
  const revisit = refreshMiss({ refreshTokens, ...others });

  return defineGrantType(Request, async (request, client, cause) => {
    const requested = await requestedAccess(clients, request, client);

    const now = clock.now();
    const presented = {
      token: request.refresh_token,
      clientId: client.id,
      resource: requested.resource?.identifier,
      scopes: requested.scopes,
    };
    const continued =
      (await rotate(refreshTokens, presented, now)) ?? (await revisit(presented, now, cause));
    // An ID token costs a signature: only for who asks, now or once for all (OIDC Core §12.2).
    const asksForIdToken = requested.scopes?.includes("openid") ?? client.idTokenOnRefresh;
    const withIdToken = asksForIdToken ?? false;
    return issueTokens({ ...continued, requested, withIdToken }, client, now);
  });
};

async function rotate(
  refreshTokens: RefreshTokenGrantDeps["refreshTokens"],
  presented: PresentedToken,
  now: Date,
): Promise<Continued | undefined> {
  const successor = newCredential("refresh");
  const sealedSuccessor = sealSuccessor(successor, presented.token);
  const rotated = await refreshTokens.rotate({ ...presented, successor, sealedSuccessor }, now);
  return rotated && { ...rotated, refreshToken: successor };
}
