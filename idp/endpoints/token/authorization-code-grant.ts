// An authorization code for tokens (RFC 6749 §4.1.3, RFC 7636 §4.5). The redemption is one conditional
// statement in the store, and only a miss asks why.
import { z } from "zod";
import type { Clock } from "../../../prisma/clock.ts";
import { newCredential } from "../../protocol/credential.ts";
import { invalidRequest } from "../../protocol/oauth-error.ts";
import { challengeOf, isCodeVerifier, needsPkce, type PkceFor } from "../../protocol/pkce.ts";
import { isPublicClient } from "../../records/clients/client.ts";
import type { ClientDirectory } from "../../records/clients/client-directory.ts";
import type { CodeStore } from "../../records/grants/code-store.ts";
import { type CodeMissDeps, codeMiss, invalidCode } from "./code-miss.ts";
import { defineGrantType } from "./grant-type.ts";
import type { IssueTokens } from "./issue-tokens.ts";
import { requestedAccess } from "./requested-access.ts";

export interface AuthorizationCodeGrantDeps extends CodeMissDeps {
  readonly codes: Pick<CodeStore, "redeem" | "explain">;
  readonly clients: Pick<ClientDirectory, "resource">;
  readonly issueTokens: IssueTokens;
  readonly config: { readonly pkceFor: PkceFor };
  readonly clock: Clock;
}

const Request = z.object({
  code: z.string(),
  redirect_uri: z.string(),
  /** Missing only where the authorization request brought no challenge: the code is bound to either. */
  code_verifier: z.string().optional(),
  resource: z.array(z.string()).default([]),
});

export const authorizationCodeGrant = ({
  codes,
  clients,
  issueTokens,
  config,
  clock,
  ...others
}: AuthorizationCodeGrantDeps) => {
  const explainMiss = codeMiss({ codes, ...others });

  return defineGrantType(Request, async (request, client, cause) => {
    const requested = await requestedAccess(clients, request, client);
    const { code_verifier: verifier } = request;
    if (verifier === undefined && needsPkce(isPublicClient(client), config.pkceFor))
      throw invalidRequest("code_verifier is missing");
    if (verifier !== undefined && !isCodeVerifier(verifier)) throw invalidCode();

    const now = clock.now();
    const binding = {
      code: request.code,
      clientId: client.id,
      redirectUri: request.redirect_uri,
      codeChallenge: verifier === undefined ? undefined : challengeOf(verifier),
      resource: requested.resource?.identifier,
    };
    const refreshToken = newCredential("refresh");
    const redeemed = await codes.redeem({ ...binding, refreshToken }, now);
    if (!redeemed) throw await explainMiss(binding, now, cause);
    const { grant, account, hasRefreshToken } = redeemed;
    return issueTokens(
      {
        requested,
        grant,
        account,
        nonce: grant.nonce,
        refreshToken: hasRefreshToken ? refreshToken : undefined,
      },
      client,
      now,
    );
  });
};
