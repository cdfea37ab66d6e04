import { allowInsecureRequests, customFetch, discovery, None } from "openid-client";
import { z } from "zod";
import { type FetchLike, fetchForOpenidClient } from "./outbound-fetch.ts";

const Endpoint = z.url({ protocol: /^https?$/ });

/** What a site needs of the provider's metadata (OIDC Discovery §3); the rest is kept as it came. */
export const ProviderMetadata = z.looseObject({
  issuer: z.string(),
  authorization_endpoint: Endpoint,
  token_endpoint: Endpoint,
  jwks_uri: Endpoint,
  end_session_endpoint: Endpoint.exactOptional(),
  /** Whoever has this gives its access tokens a status (Token Status List, draft-20). */
  status_list_aggregation_endpoint: Endpoint.exactOptional(),
  /** Signet's own: where a site says which keys it holds (key-sightings.ts). */
  signet_key_sightings_endpoint: Endpoint.exactOptional(),
});
export type ProviderMetadata = z.infer<typeof ProviderMetadata>;

/**
 * Fetches the provider's metadata.
 * @throws when it does not answer, or answers as another issuer (OIDC Discovery §4.3), or lacks an endpoint
 */
export async function discoverProvider(
  issuer: string,
  fetch: FetchLike,
): Promise<ProviderMetadata> {
  const insecure = issuer.startsWith("http:");
  // Discovery is anonymous: the client id is only a part of openid-client's configuration object.
  const configuration = await discovery(new URL(issuer), "discovery", undefined, None(), {
    [customFetch]: fetchForOpenidClient(fetch),
    execute: insecure ? [allowInsecureRequests] : [],
  });
  const metadata = ProviderMetadata.parse(
    JSON.parse(JSON.stringify(configuration.serverMetadata())),
  );
  // openid-client compares parsed URLs; tokens are compared character by character.
  if (metadata.issuer !== issuer)
    throw new Error(`ISSUER is ${issuer}, its metadata says ${metadata.issuer}`);
  return metadata;
}
