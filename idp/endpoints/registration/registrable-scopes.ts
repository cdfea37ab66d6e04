import { OIDC_SCOPES } from "../../protocol/scope.ts";
import type { Resource } from "../../records/clients/client.ts";

/** The scopes of OpenID Connect and of every resource that any client may name. */
export const registrableScopes = (resources: readonly Resource[]): string[] => [
  ...new Set([
    ...OIDC_SCOPES,
    ...resources.filter((resource) => resource.public).flatMap(({ scopes }) => Object.keys(scopes)),
  ]),
];
