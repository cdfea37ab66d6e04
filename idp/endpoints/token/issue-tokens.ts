// Tokens for a person's grant: an access token for one audience, an ID token when the grant is an OpenID
// Connect one, and whatever refresh token the grant type already made. Signs; writes nothing.
import { claimsByName, claimsForScopes } from "../../protocol/claims.ts";
import type { AccountProfile } from "../../records/accounts/account.ts";
import type { Client } from "../../records/clients/client.ts";
import type { ClientDirectory } from "../../records/clients/client-directory.ts";
import type { PersonGrant } from "../../records/grants/grant.ts";
import type { Subjects } from "../../records/subjects/subjects.ts";
import type { AccessTokens } from "../../tokens/access-token.ts";
import type { IdTokens } from "../../tokens/id-token.ts";
import { allowedResource } from "./allowed-resource.ts";
import { scopesFor, soleResource } from "./audience.ts";
import type { IssuedTokens } from "./grant-type.ts";
import type { RequestedAccess } from "./requested-access.ts";

export interface IssueTokensDeps {
  readonly issuer: string;
  readonly clients: Pick<ClientDirectory, "resource">;
  readonly subjects: Pick<Subjects, "of">;
  readonly accessTokens: Pick<AccessTokens, "mint">;
  readonly idTokens: Pick<IdTokens, "mint">;
}

export interface Issue {
  /** Within the grant, as the statement that gave the grant has made sure. */
  readonly requested: RequestedAccess;
  readonly grant: PersonGrant;
  readonly account: AccountProfile;
  readonly refreshToken?: string | undefined;
  /** Of the authorization request; absent on refresh (OpenID Connect Core §12.2). */
  readonly nonce?: string | undefined;
  /** An OpenID Connect grant's first tokens always have one, later ones need not (§12.2). */
  readonly withIdToken?: boolean;
}

export type IssueTokens = (issue: Issue, client: Client, now: Date) => Promise<IssuedTokens>;

/** @throws OAuthError invalid_target when the grant's one resource is the client's no more */
export const issueTokens =
  ({ issuer, clients, subjects, accessTokens, idTokens }: IssueTokensDeps): IssueTokens =>
  async ({ requested, grant, account, refreshToken, nonce, withIdToken = true }, client, now) => {
    const sole = soleResource(grant.resources);
    const resource =
      requested.resource ??
      (sole === undefined ? undefined : await allowedResource(clients, client, sole));
    // What the client may have can shrink after the grant; what it has then shrinks with it.
    const scopes = (requested.scopes ?? grant.scopes).filter((scope) =>
      client.scopes.includes(scope),
    );
    const accessScopes = scopesFor(scopes, resource?.scopes);
    const authentication = {
      authenticatedAt: grant.authenticatedAt,
      acr: grant.acr,
      amr: [...grant.amr],
    };
    // One name for the person, at the client and at every resource it calls (OpenID Connect Core §8).
    const parties = { subject: subjects.of(client, account.id), clientId: client.id };
    const access = await accessTokens.mint(
      {
        ...parties,
        ...authentication,
        grant,
        audience: resource?.identifier ?? issuer,
        scopes: accessScopes,
      },
      now,
    );
    const idToken =
      withIdToken && scopes.includes("openid")
        ? await idTokens.mint(
            {
              ...parties,
              ...authentication,
              sid: grant.sid,
              alg: client.idTokenSignedResponseAlg,
              ...(nonce === undefined ? {} : { nonce }),
              accessToken: access.token,
              claims: {
                ...claimsForScopes(account, scopes),
                ...claimsByName(account, grant.claims?.idToken ?? [], client.scopes),
              },
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
