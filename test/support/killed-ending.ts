// A replica, as a process of its own, that ends a person's sign-ins and is killed at one point of it: in
// front of a statement or of the commit, or after it and before anything was sent.
import { endAccess } from "../../idp/ending/end-access.ts";
import { openDatabase } from "../../prisma/database.ts";
import { crashingDatabase } from "../keys/crashing-database.ts";

export interface KilledEnding {
  readonly database: { url: string; migrate: false } | { directory: string };
  readonly accountId: string;
  readonly at: string;
  /** Undefined: it lives, and says how many points there were. */
  readonly point?: number;
}

const order: KilledEnding = JSON.parse(process.argv[2] ?? "{}");
const real = await openDatabase(order.database);
const handle = crashingDatabase(real);
handle.atEachPoint((point) => {
  if (point === order.point) process.kill(process.pid, "SIGKILL");
});
const { accountId, at } = order;
const end = endAccess({ database: handle.database, wake: () => {} });
const scope = { kind: "sessions-of", accountId } as const;
await end(scope, "signed-out-everywhere", new Date(at), { actor: `account:${accountId}` });
process.stdout.write(JSON.stringify({ points: handle.points }));
await real.close();
