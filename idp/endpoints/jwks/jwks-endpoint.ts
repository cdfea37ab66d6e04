// GET /jwks: the public keys, from memory (RFC 7517 §5, OpenID Connect Core §10.1.1). The key ring makes
// the answer once per key set; here it only gets its headers.
import type { IncomingHttpHeaders } from "node:http";
import type { Context } from "koa";
import type { KeyRing } from "../../../keys/key-ring.ts";
import { sendPrepared } from "../../http/prepared-answer.ts";
import { publicAnswer } from "../../http/public-document.ts";
import { temporarilyUnavailable } from "../../protocol/oauth-error.ts";

export interface JwksEndpointDeps {
  readonly ring: Pick<KeyRing, "publication">;
}

const retryAfterSeconds = 5;

export const jwksEndpoint = ({ ring }: JwksEndpointDeps) => {
  const answer = (headers: IncomingHttpHeaders) => publicAnswer(published(ring), headers);
  return {
    answer,
    show: async (ctx: Context): Promise<void> => sendPrepared(ctx, answer(ctx.req.headers)),
  };
};

/** An empty set with 200 would make every verifier throw its keys away (dex#976): 503 instead. */
function published(ring: JwksEndpointDeps["ring"]) {
  try {
    return ring.publication();
  } catch (cause) {
    throw temporarilyUnavailable("The keys are not available", retryAfterSeconds, cause);
  }
}
