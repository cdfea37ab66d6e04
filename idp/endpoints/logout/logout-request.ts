/**
 * A request to sign out (RP-Initiated Logout §2-§3), as far as it can be verified: a hint counts when
 * we signed it, a redirect when the client it comes from has registered it.
 */
import { z } from "zod";
import type { Clock } from "../../../prisma/clock.ts";
import { PageProblem } from "../../http/page-problem.ts";
import { takeParameters } from "../../protocol/parameters.ts";
import { matchRedirectUri } from "../../protocol/redirect-uri.ts";
import type { Client } from "../../records/clients/client.ts";
import type { SignOutRequest } from "../../records/interactions/interaction-request.ts";
import type { IdTokens } from "../../tokens/id-token.ts";

export interface ReadLogoutDeps {
  clients: { find(id: string): Promise<Client | undefined> };
  idTokens: Pick<IdTokens, "readHint">;
  clock: Clock;
}

const LogoutParameters = z.object({
  id_token_hint: z.string().optional(),
  client_id: z.string().optional(),
  post_logout_redirect_uri: z.string().optional(),
  state: z.string().optional(),
});

/** @throws PageProblem when client and hint disagree, or the redirect is not registered */
export const logoutRequestReader =
  ({ clients, idTokens, clock }: ReadLogoutDeps) =>
  async (parameters: ReadonlyMap<string, readonly string[]>): Promise<SignOutRequest> => {
    const asked = takeParameters(parameters, LogoutParameters);
    const { id_token_hint, client_id, post_logout_redirect_uri, state } = asked;
    const hint = id_token_hint ? await idTokens.readHint(id_token_hint, clock.now()) : undefined;
    if (hint && client_id !== undefined && hint.clientId !== client_id) throw hintOfAnother();

    // A hint that says nothing true is no hint: the person is asked, and nobody is redirected.
    const isForged = id_token_hint !== undefined && !hint;
    const clientId = isForged ? undefined : (hint?.clientId ?? client_id);
    const client = clientId === undefined ? undefined : await knownClient(clientId, clients);
    const redirectUri =
      client && post_logout_redirect_uri !== undefined
        ? registeredRedirect(client, post_logout_redirect_uri)
        : undefined;
    return {
      step: "ask",
      clientId: client?.id,
      redirectUri,
      state: redirectUri === undefined ? undefined : state,
      hint: hint && { subject: hint.subject, sid: hint.sid },
    };
  };

async function knownClient(
  id: string,
  clients: ReadLogoutDeps["clients"],
): Promise<Client | undefined> {
  const client = id.length <= 256 ? await clients.find(id) : undefined;
  return client?.disabledAt ? undefined : client;
}

function registeredRedirect(client: Client, presented: string): string {
  const matched = matchRedirectUri(client.postLogoutRedirectUris, presented);
  if (matched === undefined) throw unregisteredRedirect(client);
  return matched;
}

const wayBack = { label: "Sign out of Signet", href: "/logout" };

const hintOfAnother = () =>
  new PageProblem({
    status: 400,
    title: "This sign-out link does not add up",
    explanation: "It names one site and carries the pass of another, so we did not follow it.",
    whatNext: ["You are still signed in. Sign out here if that is what you want."],
    developerNote: "client_id is not the client that id_token_hint was issued to.",
    wayBack,
  });

const unregisteredRedirect = (client: Client) =>
  new PageProblem({
    status: 400,
    title: "This sign-out link leads somewhere we cannot vouch for",
    explanation: `It would send you on to an address that ${client.name} has not registered with us, so we stopped here.`,
    whatNext: ["You are still signed in. Sign out here if that is what you want."],
    developerNote: `post_logout_redirect_uri is not registered for client_id "${client.id}". It must match a registered one character by character (RP-Initiated Logout section 3).`,
    wayBack,
  });
