// Where a grant stands in the status lists (Token Status List, draft-20 §13.2): its number, shuffled within a
// list, so that neighbours in a list are strangers and nobody can tell from an index when it was given out.
import { createCipheriv, hkdfSync } from "node:crypto";
import { LRUCache } from "lru-cache";

/** How many grants share a list. */
export const LIST_SIZE = 2 ** 20;

export interface StatusPlace {
  /** Which list: 0, 1, 2 … in the order in which they fill. */
  readonly list: number;
  /** 0 to `LIST_SIZE` - 1. */
  readonly index: number;
}

/** A grant's number, from 1, to its place. Two numbers never share one. */
export type PlaceOf = (number: number) => StatusPlace;

const HALF = 2 ** 10;
const ROUNDS = 8;
const REMEMBERED_LISTS = 64;

/** @param secret  32 random bytes, the same for all replicas and for ever */
export function statusPlaces(secret: Buffer): PlaceOf {
  const remembered = new LRUCache<number, Uint16Array>({ max: REMEMBERED_LISTS });

  /** What each round of the network adds to one half, by what the other half is. */
  function roundsOf(list: number): Uint16Array {
    const known = remembered.get(list);
    if (known) return known;
    const key = Buffer.from(hkdfSync("sha256", secret, "", `status list ${list}`, 32));
    const stream = createCipheriv("aes-256-ctr", key, Buffer.alloc(16));
    const bytes = new Uint8Array(stream.update(Buffer.alloc(ROUNDS * HALF * 2)));
    const rounds = new Uint16Array(bytes.buffer).map((word) => word % HALF);
    remembered.set(list, rounds);
    return rounds;
  }

  return (number) => {
    const list = Math.floor(number / LIST_SIZE);
    const rounds = roundsOf(list);
    // A Feistel network: whatever its rounds are, it takes no two numbers to the same place.
    let left = Math.floor((number % LIST_SIZE) / HALF);
    let right = number % HALF;
    for (let round = 0; round < ROUNDS; round += 1) {
      const mixed = left ^ (rounds[round * HALF + right] ?? 0);
      left = right;
      right = mixed;
    }
    return { list, index: left * HALF + right };
  };
}
