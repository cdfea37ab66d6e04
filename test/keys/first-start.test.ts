import { beforeAll, describe, expect, it } from "vitest";
import type { KeyLifecycle } from "../../keys/key-lifecycle.ts";
import type { Database } from "../../prisma/database.ts";
import { databaseKind, openTwoHandles } from "../support/databases.ts";
import { movableClock } from "../support/movable-clock.ts";
import { aKeyLifecycle, removeAllKeys } from "./a-key-lifecycle.ts";

/** What the embedded database does one after another tells less. */
const TIMES = databaseKind() === "postgresql" ? 50 : 10;
const ALGS = ["ES256", "EdDSA"];

let first: Database;
let second: Database;
beforeAll(async () => {
  [first, second] = await openTwoHandles();
});

const etag = ({ ring }: KeyLifecycle) => ring.publication().etag;

describe("the first start", () => {
  it(`K6: of three replicas at once, ${TIMES} times over, makes one key set each time`, async () => {
    for (let time = 0; time < TIMES; time += 1) {
      await removeAllKeys(first);
      const clock = movableClock();
      const replicas = [first, second, first].map((database) =>
        aKeyLifecycle(database, clock, { signingAlgs: ALGS }),
      );
      await Promise.all(replicas.map((keys) => keys.start()));
      const rows = await first.orm.signingKey.findMany({
        orderBy: [{ alg: "asc" }, { state: "asc" }],
      });
      expect(rows.map(({ alg, state }) => `${alg} ${state}`)).toEqual([
        "ES256 active",
        "ES256 pending",
        "EdDSA active",
        "EdDSA pending",
      ]);
      expect(new Set(replicas.map(etag)).size).toBe(1);
      expect(await first.orm.auditEvent.count()).toBe(1);
      await Promise.all(replicas.map((keys) => keys.stop()));
    }
  });
});
