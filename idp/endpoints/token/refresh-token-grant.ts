// A refresh token for new tokens (RFC 6749 §6), rotating (RFC 9700 §4.14.2). A retry after a lost answer
// gets the same successor again, so that two live branches never exist; a token that comes back after
// its successor was used was stolen, and its grant ends.
import { z } from "zod";
import type { Clock } from "../../../prisma/clock.ts";
import { newCredential } from "../../protocol/credential.ts";
import { invalidGrant } from "../../protocol/oauth-error.ts";
import { parseScope } from "../../protocol/scope.ts";
import type { Client } from "../../records/clients/client.ts";
import type { GrantStore } from "../../records/grants/grant-store.ts";
import { sealSuccessor } from "../../records/grants/refresh-seal.ts";
import type { RefreshTokenStore } from "../../records/grants/refresh-token-store.ts";
import { namedResource } from "./audience.ts";
import { defineGrantType } from "./grant-type.ts";
import type { IssueTokens } from "./issue-tokens.ts";
import { type Continued, type RefreshMissDeps, refreshMiss } from "./refresh-miss.ts";
import {
  type AccessRequest,
  type RequestedAccessDeps,
  requestedAccess,
} from "./requested-access.ts";

export interface RefreshTokenGrantDeps extends RefreshMissDeps, RequestedAccessDeps {
  readonly refreshTokens: Pick<RefreshTokenStore, "rotate" | "revisit" | "identify">;
  readonly grants: Pick<GrantStore, "findLive">;
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
  grants,
  issueTokens,
  clock,
  ...others
}: RefreshTokenGrantDeps) => {
  const missed = refreshMiss({ refreshTokens, ...others });

  /**
   * A refusal must not use the token up: a public client that corrects its request after more than the
   * time for retries would look like a thief. Only a request that names something can be refused.
   */
  const refuseTooMuch = async (
    token: string,
    request: AccessRequest,
    client: Client,
    now: Date,
  ) => {
    if (request.resource === undefined && request.scopes === undefined) return;
    const owner = await refreshTokens.identify(token);
    if (owner?.clientId !== client.id) return;
    const live = await grants.findLive(owner.grantId, now);
    if (live) await requestedAccess(others, live.grant, request, client);
  };

  return defineGrantType(Request, async (request, client, cause) => {
    const resource = namedResource(request.resource);
    const scopes = request.scope === undefined ? undefined : parseScope(request.scope);

    const now = clock.now();
    await refuseTooMuch(request.refresh_token, { resource, scopes }, client, now);
    const presented = { token: request.refresh_token, clientId: client.id };
    const rotated =
      (await rotate(refreshTokens, presented, now)) ?? (await missed(presented, now, cause));
    if (!rotated) {
      throw invalidGrant("The refresh token is unknown, used, expired or not for this client");
    }
    return issueTokens({ ...rotated, resource, scopes }, client, now);
  });
};

async function rotate(
  refreshTokens: RefreshTokenGrantDeps["refreshTokens"],
  presented: { token: string; clientId: string },
  now: Date,
): Promise<Continued | undefined> {
  const successor = newCredential("refresh");
  const sealedSuccessor = sealSuccessor(successor, presented.token);
  const rotated = await refreshTokens.rotate({ ...presented, successor, sealedSuccessor }, now);
  return rotated && { ...rotated, refreshToken: successor };
}
