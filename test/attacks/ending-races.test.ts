import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type EndingRaces, endingRaces, RACES } from "../support/ending-races.ts";

const TRIES = 20;

let races: EndingRaces;
beforeAll(async () => {
  races = await endingRaces();
});
afterAll(() => races?.close());

describe("an ending and an issue in the same moment, on two instances", () => {
  it.each(RACES)(`S5, E7, L3: %s, ${TRIES} times: nothing outlives its grant`, async (race) => {
    for (let index = 0; index < TRIES; index += 1) {
      const { outlived } = await races[race](index);
      expect(outlived).toEqual([]);
    }
  });
});
