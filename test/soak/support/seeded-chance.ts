// Chance that can be had again by its seed (mulberry32).
export interface Chance {
  /** True once in so many times. */
  oneIn(times: number): boolean;
  /** From 0 up to and without this. */
  upTo(limit: number): number;
  pick<T>(among: readonly T[]): T;
  /** Any characters, control characters among them; no lone surrogates, which no URL can hold. */
  text(longest: number): string;
}

export function seededChance(seed: number): Chance {
  let state = seed >>> 0;
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const upTo = (limit: number) => Math.floor(next() * limit);
  return {
    oneIn: (times) => upTo(times) === 0,
    upTo,
    pick(among) {
      const picked = among[upTo(among.length)];
      if (picked === undefined) throw new Error("nothing to pick from");
      return picked;
    },
    text: (longest) =>
      String.fromCharCode(
        ...Array.from({ length: upTo(longest) }, () => upTo(next() < 0.8 ? 0x80 : 0xd800)),
      ),
  };
}
