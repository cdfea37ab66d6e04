// A status list as an issuer publishes it (Token Status List, draft-20): signed anew when an entry or the key
// changes, and only then.
import { createHash } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import { deflateSync } from "node:zlib";

export const STATUS_LIST_PATH = "/status-lists/0";
/** Entries of one bit. */
const SIZE = 1024;

type Claims = Record<string, unknown>;

export interface PublishedStatusList {
  /** Takes back whatever has this index. */
  revoke(index: number): void;
  /** The `status` claim of a token. */
  claimOf(index: number): Claims;
  /** What the list's token says now. */
  claims(): Claims;
  answer(request: IncomingMessage, response: ServerResponse): Promise<void>;
}

export const compressed = (bytes: Uint8Array) =>
  deflateSync(bytes, { level: 9 }).toString("base64url");

export function aStatusList(options: {
  issuer: string;
  now: () => number;
  /** By the key that signs now. */
  sign: (claims: Claims, header: Claims) => Promise<string>;
  kid: () => string;
}): PublishedStatusList {
  const { issuer, now, sign, kid } = options;
  const uri = `${issuer}${STATUS_LIST_PATH}`;
  const bytes = new Uint8Array(SIZE / 8);
  let published: { of: string; token: string } | undefined;

  const claims = () => ({
    iss: issuer,
    sub: uri,
    iat: now(),
    exp: now() + 24 * 3600,
    ttl: 15,
    status_list: { bits: 1, lst: compressed(bytes) },
  });
  const current = async () => {
    const of = `${kid()} ${compressed(bytes)}`;
    if (published?.of !== of) {
      published = { of, token: await sign(claims(), { typ: "statuslist+jwt" }) };
    }
    return published.token;
  };
  return {
    revoke(index) {
      bytes[index >> 3] = (bytes[index >> 3] ?? 0) | (1 << (index & 7));
    },
    claimOf: (idx) => ({ status_list: { idx, uri } }),
    claims,
    async answer(request, response) {
      const token = await current();
      const etag = `"${createHash("sha256").update(token).digest("base64url")}"`;
      if (request.headers["if-none-match"] === etag) {
        return void response.writeHead(304, { etag }).end();
      }
      const accepted = request.headers.accept === "application/statuslist+jwt";
      const headers = { "content-type": "application/statuslist+jwt", etag };
      response.writeHead(accepted ? 200 : 406, headers).end(token);
    },
  };
}
