import { randomBytes } from "node:crypto";
import { performance } from "node:perf_hooks";
import type { Logger } from "pino";
import type { SiteMiddleware } from "./visit.ts";

/** Without I, L, O and U, so that it can be read out on the telephone. */
const ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/** Names each request and writes one line for it: the path, never the query string, which may hold a code. */
export function requestLog({ logger }: { logger: Logger }): SiteMiddleware {
  return async (ctx, next) => {
    const startedAt = performance.now();
    const requestId = newRequestId();
    ctx.state.requestId = requestId;
    await next();
    const { method, path, status } = ctx;
    const milliseconds = Math.round(performance.now() - startedAt);
    logger.info({ requestId, method, path, status, milliseconds }, "request");
  };
}

/** "7F3K-92QD" */
function newRequestId(): string {
  const letters = [...randomBytes(8)].map((byte) => ALPHABET[byte % ALPHABET.length]).join("");
  return `${letters.slice(0, 4)}-${letters.slice(4)}`;
}
