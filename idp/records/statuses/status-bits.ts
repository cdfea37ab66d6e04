import { LIST_SIZE, type StatusPlace } from "./status-place.ts";

/** One list as it is now. Byte `i >> 3`, bit `i & 7` tells of index i: 1 is INVALID (draft-20 §4.1). */
export interface StatusList {
  readonly bits: Uint8Array;
  /** Rises whenever a bit is set. */
  readonly version: number;
}

export interface StatusBits {
  /** A grant that stands there has ended; to say so again changes nothing. */
  end(place: StatusPlace): void;
  list(number: number): StatusList;
}

const NOTHING_ENDED: StatusList = { bits: new Uint8Array(LIST_SIZE / 8), version: 0 };

/** Which places have ended, in memory: 128 KiB for each list in which any has. */
export function statusBits(): StatusBits {
  const lists = new Map<number, { bits: Uint8Array; version: number }>();

  function listToWrite(number: number) {
    const known = lists.get(number);
    if (known) return known;
    const made = { bits: new Uint8Array(LIST_SIZE / 8), version: 0 };
    lists.set(number, made);
    return made;
  }

  return {
    end({ list: number, index }) {
      const list = listToWrite(number);
      const before = list.bits[index >> 3] ?? 0;
      const after = before | (1 << (index & 7));
      if (after === before) return;
      list.bits[index >> 3] = after;
      list.version += 1;
    },
    list: (number) => lists.get(number) ?? NOTHING_ENDED,
  };
}
