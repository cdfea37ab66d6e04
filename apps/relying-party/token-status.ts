// Whether a token that is valid in itself has been taken back (Token Status List, draft-20). The
// answer is a bit in memory; what to do without a current list is the route's policy, lenient or strict.
import { z } from "zod";
import { statusAt, VALID } from "./status-bits.ts";
import type { StatusLists } from "./status-lists.ts";

/** Where a token's status is to be found. Its other members are of no use to this site. */
export const StatusClaim = z.object({
  status_list: z.object({
    idx: z.int().nonnegative(),
    uri: z.string().min(1).max(1024),
  }),
});
type StatusClaim = z.infer<typeof StatusClaim>;

/** The token has been taken back, or does not say truly where to find out. */
export class TokenStatusRefused extends Error {
  override name = "TokenStatusRefused";
}

/** A route that must be sure cannot be: the provider does not say what has been taken back. */
export class TokenStatusUnavailable extends Error {
  override name = "TokenStatusUnavailable";
}

/** What was found: the entry and the age of the list that it stands in. */
export interface TokenStanding {
  index: number;
  listFetchedAt: Date;
}

/**
 * Looks up the status of a token whose signature and times have been checked.
 *
 * A lenient route goes by the last known list, whatever its age; where there has never been one and none comes
 * now, it takes the token until its own `exp`. That is minutes away, no better knowledge is to be had, and a
 * provider that is down would otherwise close every site. A strict route takes only a list within its ttl.
 *
 * @returns undefined when nothing is known of it
 * @throws TokenStatusRefused, or TokenStatusUnavailable
 */
export type CheckTokenStatus = (
  claim: StatusClaim | undefined,
  policy: { strict: boolean },
) => Promise<TokenStanding | undefined>;

export function createTokenStatus(options: {
  issuer: string;
  lists: StatusLists;
  /** Whether the provider's tokens always have a status: by its metadata; undefined while that is unknown. */
  isStatusPromised(): boolean | undefined;
}): CheckTokenStatus {
  const { issuer, lists, isStatusPromised } = options;
  return async (claim, { strict }) => {
    if (!claim) {
      const promised = isStatusPromised();
      if (promised)
        throw new TokenStatusRefused("The access token does not say where its status is");
      if (promised === undefined) throw new TokenStatusUnavailable("no metadata to go by");
      return undefined;
    }
    const { idx, uri } = claim.status_list;
    if (!isAddressOf(issuer, uri)) {
      throw new TokenStatusRefused("The access token names a foreign status list");
    }
    const copy = lists.at(uri);
    const held = await (strict ? copy.fresh() : copy.latest());
    if (!held && strict) throw new TokenStatusUnavailable("no current status list");
    if (!held) return undefined;
    const status = statusAt(held.list, idx);
    if (status === undefined) {
      throw new TokenStatusRefused("The access token is not on its status list");
    }
    if (status !== VALID) throw new TokenStatusRefused("The access token has been revoked");
    return { index: idx, listFetchedAt: held.fetchedAt };
  };
}

/** Plain path below the issuer's own, in its only spelling: a token sends this site nowhere else. */
function isAddressOf(issuer: string, uri: string): boolean {
  const base = `${issuer.replace(/\/$/, "")}/`;
  if (!uri.startsWith(base) || !/^[\w./~-]+$/.test(uri.slice(base.length))) return false;
  return URL.canParse(uri) && new URL(uri).href === uri;
}
