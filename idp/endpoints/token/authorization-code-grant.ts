// An authorization code for tokens (RFC 6749 §4.1.3, RFC 7636 §4.5). The redemption is one conditional
// statement in the store; only a miss asks why, and every miss gets the same answer.
import { z } from "zod";
import type { Clock } from "../../../prisma/clock.ts";
import { newCredential } from "../../protocol/credential.ts";
import { invalidGrant } from "../../protocol/oauth-error.ts";
import { challengeOf, isCodeVerifier } from "../../protocol/pkce.ts";
import type { ClientDirectory } from "../../records/clients/client-directory.ts";
import type { CodeStore } from "../../records/grants/code-store.ts";
import { allowedResource } from "./allowed-resource.ts";
import { namedResource } from "./audience.ts";
import { type CodeMissDeps, codeMiss } from "./code-miss.ts";
import { defineGrantType } from "./grant-type.ts";
import type { IssueTokens } from "./issue-tokens.ts";

export interface AuthorizationCodeGrantDeps extends CodeMissDeps {
  readonly codes: Pick<CodeStore, "redeem" | "explain">;
  readonly clients: Pick<ClientDirectory, "resource">;
  readonly issueTokens: IssueTokens;
  readonly clock: Clock;
}

const Request = z.object({
  code: z.string(),
  redirect_uri: z.string(),
  code_verifier: z.string(),
  resource: z.array(z.string()).default([]),
});

export const authorizationCodeGrant = ({
  codes,
  clients,
  issueTokens,
  clock,
  ...others
}: AuthorizationCodeGrantDeps) => {
  const missed = codeMiss({ codes, ...others });

  return defineGrantType(Request, async (request, client, cause) => {
    // What can be seen to be wrong without the grant is refused before the code is spent on it.
    const resource = namedResource(request.resource);
    if (resource !== undefined) await allowedResource(clients, client, resource);
    if (!isCodeVerifier(request.code_verifier)) throw invalidCode();

    const now = clock.now();
    const binding = {
      code: request.code,
      clientId: client.id,
      redirectUri: request.redirect_uri,
      codeChallenge: challengeOf(request.code_verifier),
    };
    const refreshToken = newCredential("refresh");
    const redeemed = await codes.redeem({ ...binding, refreshToken }, now);
    if (!redeemed) {
      await missed(binding, now, cause);
      throw invalidCode();
    }
    const { grant, account, hasRefreshToken } = redeemed;
    return issueTokens(
      {
        grant,
        account,
        resource,
        nonce: grant.nonce,
        refreshToken: hasRefreshToken ? refreshToken : undefined,
      },
      client,
      now,
    );
  });
};

/** One answer for all that can be wrong: it tells nobody which part of what they hold is right. */
const invalidCode = () =>
  invalidGrant(
    "The code is unknown, used or expired, or not for this client, redirect_uri and code_verifier",
  );
