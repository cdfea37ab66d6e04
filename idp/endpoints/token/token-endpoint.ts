// POST /token: redeems a grant for tokens (RFC 6749 §3.2). Owns what all grant types share; each of
// them has a file beside this one. Errors are those of RFC 6749 §5.2 and RFC 8707 §2.
import type { Context } from "koa";
import { z } from "zod";
import { readForm } from "../../http/parse.ts";
import { cause } from "../../http/request-context.ts";
import { sendJson } from "../../http/respond.ts";
import { ClientParameters, clientCredentials } from "../../protocol/client-credentials.ts";
import { unauthorizedClient, unsupportedGrantType } from "../../protocol/oauth-error.ts";
import { formatScope } from "../../protocol/scope.ts";
import type { AuthenticateClient } from "../../records/clients/authenticate-client.ts";
import type { Client } from "../../records/clients/client.ts";
import type { GrantType, IssuedTokens } from "./grant-type.ts";

const TokenRequest = ClientParameters.extend({ grant_type: z.string() });

export type GrantTypes = ReadonlyMap<string, GrantType>;

export interface TokenEndpointDeps {
  readonly authenticateClient: AuthenticateClient;
  /** By the value of `grant_type`. */
  readonly grantTypes: GrantTypes;
}

export const tokenEndpoint =
  ({ authenticateClient, grantTypes }: TokenEndpointDeps) =>
  async (ctx: Context): Promise<void> => {
    const request = await readForm(ctx, TokenRequest, { repeatable: ["resource"] });
    const credentials = clientCredentials(ctx.get("Authorization"), request);
    const client = await authenticateClient(credentials, cause(ctx, "anonymous"));
    const grantType = allowedGrantType(grantTypes, request.grant_type, client);
    const issued = await grantType.redeem(request, client, cause(ctx, `client:${client.id}`));
    sendJson(ctx, tokenResponse(issued));
  };

/** Grants are allowed client by client (ASVS 10.4.4); what nobody may use is not in the map at all. */
function allowedGrantType(grantTypes: GrantTypes, name: string, client: Client): GrantType {
  const grantType = grantTypes.get(name);
  if (!grantType) throw unsupportedGrantType("This grant_type is not supported");
  if (!client.grantTypes.includes(name)) {
    throw unauthorizedClient("This client is not registered for this grant_type");
  }
  return grantType;
}

/** RFC 6749 §5.1, OpenID Connect Core §3.1.3.3. `undefined` members are not sent. */
const tokenResponse = (issued: IssuedTokens) => ({
  access_token: issued.accessToken,
  token_type: "Bearer",
  expires_in: issued.expiresInSeconds,
  refresh_token: issued.refreshToken,
  id_token: issued.idToken,
  // RFC 6749 Appendix A.4: a scope has at least one token, or it is not there.
  scope: issued.scopes.length > 0 ? formatScope(issued.scopes) : undefined,
});
