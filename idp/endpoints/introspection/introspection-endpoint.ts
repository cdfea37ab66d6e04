// POST /introspection: a client asks what one of its own tokens is worth now (RFC 7662). Sites need not: they
// verify by themselves and keep the status lists. This is for those who would rather call.
import type { Context } from "koa";
import { z } from "zod";
import type { Clock } from "../../../prisma/clock.ts";
import { readForm } from "../../http/parse.ts";
import { cause } from "../../http/request-context.ts";
import { sendJson } from "../../http/respond.ts";
import { ClientParameters, clientCredentials } from "../../protocol/client-credentials.ts";
import { isCredential } from "../../protocol/credential.ts";
import { invalidClient } from "../../protocol/oauth-error.ts";
import { formatScope } from "../../protocol/scope.ts";
import type { AuthenticateClient } from "../../records/clients/authenticate-client.ts";
import { type Client, isPublicClient } from "../../records/clients/client.ts";
import type { GrantStore } from "../../records/grants/grant-store.ts";
import type { RefreshTokenStore } from "../../records/grants/refresh-token-store.ts";
import type { Subjects } from "../../records/subjects/subjects.ts";
import type { AccessTokens } from "../../tokens/access-token.ts";
import { numericDate } from "../../tokens/signed-token.ts";

export interface IntrospectionEndpointDeps {
  readonly issuer: string;
  readonly authenticateClient: AuthenticateClient;
  readonly accessTokens: Pick<AccessTokens, "inspect">;
  readonly refreshTokens: Pick<RefreshTokenStore, "identify">;
  readonly grants: Pick<GrantStore, "isLive" | "findLive">;
  readonly subjects: Pick<Subjects, "of">;
  readonly clock: Clock;
}

/** `token_type_hint` is only a hint, and our tokens tell their kind by themselves (§2.1). */
const IntrospectionRequest = ClientParameters.extend({
  token: z.string(),
  token_type_hint: z.string().optional(),
});

/** What is said of a token that counts (§2.2); nothing at all of any other. */
type Active = Readonly<Record<string, unknown>>;

export const introspectionEndpoint = (deps: IntrospectionEndpointDeps) => {
  const { issuer, authenticateClient, accessTokens, refreshTokens, grants, subjects, clock } = deps;

  async function accessToken(
    token: string,
    client: Client,
    now: Date,
  ): Promise<Active | undefined> {
    const claims = await accessTokens.inspect(token, now);
    if (claims?.client_id !== client.id) return undefined;
    if (!(await grants.isLive(claims.grant_id, now))) return undefined;
    const { grant_id: _, status: __, ...told } = claims;
    return { token_type: "Bearer", ...told };
  }

  async function refreshToken(
    token: string,
    client: Client,
    now: Date,
  ): Promise<Active | undefined> {
    const known = await refreshTokens.identify(token);
    if (known?.clientId !== client.id || known.wasUsed || known.expiresAt <= now) return undefined;
    const live = await grants.findLive(known.grantId, now);
    if (live === undefined) return undefined;
    const { grant } = live;
    return {
      iss: issuer,
      sub: grant.accountId && subjects.of(client, grant.accountId),
      client_id: client.id,
      scope: formatScope(grant.scopes),
      exp: numericDate(known.expiresAt),
    };
  }

  return async (ctx: Context): Promise<void> => {
    const { token, ...request } = await readForm(ctx, IntrospectionRequest);
    const credentials = clientCredentials(ctx.get("Authorization"), request);
    const client = await authenticateClient(credentials, cause(ctx, "anonymous"));
    // Whoever cannot prove who they are could try out tokens that they found (§2.1, §4).
    if (isPublicClient(client)) throw invalidClient("A public client cannot introspect tokens");
    const find = isCredential("refresh", token) ? refreshToken : accessToken;
    const active = await find(token, client, clock.now());
    sendJson(ctx, active === undefined ? { active: false } : { active: true, ...active });
  };
};
