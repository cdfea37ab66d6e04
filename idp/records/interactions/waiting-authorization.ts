// An authorization request that was kept, in an interaction or by its client's push, together with its
// client as it is now: what was verified when it came in is verified again, since the registration may
// have changed.
import { matchRedirectUri, type VerifiedRedirect } from "../../protocol/redirect-uri.ts";
import type { Client } from "../clients/client.ts";
import type { Interaction } from "./interaction.ts";
import { AuthorizationRequest } from "./interaction-request.ts";

export interface WaitingAuthorization {
  readonly request: AuthorizationRequest;
  readonly client: Client;
  readonly redirectUri: VerifiedRedirect;
}

interface FindsClients {
  find(id: string): Promise<Client | undefined>;
}

/** @returns undefined when the client is gone or disabled, or no longer has this redirect URI */
export async function waitingAuthorization(
  interaction: Interaction,
  clients: FindsClients,
): Promise<WaitingAuthorization | undefined> {
  if (interaction.kind !== "authorization") return undefined;
  return keptAuthorization(AuthorizationRequest.parse(interaction.request), clients);
}

/** @returns undefined when the client is gone or disabled, or no longer has this redirect URI */
export async function keptAuthorization(
  request: AuthorizationRequest,
  clients: FindsClients,
): Promise<WaitingAuthorization | undefined> {
  const client = await clients.find(request.clientId);
  if (!client || client.disabledAt) return undefined;
  const redirectUri = matchRedirectUri(client.redirectUris, request.redirectUri);
  return redirectUri && { request, client, redirectUri };
}
