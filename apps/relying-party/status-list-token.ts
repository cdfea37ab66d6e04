// A Status List Token (draft-20): signed by the provider, about one address, compressed.
// Whatever is wrong with one is an error here; who asked for it keeps the list before.
import { promisify } from "node:util";
import { inflate } from "node:zlib";
import { decodeProtectedHeader, jwtVerify } from "jose";
import { z } from "zod";
import { type Clock, numericDate } from "./clock.ts";
import type { KeyCache } from "./key-cache.ts";
import { Kid } from "./key-set.ts";
import { STATUS_SIZES, type StatusBits } from "./status-bits.ts";
import { isCompactJws } from "./token-syntax.ts";

/** Room for four million grants of one bit each, however little a token claims to weigh. */
export const STATUS_LIST_MAX_BYTES = 512 * 1024;
const MOST_INFLATED_BYTES = 1024 * 1024;
/** Where the token says nothing, and the bounds of what it may say: neither a flood of requests nor a blind day. */
const TTL_IF_UNSAID_SECONDS = 15;
const LEAST_TTL_SECONDS = 5;
const MOST_TTL_SECONDS = 3600;
/** For iat: a clock that is slightly behind the issuer's. `exp` is exact. */
const SKEW_SECONDS = 60;

/** The whole header, so that it can bring no key and ask for nothing, as with an access token's. */
const Header = z.strictObject({
  alg: z.string(),
  typ: z.literal("statuslist+jwt"),
  kid: Kid,
});

const NumericDate = z.int().positive();

const Claims = z.object({
  iat: NumericDate,
  /** Only recommended by the draft; without it an old list could be shown for ever. */
  exp: NumericDate,
  ttl: z.number().positive().optional(),
  status_list: z.object({
    bits: z.literal(STATUS_SIZES),
    lst: z.string().regex(/^[A-Za-z0-9_-]+$/),
  }),
});

export interface StatusList extends StatusBits {
  readonly uri: string;
  /** The key that signed it. */
  readonly kid: string;
  readonly expiresAt: Date;
  /** How long after its fetch it may be used without asking again. */
  readonly ttlSeconds: number;
}

/** Not a list that the issuer has signed for this very address; the cause says why. */
export class InvalidStatusList extends Error {
  override name = "InvalidStatusList";
}

/** @throws InvalidStatusList */
export type ReadStatusList = (token: string, uri: string) => Promise<StatusList>;

export function createStatusListReader(options: {
  issuer: string;
  algorithms: readonly string[];
  keys: Pick<KeyCache, "resolve">;
  clock: Clock;
}): ReadStatusList {
  const { issuer, algorithms, keys, clock } = options;
  const verified = async (token: string, uri: string): Promise<StatusList> => {
    const { kid } = Header.parse(decodeProtectedHeader(token));
    const { payload } = await jwtVerify(token, (header) => keys.resolve(header), {
      algorithms: [...algorithms],
      issuer,
      subject: uri,
      typ: "statuslist+jwt",
      currentDate: clock.now(),
    });
    const { iat, exp, ttl = TTL_IF_UNSAID_SECONDS, status_list } = Claims.parse(payload);
    if (iat > numericDate(clock.now()) + SKEW_SECONDS) throw new Error("not valid yet");
    return {
      uri,
      kid,
      bits: status_list.bits,
      bytes: await inflated(status_list.lst),
      expiresAt: new Date(exp * 1000),
      ttlSeconds: Math.min(Math.max(ttl, LEAST_TTL_SECONDS), MOST_TTL_SECONDS),
    };
  };
  return async (token, uri) => {
    if (!isCompactJws(token, STATUS_LIST_MAX_BYTES)) {
      throw new InvalidStatusList("the status list is malformed");
    }
    return verified(token, uri).catch((cause: unknown) => {
      throw new InvalidStatusList("the status list is not valid", { cause });
    });
  };
}

/** DEFLATE in the ZLIB format (RFC 1950), stopped as soon as it grows too large: a kilobyte can hold a gigabyte. */
const inflated = async (lst: string): Promise<Uint8Array> =>
  promisify(inflate)(Buffer.from(lst, "base64url"), { maxOutputLength: MOST_INFLATED_BYTES });
