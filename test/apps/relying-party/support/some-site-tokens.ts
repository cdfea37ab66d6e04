// The verifiers of a site and its status lists beside a small issuer that serves them, without the site.
import { pino } from "pino";
import { networkFetch } from "../../../../apps/relying-party/outbound-fetch.ts";
import { createSiteTokens, type SiteTokens } from "../../../../apps/relying-party/site-tokens.ts";
import { aKeyCache, type KeyCacheWorld } from "./a-key-cache.ts";
import { STATUS_LIST_PATH } from "./a-status-list.ts";

export const RESOURCE = "http://bank.localhost/api";

export interface SiteTokensWorld extends KeyCacheWorld {
  tokens: SiteTokens;
  /** An access token that names the list and this entry of it. */
  tokenAt(index: number): Promise<string>;
  /** "good", or what is said against it. */
  verdict(token: string, policy?: { strict: boolean }): Promise<string>;
  /** Requests for the status list that have reached the issuer. */
  listRequests(): number;
  /** All requests that have left for a list, answered or not, wherever to. */
  left: string[];
}

export async function someSiteTokens(): Promise<SiteTokensWorld> {
  const world = await aKeyCache({ servesStatusLists: true });
  const { issuer, keys, clock } = world;
  const network = networkFetch();
  const left: string[] = [];
  const metadata = {
    issuer: issuer.issuer,
    authorization_endpoint: `${issuer.issuer}/authorize`,
    token_endpoint: `${issuer.issuer}/token`,
    jwks_uri: `${issuer.issuer}/jwks`,
    status_list_aggregation_endpoint: `${issuer.issuer}/status-lists`,
  };
  const tokens = createSiteTokens({
    issuer: issuer.issuer,
    resource: RESOURCE,
    algorithms: ["RS256"],
    keys,
    provider: { known: () => undefined, metadata: () => metadata },
    fetch: (url, request) => {
      left.push(url);
      return network.fetch(url, request);
    },
    clock,
    logger: pino({ level: "silent" }),
  });
  tokens.start();
  const { close } = world;
  return Object.assign(world, {
    tokens,
    left,
    tokenAt: (index: number) =>
      issuer.accessToken({ aud: RESOURCE, status: issuer.statusList.claimOf(index) }),
    verdict: (token: string, policy?: { strict: boolean }) =>
      tokens.accessTokens.verify(token, policy).then(
        () => "good",
        (error: Error) => error.message,
      ),
    listRequests: () => issuer.requestsTo(STATUS_LIST_PATH),
    async close() {
      await network.close();
      await tokens.stop();
      await close();
    },
  });
}
