// What the site's API says of itself (RFC 9728): whose tokens it takes, in which way, and for what. Made of
// what its routes ask for, so that it cannot say anything else.
import type { SiteMiddleware } from "./visit.ts";

export interface ProtectedResource {
  /** Where the metadata is (§3.1); the challenge of every refusal names it (§5.1). */
  readonly metadataUri: string;
  /** The same as a path of this site. */
  readonly metadataPath: string;
  /** A route asks for this scope. */
  asksFor(scope: string): void;
  show: SiteMiddleware;
}

const WELL_KNOWN = "/.well-known/oauth-protected-resource";
const MAX_AGE_SECONDS = 300;

export function createProtectedResource({
  resource,
  issuer,
  name,
}: {
  resource: string;
  issuer: string;
  name: string;
}): ProtectedResource {
  const { origin, pathname } = new URL(resource);
  const metadataPath = `${WELL_KNOWN}${pathname === "/" ? "" : pathname}`;
  const scopes = new Set<string>();

  return {
    metadataUri: `${origin}${metadataPath}`,
    metadataPath,
    asksFor: (scope) => scopes.add(scope),
    show(ctx) {
      // For whoever writes a client, in a browser as well: nothing in it is anybody's own.
      ctx.set("Access-Control-Allow-Origin", "*");
      ctx.set("Cross-Origin-Resource-Policy", "cross-origin");
      ctx.set("Cache-Control", `public, max-age=${MAX_AGE_SECONDS}`);
      ctx.body = {
        resource,
        resource_name: name,
        authorization_servers: [issuer],
        scopes_supported: [...scopes].sort(),
        bearer_methods_supported: ["header"],
      };
    },
  };
}
