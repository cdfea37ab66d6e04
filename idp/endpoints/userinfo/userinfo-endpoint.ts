// GET and POST /userinfo: what the token's scopes say of the person (OpenID Connect Core §5.3). Takes
// access tokens for the issuer with the scope openid, and asks the database once whether their grant
// still lives, so that a revoked one ends here at once.
import type { Context } from "koa";
import { z } from "zod";
import type { Clock } from "../../../prisma/clock.ts";
import { readForm, readQuery } from "../../http/parse.ts";
import { sendJson, sendJwt } from "../../http/respond.ts";
import { bearerToken } from "../../protocol/bearer-token.ts";
import { claimsByName, claimsForScopes } from "../../protocol/claims.ts";
import { insufficientScope, invalidToken } from "../../protocol/oauth-error.ts";
import { parseScope } from "../../protocol/scope.ts";
import type { ClientDirectory } from "../../records/clients/client-directory.ts";
import type { GrantStore } from "../../records/grants/grant-store.ts";
import type { Subjects } from "../../records/subjects/subjects.ts";
import type { AccessTokens } from "../../tokens/access-token.ts";
import type { UserinfoTokens } from "../../tokens/userinfo-token.ts";

export interface UserinfoEndpointDeps {
  readonly issuer: string;
  readonly accessTokens: Pick<AccessTokens, "verify">;
  readonly userinfoTokens: UserinfoTokens;
  readonly grants: Pick<GrantStore, "findPerson">;
  readonly clients: Pick<ClientDirectory, "find">;
  readonly subjects: Pick<Subjects, "of">;
  readonly clock: Clock;
}

const TokenParameter = z.object({ access_token: z.string().optional() });

export const userinfoEndpoint =
  ({
    issuer,
    accessTokens,
    userinfoTokens,
    grants,
    clients,
    subjects,
    clock,
  }: UserinfoEndpointDeps) =>
  async (ctx: Context): Promise<void> => {
    const token = await presentedToken(ctx);
    const claims = await accessTokens.verify(token, issuer, clock.now());
    const scopes = parseScope(claims.scope);
    if (!scopes.includes("openid")) {
      throw insufficientScope("The access token lacks the scope openid", "openid");
    }
    const person = await grants.findPerson(claims.grant_id, clock.now());
    const client = await clients.find(claims.client_id);
    if (!client || !person || subjects.of(client, person.account.id) !== claims.sub) {
      throw invalidToken("The access token was revoked");
    }
    const { account } = person;
    const told = {
      sub: claims.sub,
      ...claimsForScopes(account, scopes),
      ...claimsByName(account, person.claims?.userinfo ?? [], client.scopes),
    };
    const { id: clientId, userinfoSignedResponseAlg: alg } = client;
    if (alg === undefined) sendJson(ctx, told);
    else sendJwt(ctx, await userinfoTokens.mint(told, { clientId, alg }, clock.now()));
  };

/** A POST with the token in its header may come with no body, or with one of any type. */
async function presentedToken(ctx: Context): Promise<string> {
  const isForm = ctx.method === "POST" && ctx.is("application/x-www-form-urlencoded");
  const body = isForm ? await readForm(ctx, TokenParameter) : undefined;
  return bearerToken({
    authorization: ctx.get("Authorization"),
    body: body?.access_token,
    query: readQuery(ctx, TokenParameter).access_token,
  });
}
