// What the provider's tokens are worth at one site: a verifier for each kind, all of them over the site's own copy
// of the keys, and the status lists that say which access tokens have been taken back.
import type { Logger } from "pino";
import { type AccessTokenVerifier, createAccessTokenVerifier } from "./access-token-verifier.ts";
import type { Clock } from "./clock.ts";
import { createIdTokenVerifier, type VerifyIdToken } from "./id-token-verifier.ts";
import type { KeyCache } from "./key-cache.ts";
import { createLogoutTokenVerifier, type VerifyLogoutToken } from "./logout-token-verifier.ts";
import type { FetchLike } from "./outbound-fetch.ts";
import type { Provider } from "./provider.ts";
import { createStatusLists } from "./status-lists.ts";
import { createTokenStatus } from "./token-status.ts";

export interface SiteTokens {
  accessTokens: AccessTokenVerifier;
  verifyIdToken: VerifyIdToken;
  verifyLogoutToken: VerifyLogoutToken;
  /** Access has ended somewhere, and access tokens may have with it: the status lists are due. */
  accessHasEnded(): void;
  start(): void;
  /** Resolves when nothing is being fetched any more. */
  stop(): Promise<void>;
}

export function createSiteTokens(options: {
  issuer: string;
  /** The audience of access tokens; that of the others is this site's client id. */
  resource: string;
  algorithms: readonly string[];
  keys: KeyCache;
  provider: Pick<Provider, "known" | "metadata">;
  fetch: FetchLike;
  clock: Clock;
  logger: Logger;
}): SiteTokens {
  const { issuer, resource, algorithms, keys, provider, clock } = options;
  const clientId = () => provider.known()?.credentials.clientId;
  const lists = createStatusLists(options);
  const checkStatus = createTokenStatus({
    issuer,
    lists,
    isStatusPromised() {
      const metadata = provider.metadata();
      return metadata && metadata.status_list_aggregation_endpoint !== undefined;
    },
  });
  const common = { issuer, algorithms, keys, clock };
  return {
    accessTokens: createAccessTokenVerifier({ ...common, audience: resource, checkStatus }),
    verifyIdToken: createIdTokenVerifier({ ...common, clientId }),
    verifyLogoutToken: createLogoutTokenVerifier({ ...common, clientId }),
    accessHasEnded: lists.becomeDue,
    start: lists.start,
    stop: lists.stop,
  };
}
