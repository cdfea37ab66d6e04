// Every kind of thing at every door (T3, T9, E10): what is good at one is worth nothing at any other. The
// diagonal proves that each of them is real.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { aConfusedWorld, type ConfusedWorld, KINDS } from "./confusion/a-confused-world.ts";
import { ACCEPTORS } from "./confusion/acceptors.ts";

let world: ConfusedWorld;
beforeAll(async () => {
  world = await aConfusedWorld();
});
afterAll(() => world.close());

describe.each(Object.entries(ACCEPTORS))("%s", (_door, { takes, lets }) => {
  const others = KINDS.filter((kind) => !takes.includes(kind));

  // First, since some doors close for a while after too many wrong tries.
  it.each(takes)("lets in: %s", async (kind) => {
    expect(await lets(world, await world.fresh(kind))).toBe(true);
  });

  it.each(others)("T3, T9: turns away: %s", async (kind) => {
    expect(await lets(world, world.things[kind] ?? "")).toBe(false);
  });
});

describe("the world", () => {
  it("has every kind that the table names", () => {
    for (const kind of KINDS) expect(world.things[kind], kind).toMatch(/.{8}/);
  });
});
