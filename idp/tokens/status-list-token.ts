// Status list tokens (Token Status List, draft-20 §5.1): which grants have ended, as one signed document that
// every site can fetch, keep and look things up in by itself.
import { promisify } from "node:util";
import { deflate } from "node:zlib";
import type { KeyRing } from "../../keys/key-ring.ts";
import { numericDate } from "./signed-token.ts";

const TYP = "statuslist+jwt";

/** How long a site may rest on a copy before it asks again (`ttl`): the bound on how late it learns of an end. */
export const STATUS_LIST_TTL_SECONDS = 15;
/** Beyond it a copy is worth nothing, whether or not we can be reached. */
export const STATUS_LIST_LIFE_SECONDS = 86_400;

const COMPRESSION_LEVEL = 7;

const compress = promisify(deflate);

export interface StatusListTokenDeps {
  readonly issuer: string;
  readonly ring: Pick<KeyRing, "sign">;
}

export interface StatusListContent {
  /** Where this list is served, as the tokens that refer to it say. */
  readonly uri: string;
  /** One bit for each index. */
  readonly bits: Uint8Array;
}

export type StatusListTokens = ReturnType<typeof statusListTokens>;

export const statusListTokens = ({ issuer, ring }: StatusListTokenDeps) => ({
  /** @throws KeysUnavailable */
  async mint({ uri, bits }: StatusListContent, now: Date): Promise<string> {
    const issuedAt = numericDate(now);
    return ring.sign(
      { typ: TYP },
      {
        iss: issuer,
        sub: uri,
        iat: issuedAt,
        exp: issuedAt + STATUS_LIST_LIFE_SECONDS,
        ttl: STATUS_LIST_TTL_SECONDS,
        status_list: { bits: 1, lst: await encodeStatusList(bits) },
      },
    );
  },
});

/**
 * DEFLATE in the ZLIB format, then base64url without padding (§4.1). For scattered ones the two levels above take
 * three and eight times as long, to save a twelfth at the most.
 */
export async function encodeStatusList(bits: Uint8Array): Promise<string> {
  const compressed = await compress(bits, { level: COMPRESSION_LEVEL });
  return compressed.toString("base64url");
}
