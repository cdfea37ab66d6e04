// Ending access in the very middle of something: after its statement has seen everything in order,
// before it commits.
import { setTimeout as pass } from "node:timers/promises";
import type { EndScope } from "../../../idp/ending/end-access.ts";
import type { Orm } from "../../../prisma/database.ts";
import { at, cause, type Stores } from "./a-world.ts";

/** Long enough for a statement to reach the row that is held. */
const A_MOMENT_MS = 250;

/**
 * Holds what `hold` locks while `first` and then `second` begin.
 * @returns whether `second` had ended while `first` still stood there
 */
export async function whileHeld<T>(
  { database }: Pick<Stores, "database">,
  hold: (orm: Orm) => Promise<unknown>,
  first: () => Promise<T>,
  second: () => Promise<unknown>,
): Promise<{ issued: T; endedBefore: boolean }> {
  let isHeld = () => {};
  let letGo = () => {};
  const held = new Promise<void>((resolve) => {
    isHeld = resolve;
  });
  const mayEnd = new Promise<void>((resolve) => {
    letGo = resolve;
  });
  const holding = database.transaction(async (orm) => {
    await hold(orm);
    isHeld();
    await mayEnd;
  });
  await held;

  let hasEnded = false;
  const issuing = first();
  await pass(A_MOMENT_MS);
  const ending = second().then(() => {
    hasEnded = true;
  });
  await pass(A_MOMENT_MS);
  const endedBefore = hasEnded;
  letGo();
  const [issued] = await Promise.all([issuing, ending, holding]);
  return { issued, endedBefore };
}

/** The same, with an ending of access as what comes second. */
export const endWhile = <T>(
  there: Stores,
  hold: (orm: Orm) => Promise<unknown>,
  issue: () => Promise<T>,
  scope: EndScope,
) =>
  whileHeld(there, hold, issue, () =>
    there.endAccess(scope, "ended-by-administrator", at(1), cause),
  );
