import { describe, expect, it } from "vitest";
import { gathered } from "../../../idp/records/gathered.ts";

/** Answers with the double, and keeps what it was asked together. */
function doubling() {
  const asked: number[][] = [];
  const ask = gathered(async (keys: readonly number[]) => {
    asked.push([...keys]);
    if (keys.includes(13)) throw new Error("not thirteen");
    return keys.map((key) => key * 2);
  });
  return { ask, asked };
}

describe("questions that are gathered", () => {
  it("are asked together when they come in the same moment, and each gets its own answer", async () => {
    const { ask, asked } = doubling();
    expect(await Promise.all([1, 2, 2, 3].map(ask))).toEqual([2, 4, 4, 6]);
    expect(asked).toEqual([[1, 2, 2, 3]]);
  });

  it("are asked later when they come later, and wait for nobody", async () => {
    const { ask, asked } = doubling();
    expect(await ask(1)).toBe(2);
    const [slow, quick] = [ask(2), new Promise((resolve) => setImmediate(() => resolve(ask(3))))];
    expect(await Promise.all([slow, quick])).toEqual([4, 6]);
    expect(asked).toEqual([[1], [2], [3]]);
  });

  it("fail together, and the next do not", async () => {
    const { ask } = doubling();
    const results = await Promise.allSettled([1, 13].map(ask));
    expect(results.map(({ status }) => status)).toEqual(["rejected", "rejected"]);
    expect(await ask(1)).toBe(2);
  });
});
