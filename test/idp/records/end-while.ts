// Ending access in the very middle of something: after its statement has seen everything in order,
// before it commits.
import { setTimeout as pass } from "node:timers/promises";
import type { EndScope } from "../../../idp/ending/end-access.ts";
import type { Orm } from "../../../prisma/database.ts";
import { at, cause, type Stores } from "./a-world.ts";

/** Long enough for a statement to reach the row that is held. */
const A_MOMENT_MS = 250;

/**
 * Holds what `hold` locks while `issue` and then `scope`'s ending begin.
 * @returns whether access had ended while `issue` still stood there
 */
export async function endWhile<T>(
  there: Stores,
  hold: (orm: Orm) => Promise<unknown>,
  issue: () => Promise<T>,
  scope: EndScope,
): Promise<{ issued: T; endedBefore: boolean }> {
  let isHeld = () => {};
  let letGo = () => {};
  const held = new Promise<void>((resolve) => {
    isHeld = resolve;
  });
  const mayEnd = new Promise<void>((resolve) => {
    letGo = resolve;
  });
  const holding = there.database.transaction(async (orm) => {
    await hold(orm);
    isHeld();
    await mayEnd;
  });
  await held;

  let hasEnded = false;
  const issuing = issue();
  await pass(A_MOMENT_MS);
  const ending = there.endAccess(scope, "ended-by-administrator", at(1), cause).then(() => {
    hasEnded = true;
  });
  await pass(A_MOMENT_MS);
  const endedBefore = hasEnded;
  letGo();
  const [issued] = await Promise.all([issuing, ending, holding]);
  return { issued, endedBefore };
}
