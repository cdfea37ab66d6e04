import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type EndingRaces, endingRaces, RACES } from "../support/ending-races.ts";
import { count, figure } from "./support/figures.ts";

const TRIES = count(200, 5);

let races: EndingRaces;
beforeAll(async () => {
  races = await endingRaces();
});
afterAll(() => races?.close());

describe("an ending and an issue in the same moment, on two instances", () => {
  it.each(RACES)(`S5, L3: %s, ${TRIES} times`, { timeout: 1_800_000 }, async (race) => {
    const issued: number[] = [];
    const outlived: string[] = [];
    for (let index = 0; index < TRIES; index += 1) {
      const outcome = await races[race](index);
      if (outcome.issued) issued.push(index);
      outlived.push(...outcome.outlived);
    }
    figure({
      id: "S5",
      what: `${race}: the ending came second`,
      unit: "",
      samples: [issued.length],
    });
    figure(
      { id: "S5", what: `${race}: what outlived its grant`, unit: "", samples: [outlived.length] },
      { of: "most", atMost: 0 },
    );
    expect(outlived).toEqual([]);
  });
});
