import { describe, expect, it } from "vitest";
import { LIST_SIZE, statusPlaces } from "../../../../idp/records/statuses/status-place.ts";

const placeOf = statusPlaces(Buffer.alloc(32, 1));

describe("a grant's place in the status lists (Token Status List, draft-20)", () => {
  it("is another one for each of the million numbers of a list", () => {
    const taken = new Uint8Array(LIST_SIZE);
    for (let number = 0; number < LIST_SIZE; number += 1) {
      const { list, index } = placeOf(number);
      if (list !== 0) throw new Error(`${number} stands in list ${list}`);
      taken[index] = 1;
    }
    expect(taken.every((isTaken) => isTaken === 1)).toBe(true);
  });

  it("is in the list whose turn it is", () => {
    expect(placeOf(LIST_SIZE - 1).list).toBe(0);
    expect(placeOf(LIST_SIZE).list).toBe(1);
    expect(placeOf(7 * LIST_SIZE + 3).list).toBe(7);
  });

  it("tells nothing of the order: neighbours are as far apart as strangers", () => {
    let distance = 0;
    let rising = 0;
    const samples = 10_000;
    for (let number = 0; number < samples; number += 1) {
      const [one, next] = [placeOf(number).index, placeOf(number + 1).index];
      distance += Math.abs(one - next) / samples;
      if (next > one) rising += 1;
    }
    // Of two places drawn at random: a third of the list, and as often the one as the other first.
    expect(distance / LIST_SIZE).toBeCloseTo(1 / 3, 1);
    expect(rising / samples).toBeCloseTo(1 / 2, 1);
  });

  it("is shuffled otherwise in each list, and with each secret", () => {
    const index = placeOf(12).index;
    expect(placeOf(12 + LIST_SIZE).index).not.toBe(index);
    expect(statusPlaces(Buffer.alloc(32, 2))(12).index).not.toBe(index);
    expect(statusPlaces(Buffer.alloc(32, 1))(12)).toEqual({ list: 0, index });
  });
});
