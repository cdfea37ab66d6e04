/**
 * Who asks, and where the answer may go: the two things that are verified before anything else is
 * looked at, because nothing may be sent to an address that is not registered (RFC 6749 §4.1.2.1).
 */
import { z } from "zod";
import type { ResponseMode, ResponseTarget } from "../../http/authorization-response.ts";
import { siteView } from "../../http/site-view.ts";
import { takeParameters } from "../../protocol/parameters.ts";
import { matchRedirectUri } from "../../protocol/redirect-uri.ts";
import type { Client } from "../../records/clients/client.ts";
import { disabledClient, unknownClient, unregisteredRedirect } from "./request-problems.ts";

export type Parameters = ReadonlyMap<string, readonly string[]>;

const Sender = z.object({ client_id: z.string(), redirect_uri: z.string() });

/** @throws PageProblem; OAuthError invalid_request, for a page */
export async function verifySender(
  parameters: Parameters,
  clients: { find(id: string): Promise<Client | undefined> },
): Promise<{ client: Client; target: ResponseTarget }> {
  const { client_id: clientId, redirect_uri: redirectUri } = takeParameters(parameters, Sender);
  const client = clientId.length <= 256 ? await clients.find(clientId) : undefined;
  if (!client) throw unknownClient(clientId);
  if (client.disabledAt) throw disabledClient(client);
  const verified = matchRedirectUri(client.redirectUris, redirectUri);
  if (!verified) throw unregisteredRedirect(client, redirectUri);
  const isWeb = /^https?:/.test(verified);
  const responseMode: ResponseMode =
    isWeb && only(parameters, "response_mode") === "form_post" ? "form_post" : "query";
  const state = only(parameters, "state");
  return { client, target: { redirectUri: verified, responseMode, state, site: siteView(client) } };
}

/** A parameter's value when it was given exactly once: what an error answer can still rely on. */
function only(parameters: Parameters, name: string): string | undefined {
  const values = parameters.get(name);
  return values?.length === 1 && values[0] !== "" ? values[0] : undefined;
}
