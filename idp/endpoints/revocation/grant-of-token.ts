import { isCredential } from "../../protocol/credential.ts";
import type { Client } from "../../records/clients/client.ts";
import type { RefreshTokenStore } from "../../records/grants/refresh-token-store.ts";
import type { AccessTokens } from "../../tokens/access-token.ts";

export interface GrantOfTokenDeps {
  readonly refreshTokens: Pick<RefreshTokenStore, "identify">;
  readonly accessTokens: Pick<AccessTokens, "identify">;
}

/** The grant of a token that is this client's own; undefined for any other text. */
export async function grantOfToken(
  { refreshTokens, accessTokens }: GrantOfTokenDeps,
  token: string,
  client: Client,
): Promise<string | undefined> {
  if (isCredential("refresh", token)) {
    const owner = await refreshTokens.identify(token);
    return owner?.clientId === client.id ? owner.grantId : undefined;
  }
  const claims = await accessTokens.identify(token);
  return claims?.client_id === client.id ? claims.grant_id : undefined;
}
