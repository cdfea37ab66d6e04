import { expect, it } from "vitest";
import { openTestDatabase } from "../support/databases.ts";
import { kitThroughRotations } from "./kit-through-rotations.ts";

/** Each takes an RSA key to be made; the soak has a hundred. */
const ROTATIONS = 15;

it("K2, K3: a site on the kit verifies what either key has signed, rotation after rotation", {
  timeout: 180_000,
}, async () => {
  const { keys, fetches } = await kitThroughRotations(await openTestDatabase(), ROTATIONS);
  expect(keys).toBe(ROTATIONS + 1);
  expect(fetches).toBeLessThanOrEqual(ROTATIONS * 6);
});
