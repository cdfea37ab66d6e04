// The authorization an interaction waits for, together with its client as it is now: what was
// verified when the request came in is verified again, since the registration may have changed.
import { matchRedirectUri, type VerifiedRedirect } from "../../protocol/redirect-uri.ts";
import type { Client } from "../clients/client.ts";
import type { Interaction } from "./interaction.ts";
import { AuthorizationRequest } from "./interaction-request.ts";

export interface WaitingAuthorization {
  readonly request: AuthorizationRequest;
  readonly client: Client;
  readonly redirectUri: VerifiedRedirect;
}

/** @returns undefined when the client is gone or disabled, or no longer has this redirect URI */
export async function waitingAuthorization(
  interaction: Interaction,
  clients: { find(id: string): Promise<Client | undefined> },
): Promise<WaitingAuthorization | undefined> {
  if (interaction.kind !== "authorization") return undefined;
  const request = AuthorizationRequest.parse(interaction.request);
  const client = await clients.find(request.clientId);
  if (!client || client.disabledAt) return undefined;
  const redirectUri = matchRedirectUri(client.redirectUris, request.redirectUri);
  return redirectUri && { request, client, redirectUri };
}
