// How a status list packs its entries (Token Status List, draft-20): 1, 2, 4 or 8 bits for each
// token, the first token in the lowest bits of the first byte.

export const STATUS_SIZES = [1, 2, 4, 8] as const;

export interface StatusBits {
  readonly bits: (typeof STATUS_SIZES)[number];
  readonly bytes: Uint8Array;
}

/** The only value that lets a token count; all others mean that it does not. */
export const VALID = 0;

/** The value of one entry; undefined beyond the end of the list. */
export function statusAt({ bits, bytes }: StatusBits, index: number): number | undefined {
  const perByte = 8 / bits;
  const byte = bytes[Math.floor(index / perByte)];
  if (byte === undefined) return undefined;
  return (byte >> ((index % perByte) * bits)) & (2 ** bits - 1);
}
