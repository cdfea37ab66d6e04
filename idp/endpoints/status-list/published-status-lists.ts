// Status lists as they are served: compressed and signed once, and again only when a grant in them has ended,
// another key signs, or half a day has passed.
import { createHash } from "node:crypto";
import { LRUCache } from "lru-cache";
import type { KeyRing } from "../../../keys/key-ring.ts";
import type { Clock } from "../../../prisma/clock.ts";
import { type PreparedDocument, prepareDocument } from "../../http/prepared-answer.ts";
import type { StatusList } from "../../records/statuses/status-bits.ts";
import type { Statuses } from "../../records/statuses/statuses.ts";
import { STATUS_LIST_LIFE_SECONDS, type StatusListTokens } from "../../tokens/status-list-token.ts";

export const STATUS_LIST_TYPE = "application/statuslist+jwt";

/** @returns undefined for a list that is not in use. @throws DatabaseUnavailable, KeysUnavailable */
export type PublishedStatusLists = (number: number) => Promise<PreparedDocument | undefined>;

export interface PublishedStatusListsDeps {
  readonly statuses: Pick<Statuses, "list">;
  readonly statusListTokens: StatusListTokens;
  readonly statusListUri: (list: number) => string;
  readonly ring: Pick<KeyRing, "activeKid">;
  readonly clock: Clock;
}

const KEPT = 256;
const SIGNED_ANEW_AFTER_MS = (STATUS_LIST_LIFE_SECONDS / 2) * 1000;

export function publishedStatusLists(deps: PublishedStatusListsDeps): PublishedStatusLists {
  const { statuses, statusListTokens, statusListUri, ring, clock } = deps;
  const kept = new LRUCache<number, { edition: string; made: Promise<PreparedDocument> }>({
    max: KEPT,
  });

  async function make(number: number, { bits }: StatusList, edition: string) {
    // Copied: what ends meanwhile belongs to the next edition.
    const content = { uri: statusListUri(number), bits: bits.slice() };
    const says = createHash("sha256").update(edition).update(content.bits).digest("base64url");
    return prepareDocument({
      body: Buffer.from(await statusListTokens.mint(content, clock.now())),
      // Weak: replicas sign for themselves, and what they sign says the same.
      etag: `W/"${says.slice(0, 22)}"`,
      contentType: STATUS_LIST_TYPE,
      // `ttl` says how long a copy is good for; a cache in between must not add to that.
      cacheControl: "no-cache",
      vary: "Accept",
    });
  }

  return async (number) => {
    const list = await statuses.list(number);
    if (list === undefined) return undefined;
    const halfDay = Math.floor(clock.now().getTime() / SIGNED_ANEW_AFTER_MS);
    const signer = `${ring.activeKid} ${halfDay}`;
    const edition = `${signer} ${list.version}`;
    const known = kept.get(number);
    if (known?.edition === edition) return known.made;
    const made = make(number, list, signer);
    kept.set(number, { edition, made });
    // One that could not be signed is not kept.
    made.catch(() => kept.get(number)?.made === made && kept.delete(number));
    return made;
  };
}
