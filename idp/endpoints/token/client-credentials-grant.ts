// The client acts for itself (RFC 6749 §4.4): an access token for one resource and what the client may do
// there. It hangs on one standing grant per client, resource and scopes, so a warm request needs no
// statement. No refresh token (§4.4.3) and no ID token: there is nobody to identify.
import { z } from "zod";
import type { Clock } from "../../../prisma/clock.ts";
import { invalidClient, invalidScope, unauthorizedClient } from "../../protocol/oauth-error.ts";
import { isOidcScope, parseScope } from "../../protocol/scope.ts";
import { type Client, isPublicClient, type Resource } from "../../records/clients/client.ts";
import type { ClientDirectory } from "../../records/clients/client-directory.ts";
import type { StandingGrantStore } from "../../records/grants/standing-grant-store.ts";
import type { AccessTokens } from "../../tokens/access-token.ts";
import { allowedResource } from "./allowed-resource.ts";
import { namedResource } from "./audience.ts";
import { defineGrantType } from "./grant-type.ts";

export interface ClientCredentialsGrantDeps {
  readonly issuer: string;
  readonly clients: Pick<ClientDirectory, "resource">;
  readonly standingGrants: Pick<StandingGrantStore, "require">;
  readonly accessTokens: Pick<AccessTokens, "mint">;
  readonly clock: Clock;
}

const basic = { scheme: "Basic" } as const;

const Request = z.object({
  scope: z.string().optional(),
  resource: z.array(z.string()).default([]),
});

export const clientCredentialsGrant = ({
  issuer,
  clients,
  standingGrants,
  accessTokens,
  clock,
}: ClientCredentialsGrantDeps) =>
  defineGrantType(Request, async (request, client) => {
    if (isPublicClient(client)) {
      throw unauthorizedClient("A public client cannot act for itself (RFC 6749 section 4.4)");
    }
    const named = namedResource(request.resource);
    const resource =
      named === undefined ? undefined : await allowedResource(clients, client, named);
    const asked = request.scope === undefined ? undefined : parseScope(request.scope);
    const scopes = ownScopes(client, resource, asked);
    const now = clock.now();
    const standing = { clientId: client.id, resource: named, scopes };
    const grant = await standingGrants.require(standing, now);
    // Disabled since it authenticated: the statement that makes the grant asks again.
    if (grant === undefined) throw invalidClient("Client authentication failed", basic);
    const { token, expiresInSeconds } = await accessTokens.mint(
      {
        grant,
        subject: client.id,
        clientId: client.id,
        audience: resource?.identifier ?? issuer,
        scopes,
      },
      now,
    );
    return { accessToken: token, expiresInSeconds, scopes };
  });

/**
 * What the client may do for itself at a resource, or the part of it that it asks for. Without a
 * resource there is nothing: the issuer's own scopes speak of a person, so such a token names the
 * issuer as its audience and opens nothing (RFC 6749 §3.3 lets the server have that default).
 * @throws OAuthError invalid_scope
 */
function ownScopes(
  client: Client,
  resource: Resource | undefined,
  asked: readonly string[] | undefined,
): readonly string[] {
  const allowed = Object.keys(resource?.scopes ?? {}).filter((scope) =>
    client.scopes.includes(scope),
  );
  for (const scope of asked ?? []) {
    if (allowed.includes(scope)) continue;
    if (isOidcScope(scope)) throw invalidScope(`${scope} speaks of a person, and there is none`);
    throw invalidScope(
      resource ? `${scope} is not for this client` : `${scope} needs its resource to be named`,
    );
  }
  return asked ?? allowed;
}
