// A replica, as a process of its own, that rotates the keys and is killed at one point of it: in front
// of a statement or of a commit, while it is on its way, or after the commit.
import { openDatabase } from "../../prisma/database.ts";
import { aKeyLifecycle } from "../keys/a-key-lifecycle.ts";
import { crashingDatabase } from "../keys/crashing-database.ts";

export interface KilledRotation {
  readonly database: { url: string; migrate: false } | { directory: string };
  /** When it happens, for this replica. */
  readonly at: string;
  /** Undefined: it lives, and says how many points there were. */
  readonly point?: number;
  /** Not in front of it: it is asked for, and then nobody is there to hear the answer. */
  readonly onItsWay?: boolean;
}

const order: KilledRotation = JSON.parse(process.argv[2] ?? "{}");
const real = await openDatabase(order.database);
const handle = crashingDatabase(real);
const keys = aKeyLifecycle(handle.database, { now: () => new Date(order.at) });
await keys.start();

const die = () => process.kill(process.pid, "SIGKILL");
handle.atEachPoint((point) => {
  if (point !== order.point) return;
  if (order.onItsWay) setImmediate(die);
  else die();
});
const { kind } = await keys.rotate({ actor: "test" });
process.stdout.write(`${JSON.stringify({ kind, points: handle.points })}\n`);
await keys.stop();
await real.close();
