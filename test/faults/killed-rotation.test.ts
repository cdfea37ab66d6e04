import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Database, openDatabase } from "../../prisma/database.ts";
import { aKeyLifecycle, LEAD_SECONDS } from "../keys/a-key-lifecycle.ts";
import { aProcess, endProcesses } from "../support/a-process.ts";
import { createDatabase, databaseKind } from "../support/databases.ts";
import type { KilledRotation } from "../support/killed-rotation.ts";
import { movableClock } from "../support/movable-clock.ts";

const cause = { actor: "test" };

/** A process takes a second to start, and there are twenty of them: several databases at once. */
const LANES = databaseKind() === "postgresql" ? 2 : 1;
const PATIENTLY = { timeout: 300_000 };

/** One database, and replicas that come and go. */
async function aLane() {
  const clock = movableClock();
  const database: KilledRotation["database"] =
    databaseKind() === "postgresql"
      ? { url: await createDatabase(), migrate: false }
      : { directory: await mkdtemp(join(tmpdir(), "signet-killed-rotation-")) };
  if ("directory" in database) directories.push(database.directory);

  return {
    clock,
    /** A replica in a process of its own, which may not see the end of its rotation. */
    async rotate(order: Pick<KilledRotation, "point" | "onItsWay"> = {}) {
      const whole: KilledRotation = { database, at: clock.now().toISOString(), ...order };
      const { child, ended } = aProcess(
        "test/support/killed-rotation.ts",
        [JSON.stringify(whole)],
        {},
      );
      const { stdout, stderr } = await ended;
      const wasKilled = child.signalCode === "SIGKILL";
      if (!wasKilled && child.exitCode !== 0) throw new Error(stderr);
      const said = wasKilled ? { kind: "killed", points: 0 } : JSON.parse(stdout);
      return said as { kind: string; points: number };
    },
    /** The next replica: over the same database, where the other one died. */
    async asNext<T>(work: (database: Database) => Promise<T>): Promise<T> {
      const opened = await openDatabase(database);
      try {
        return await work(opened);
      } finally {
        await opened.close();
      }
    },
  };
}

const directories: string[] = [];
const rotations = ({ orm }: Database) => orm.auditEvent.count({ where: { kind: "keys.rotated" } });
const statesIn = async ({ orm }: Database) =>
  (await orm.signingKey.findMany({ where: { state: { in: ["active", "pending"] } } }))
    .map(({ state }) => state)
    .sort();

describe("a replica that is killed while it rotates the keys", PATIENTLY, () => {
  let lanes: Awaited<ReturnType<typeof aLane>>[];
  let points: number;

  beforeAll(async () => {
    lanes = await Promise.all(Array.from({ length: LANES }, aLane));
    const lived = await Promise.all(
      lanes.map((lane) => {
        lane.clock.advance(LEAD_SECONDS);
        return lane.rotate();
      }),
    );
    // A first start, whose keys are younger than the lead.
    expect(lived.map(({ kind }) => kind)).toEqual(lanes.map(() => "too-early"));
    const [whole] = await Promise.all(
      lanes.map((lane) => {
        lane.clock.advance(LEAD_SECONDS);
        return lane.rotate();
      }),
    );
    expect(whole?.kind).toBe("rotated");
    points = whole?.points ?? 0;
  }, PATIENTLY.timeout);
  afterAll(async () => {
    endProcesses();
    for (const directory of directories) await rm(directory, { recursive: true, force: true });
  });

  it("K5: at whichever point, leaves one rotation done or none, and the next replica goes on", async () => {
    expect(points).toBeGreaterThan(10);
    const kills = killsIn(points);
    const outcomes: string[] = [];
    await Promise.all(
      lanes.map(async (lane, number) => {
        const own = kills.filter((_, index) => index % LANES === number);
        for (const [index, kill] of own.entries()) {
          lane.clock.advance(LEAD_SECONDS);
          expect((await lane.rotate(kill)).kind).toBe("killed");
          // One rotation before all kills, and one for each of them.
          const before = 1 + index;
          outcomes.push(await lane.asNext((database) => goOn(database, before, lane.clock)));
        }
      }),
    );
    // Both have happened, or the points were none.
    expect([...new Set(outcomes)].sort()).toEqual(["again", "done"]);
  });

  /** What whoever tries again finds, and is told. */
  async function goOn(
    database: Database,
    before: number,
    clock: ReturnType<typeof movableClock>,
  ): Promise<"again" | "done"> {
    // K1: never none, never two.
    expect(await statesIn(database)).toEqual(["active", "pending"]);
    const wasDone = (await rotations(database)) === before + 1;
    const keys = aKeyLifecycle(database, clock);
    await keys.start();
    expect(JSON.parse(keys.ring.publication().body.toString()).keys.length).toBeGreaterThanOrEqual(
      2,
    );
    await keys.ring.sign({ typ: "JWT" }, { sub: "alice" });
    const result = await keys.rotate(cause);
    expect(result.kind).toBe(wasDone ? "too-early" : "rotated");
    expect(await statesIn(database)).toEqual(["active", "pending"]);
    expect(await rotations(database)).toBe(before + 1);
    await keys.poll();
    await keys.stop();
    return wasDone ? "done" : "again";
  }
});

/** Every point, and some with the statement on its way; the embedded database starts too slowly for all. */
function killsIn(points: number): Pick<KilledRotation, "point" | "onItsWay">[] {
  const all = Array.from({ length: points }, (_, point) => ({ point, onItsWay: false }));
  const onTheirWay = all.slice(-4).map(({ point }) => ({ point, onItsWay: true }));
  const kills = [...all, ...onTheirWay];
  return databaseKind() === "postgresql" ? kills : kills.filter((_, index) => index % 5 === 4);
}
