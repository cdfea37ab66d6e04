// Tokens for a person's grant: an access token for one audience, an ID token when the grant is an OpenID
// Connect one, and whatever refresh token the grant type already made. Signs; writes nothing.
import { claimsForScopes } from "../../protocol/claims.ts";
import type { AccountProfile } from "../../records/accounts/account.ts";
import type { Client } from "../../records/clients/client.ts";
import type { ClientDirectory } from "../../records/clients/client-directory.ts";
import type { PersonGrant } from "../../records/grants/grant.ts";
import type { AccessTokens } from "../../tokens/access-token.ts";
import type { IdTokens } from "../../tokens/id-token.ts";
import { allowedResource } from "./allowed-resource.ts";
import { narrowedScopes, scopesFor, targetResource } from "./audience.ts";
import type { IssuedTokens } from "./grant-type.ts";

export interface IssueTokensDeps {
  readonly issuer: string;
  readonly clients: Pick<ClientDirectory, "resource">;
  readonly accessTokens: Pick<AccessTokens, "mint">;
  readonly idTokens: Pick<IdTokens, "mint">;
}

export interface Issue {
  readonly grant: PersonGrant;
  readonly account: AccountProfile;
  /** The resource the request names (RFC 8707 §2.2). */
  readonly resource?: string | undefined;
  /** The part of the grant's scopes the request asks for; all of them when absent. */
  readonly scopes?: readonly string[] | undefined;
  readonly refreshToken?: string | undefined;
  /** Of the authorization request; absent on refresh (OpenID Connect Core §12.2). */
  readonly nonce?: string | undefined;
}

export type IssueTokens = (issue: Issue, client: Client, now: Date) => Promise<IssuedTokens>;

/** @throws OAuthError invalid_target, invalid_scope */
export const issueTokens =
  ({ issuer, clients, accessTokens, idTokens }: IssueTokensDeps): IssueTokens =>
  async ({ grant, account, refreshToken, nonce, ...request }, client, now) => {
    const named = targetResource(grant.resources, request.resource);
    const resource =
      named === undefined ? undefined : await allowedResource(clients, client, named);
    // What the client may have can shrink after the grant; what it has then shrinks with it.
    const granted = grant.scopes.filter((scope) => client.scopes.includes(scope));
    const scopes = narrowedScopes(granted, request.scopes);
    const accessScopes = scopesFor(scopes, resource?.scopes);
    const authentication = {
      authenticatedAt: grant.authenticatedAt,
      acr: grant.acr,
      amr: [...grant.amr],
    };
    const access = await accessTokens.mint(
      {
        grantId: grant.id,
        subject: account.id,
        clientId: client.id,
        audience: resource?.identifier ?? issuer,
        scopes: accessScopes,
        ...authentication,
      },
      now,
    );
    const idToken = scopes.includes("openid")
      ? await idTokens.mint(
          {
            subject: account.id,
            clientId: client.id,
            sid: grant.sid,
            ...authentication,
            ...(nonce === undefined ? {} : { nonce }),
            accessToken: access.token,
            claims: claimsForScopes(account, scopes),
          },
          now,
        )
      : undefined;
    return {
      accessToken: access.token,
      expiresInSeconds: access.expiresInSeconds,
      scopes: accessScopes,
      ...(refreshToken === undefined ? {} : { refreshToken }),
      ...(idToken === undefined ? {} : { idToken }),
    };
  };
