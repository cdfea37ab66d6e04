// Tokens for a person's grant: an access token for one audience, an ID token when the grant is an OpenID
// Connect one, and whatever refresh token the grant type already made. Signs; writes nothing.
import { claimsForScopes } from "../../protocol/claims.ts";
import type { AccountProfile } from "../../records/accounts/account.ts";
import type { Client } from "../../records/clients/client.ts";
import type { PersonGrant } from "../../records/grants/grant.ts";
import type { AccessTokens } from "../../tokens/access-token.ts";
import type { IdTokens } from "../../tokens/id-token.ts";
import type { IssuedTokens } from "./grant-type.ts";
import {
  type AccessRequest,
  type RequestedAccessDeps,
  requestedAccess,
} from "./requested-access.ts";

export interface IssueTokensDeps extends RequestedAccessDeps {
  readonly accessTokens: Pick<AccessTokens, "mint">;
  readonly idTokens: Pick<IdTokens, "mint">;
}

export interface Issue extends AccessRequest {
  readonly grant: PersonGrant;
  readonly account: AccountProfile;
  readonly refreshToken?: string | undefined;
  /** Of the authorization request; absent on refresh (OpenID Connect Core §12.2). */
  readonly nonce?: string | undefined;
}

export type IssueTokens = (issue: Issue, client: Client, now: Date) => Promise<IssuedTokens>;

/** @throws OAuthError invalid_target, invalid_scope */
export const issueTokens =
  ({ accessTokens, idTokens, ...directory }: IssueTokensDeps): IssueTokens =>
  async ({ grant, account, refreshToken, nonce, ...request }, client, now) => {
    const { audience, accessScopes, scopes } = await requestedAccess(
      directory,
      grant,
      request,
      client,
    );
    const authentication = {
      authenticatedAt: grant.authenticatedAt,
      acr: grant.acr,
      amr: [...grant.amr],
    };
    const parties = { subject: account.id, clientId: client.id };
    const access = await accessTokens.mint(
      { ...parties, ...authentication, grantId: grant.id, audience, scopes: [...accessScopes] },
      now,
    );
    const idToken = scopes.includes("openid")
      ? await idTokens.mint(
          {
            ...parties,
            ...authentication,
            sid: grant.sid,
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
