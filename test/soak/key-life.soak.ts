import fc from "fast-check";
import { beforeAll, describe, it } from "vitest";
import type { Database } from "../../prisma/database.ts";
import { play } from "../keys/key-life.ts";
import { story, toldAgain } from "../keys/key-life-stories.ts";
import { databaseKind, openTwoHandles } from "../support/databases.ts";
import { count, figure } from "./support/figures.ts";

const STORIES = count(databaseKind() === "postgresql" ? 1_000 : 200, 20);
const LONGEST = 40;

describe("the life of the keys, whatever happens on whichever replica", () => {
  let handles: readonly Database[];
  beforeAll(async () => {
    handles = await openTwoHandles();
  });

  it("K1 to K6: holds its promises in every story", async () => {
    let steps = 0;
    await fc.assert(
      fc.asyncProperty(story(LONGEST), async (told) => {
        steps += told.steps.length;
        await play(told, handles);
      }),
      { numRuns: STORIES, ...toldAgain() },
    );
    figure({ id: "K1-K6", what: "steps of replicas, promises held", unit: "", samples: [steps] });
  });
});
