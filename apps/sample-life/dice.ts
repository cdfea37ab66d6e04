// Numbers that look thrown and never change: SHA-256 of some words, read as a stream of 32-bit
// integers. Sample data only; nothing secret is ever made here.
import { createHash } from "node:crypto";

export interface Dice {
  /** A whole number from `min` to `max`, both included. */
  between(min: number, max: number): number;
  /** A number from 0 up to, but not including, 1. */
  fraction(): number;
  pick<const List extends readonly [unknown, ...unknown[]]>(list: List): List[number];
}

const WORD_BYTES = 4;

/** The same words always throw the same numbers, in any process and on any day. */
export function dice(...words: readonly string[]): Dice {
  const seed = JSON.stringify(words);
  let block = Buffer.alloc(0);
  let offset = 0;
  let counter = 0;

  const fraction = () => {
    if (offset >= block.length) {
      block = createHash("sha256").update(`${counter++}:${seed}`).digest();
      offset = 0;
    }
    const word = block.readUInt32BE(offset);
    offset += WORD_BYTES;
    return word / 2 ** 32;
  };
  const between = (min: number, max: number) => min + Math.floor(fraction() * (max - min + 1));

  return {
    between,
    fraction,
    pick: (list) => list[between(0, list.length - 1)] ?? list[0],
  };
}
