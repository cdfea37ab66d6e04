import type { Context } from "koa";
import type { Logger } from "pino";
import { type AccessTokenVerifier, InvalidAccessToken } from "./access-token-verifier.ts";
import { KeysUnavailable } from "./key-cache.ts";
import type { ProtectedResource } from "./protected-resource.ts";
import { TokenStatusUnavailable } from "./token-status.ts";
import type { SiteMiddleware } from "./visit.ts";

/** `Authorization: Bearer` with a b64token (RFC 6750 §2.1). */
const BEARER = /^Bearer +([A-Za-z0-9._~+/-]+=*) *$/i;

export interface NeededAccess {
  scope: string;
  /** Only with a current word of the provider's that the token has not been taken back; else 503. */
  strict?: boolean;
}

type Challenge = Partial<Record<"error" | "error_description" | "scope", string>>;

/**
 * For /api: a bearer access token with a scope, from the Authorization header only, so that a cookie or a link
 * can never call the API. Refusals carry the challenge of RFC 6750 §3, and where the API is described (RFC 9728 §5.1).
 */
export function createRequireAccess(options: {
  accessTokens: AccessTokenVerifier;
  realm: string;
  api: Pick<ProtectedResource, "metadataUri" | "asksFor">;
  logger: Logger;
}) {
  const { accessTokens, realm, api, logger } = options;

  const refuse = (ctx: Context, status: 401 | 403, challenge: Challenge) => {
    const said = { realm, ...challenge, resource_metadata: api.metadataUri };
    const parameters = Object.entries(said).map(([key, text]) => `${key}="${text}"`);
    ctx.status = status;
    ctx.set("WWW-Authenticate", `Bearer ${parameters.join(", ")}`);
    ctx.body = challenge.error ? challenge : { error: "unauthorized" };
  };

  return ({ scope, strict = false }: NeededAccess): SiteMiddleware => {
    api.asksFor(scope);
    return async (ctx, next) => {
      const token = BEARER.exec(ctx.get("authorization"))?.[1];
      // No error code for a request without a token (RFC 6750 §3.1).
      if (!token) return refuse(ctx, 401, {});
      try {
        const { claims } = await accessTokens.verify(token, { strict });
        if (!claims.scope.split(" ").includes(scope)) {
          const error_description = "The access token does not reach this far";
          return refuse(ctx, 403, { error: "insufficient_scope", error_description, scope });
        }
        ctx.state.access = claims;
      } catch (error) {
        if (error instanceof KeysUnavailable) return unavailable(ctx, 30);
        if (error instanceof TokenStatusUnavailable) return unavailable(ctx, 5);
        if (!(error instanceof InvalidAccessToken)) throw error;
        logger.info({ err: error }, "access token refused");
        return refuse(ctx, 401, { error: "invalid_token", error_description: error.message });
      }
      return next();
    };
  };
}

function unavailable(ctx: Context, retryAfterSeconds: number) {
  ctx.status = 503;
  ctx.set("Retry-After", String(retryAfterSeconds));
  ctx.body = { error: "temporarily_unavailable" };
}
