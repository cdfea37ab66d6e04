import fc from "fast-check";
import { beforeAll, describe, it } from "vitest";
import type { Database } from "../../prisma/database.ts";
import { databaseKind, openTwoHandles } from "../support/databases.ts";
import { play } from "./key-life.ts";
import { story, toldAgain } from "./key-life-stories.ts";

/** The soak tells a thousand; on the embedded database replicas are never quite at once. */
const STORIES = databaseKind() === "postgresql" ? 20 : 10;
const LONGEST = 20;

let handles: readonly Database[];
beforeAll(async () => {
  handles = await openTwoHandles();
});

describe("the life of the keys, whatever happens on whichever replica", () => {
  it(
    "K1 to K6: one key signs and one waits, every good token verifies, nothing goes back",
    { timeout: 180_000 },
    () =>
      fc.assert(
        fc.asyncProperty(story(LONGEST), (told) => play(told, handles)),
        { numRuns: STORIES, ...toldAgain() },
      ),
  );
});
