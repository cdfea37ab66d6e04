// npm run bench: Signet beside node-oidc-provider on one PostgreSQL, and beside servers that do nothing.
//   --quick         two minutes instead of twenty
//   <flow> …        only the flows with these words in their names
//   --write         keeps the tables in docs/performance.md
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { signOnHop } from "./flows/flows.ts";
import { ROWS } from "./goals.ts";
import { type Contestant, compare, type Pace } from "./measure/compare.ts";
import { median } from "./measure/statistics.ts";
import { type Measured, report, type Whole } from "./report.ts";
import { startBare } from "./servers/bare.ts";
import { furnishPeer, startPeer } from "./servers/peer.ts";
import { type BenchDatabase, startDatabase } from "./servers/postgresql.ts";
import {
  canPin,
  memoryMiB,
  OTHER_CORES,
  pin,
  type RunningServer,
  root,
  SERVER_CORE,
} from "./servers/process.ts";
import { furnishSignet, startSignet } from "./servers/signet.ts";

const quick = process.argv.includes("--quick");
const only = process.argv.slice(2).filter((argument) => !argument.startsWith("--"));
const pace: Pace = quick
  ? { callers: 32, warmUpSeconds: 2, sampleSeconds: 1.5, rounds: 1 }
  : { callers: 32, warmUpSeconds: 5, sampleSeconds: 4, rounds: 3 };
const STARTS = quick ? 2 : 5;

const say = (text: string) => process.stdout.write(`${text}\n`);
const cores = canPin() ? [SERVER_CORE] : undefined;
pin(process.pid, OTHER_CORES);

const database = await startDatabase();
const databaseUrl = {
  signet: await database.create("signet"),
  peer: await database.create("peer"),
};
try {
  const { measured, memory, hop } = await flowByFlow(database);
  const wholes = only.length > 0 ? [] : [...memory, ...(await starts()), ...hop];
  const setting = { postgresql: database.version, isPinned: canPin(), pace };
  const tables = report(measured, wholes, setting);
  say(tables);
  if (process.argv.includes("--write")) keep(tables);
} finally {
  await database.stop();
}

async function flowByFlow(database: BenchDatabase) {
  const ours = await startSignet({ databaseUrl: databaseUrl.signet, cores });
  const theirs = await startPeer({ databaseUrl: databaseUrl.peer, cores });
  const pair: Contestant[] = [
    { provider: await furnishSignet(ours), server: ours, databaseName: "signet" },
    { provider: furnishPeer(theirs), server: theirs, databaseName: "peer" },
  ];
  const document = await (await fetch(`http://127.0.0.1:${ours.port}/jwks`)).text();
  const bare = [await startBare("koa", document, cores), await startBare("http", document, cores)];
  const measured: Measured[] = [];
  for (const row of ROWS) {
    const { name } = row.flow;
    if (only.length > 0 && !only.some((word) => name.includes(word))) continue;
    say(name);
    const contestants = row.besideBare ? [...pair, ...bare] : pair;
    measured.push({ row, comparison: await compare(row.flow, contestants, pace, database) });
  }
  const memory: Whole[] = [
    {
      what: "memory after the run",
      unit: "MiB",
      ours: memoryMiB(ours.pid),
      theirs: memoryMiB(theirs.pid),
      mustReach: 1.5,
    },
  ];
  await stopAll([ours, theirs, ...bare.map(({ server }) => server)]);
  return { measured, memory, hop: hopWholes(measured) };
}

function hopWholes(measured: readonly Measured[]): Whole[] {
  const hop = measured.find(({ row }) => row.flow === signOnHop);
  const [ours, theirs] = hop?.comparison.figures ?? [];
  if (!ours || !theirs) return [];
  const what = `p99 of the hop, ${pace.callers} callers`;
  return [{ what, unit: "ms", ours: ours.p99Ms, theirs: theirs.p99Ms, mustReach: 0.6 }];
}

/** From the process to the first answer, with the tables already there. */
async function starts(): Promise<Whole[]> {
  const times = { ours: [] as number[], theirs: [] as number[] };
  for (let round = 0; round < STARTS; round += 1) {
    const ours = await startSignet({ databaseUrl: databaseUrl.signet, cores });
    times.ours.push(ours.startedAfterMs);
    await ours.stop();
    const theirs = await startPeer({ databaseUrl: databaseUrl.peer, cores });
    times.theirs.push(theirs.startedAfterMs);
    await theirs.stop();
  }
  const [ours, theirs] = [median(times.ours) / 1000, median(times.theirs) / 1000];
  return [{ what: "start to the first 200", unit: "s", ours, theirs, mustReach: 1.6 }];
}

async function stopAll(servers: readonly RunningServer[]): Promise<void> {
  for (const server of servers) await server.stop();
}

/** Between its marks; what is said around them is written by hand. */
function keep(tables: string): void {
  const path = join(root, "docs/performance.md");
  const [before = "", , after = ""] = readFileSync(path, "utf8").split("<!-- figures -->\n");
  writeFileSync(path, [before, tables, after].join("<!-- figures -->\n"));
}
