// A device code for tokens, once somebody has allowed the device elsewhere (RFC 8628 §3.4-3.5). Until then each
// question is answered with how to go on.
import { z } from "zod";
import type { Clock } from "../../../prisma/clock.ts";
import type { EndAccess } from "../../ending/end-access.ts";
import { newCredential } from "../../protocol/credential.ts";
import {
  accessDenied,
  authorizationPending,
  expiredToken,
  invalidGrant,
  type OAuthError,
  slowDown,
} from "../../protocol/oauth-error.ts";
import type { Cause } from "../../records/audit/audit-event.ts";
import type { Client } from "../../records/clients/client.ts";
import type { ClientDirectory } from "../../records/clients/client-directory.ts";
import type { DeviceCodeStore } from "../../records/grants/device-code-store.ts";
import { defineGrantType } from "./grant-type.ts";
import type { IssueTokens } from "./issue-tokens.ts";
import { requestedAccess } from "./requested-access.ts";

export interface DeviceCodeGrantDeps {
  readonly deviceCodes: Pick<DeviceCodeStore, "redeem" | "poll">;
  readonly clients: Pick<ClientDirectory, "resource">;
  readonly issueTokens: IssueTokens;
  readonly endAccess: EndAccess;
  readonly clock: Clock;
}

const Request = z.object({
  device_code: z.string(),
  resource: z.array(z.string()).default([]),
});

export const deviceCodeGrant = (deps: DeviceCodeGrantDeps) => {
  const { deviceCodes, clients, issueTokens, clock } = deps;

  return defineGrantType(Request, async (request, client, cause) => {
    const requested = await requestedAccess(clients, request, client);
    const now = clock.now();
    const refreshToken = newCredential("refresh");
    const presented = {
      code: request.device_code,
      clientId: client.id,
      resource: requested.resource?.identifier,
    };
    const redeemed = await deviceCodes.redeem({ ...presented, refreshToken }, now);
    if (!redeemed) throw await refusal(deps, request.device_code, client, now, cause);
    const { grant, account, hasRefreshToken } = redeemed;
    return issueTokens(
      { requested, grant, account, refreshToken: hasRefreshToken ? refreshToken : undefined },
      client,
      now,
    );
  });
};

/** What follows from a question that got no tokens. */
async function refusal(
  { deviceCodes, endAccess }: DeviceCodeGrantDeps,
  code: string,
  client: Client,
  now: Date,
  cause: Cause,
): Promise<OAuthError> {
  const polled = await deviceCodes.poll(code, client.id, now);
  switch (polled.kind) {
    case "pending":
      return authorizationPending("Nobody has answered for this device yet");
    case "too-early":
      return slowDown("Asked too early: leave five seconds more between two questions");
    case "denied":
      return accessDenied("The person did not allow this device");
    case "expired":
      return expiredToken("The device code is over: begin again");
    case "replayed":
      // Two parties hold it, as with a code that comes twice (RFC 6749 §4.1.2).
      await endAccess({ kind: "grant", grantId: polled.grantId }, "code-replayed", now, cause);
      return unusable();
    default:
      return unusable();
  }
}

const unusable = () =>
  invalidGrant(
    "The device code is unknown, used or taken back, or not for this client and resource",
  );
