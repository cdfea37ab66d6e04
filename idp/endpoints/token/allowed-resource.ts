import { invalidTarget } from "../../protocol/oauth-error.ts";
import type { Client, Resource } from "../../records/clients/client.ts";
import type { ClientDirectory } from "../../records/clients/client-directory.ts";

/**
 * A resource that exists and that this client may name.
 * @throws OAuthError invalid_target
 */
export async function allowedResource(
  clients: Pick<ClientDirectory, "resource">,
  client: Client,
  identifier: string,
): Promise<Resource> {
  const resource = await clients.resource(identifier);
  if (!resource || !(resource.public || client.resources.includes(identifier))) {
    throw invalidTarget("This resource is unknown or not for this client");
  }
  return resource;
}
