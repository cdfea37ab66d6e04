import { formatScope } from "../../protocol/scope.ts";
import type { Client } from "../../records/clients/client.ts";
import type { ClientMetadata } from "./client-metadata.ts";

/**
 * The answer to a registration (RFC 7591 §3.2.1): everything that was registered, defaults included,
 * and the secret, which is shown this once. `undefined` members are not sent.
 */
export function clientInformation(
  client: Client,
  { scopes, ...metadata }: ClientMetadata,
  clientSecret: string | undefined,
) {
  return {
    client_id: client.id,
    client_id_issued_at: Math.floor(client.createdAt.getTime() / 1000),
    client_secret: clientSecret,
    // RFC 7591 §3.2.1: 0 says that it does not expire; required with a secret.
    client_secret_expires_at: clientSecret === undefined ? undefined : 0,
    ...metadata,
    client_name: client.name,
    scope: formatScope(scopes),
  };
}
