// Two servers under the same flow, one after the other and back again, so that whatever the machine does
// meanwhile happens to both.
import { type Connection, openConnection } from "../client/connection.ts";
import { type Operation, runFor, runTimes, type Sample } from "../client/lanes.ts";
import type { Flow } from "../flows/flow.ts";
import type { Provider } from "../provider.ts";
import type { BenchDatabase } from "../servers/postgresql.ts";
import { cpuSeconds, type RunningServer } from "../servers/process.ts";
import { median, quantile } from "./statistics.ts";

export interface Contestant {
  readonly provider: Provider;
  readonly server: RunningServer;
  /** Absent for servers without one. */
  readonly databaseName?: string;
}

export interface Figures {
  readonly perSecond: number;
  /** Of the server's process, its threads included; what the database works is not in it. */
  readonly cpuMs: number;
  readonly medianMs: number;
  readonly p99Ms: number;
  readonly statements: number;
  readonly walBytes: number;
}

export interface Comparison {
  readonly flow: string;
  /** Of the servers, in the order of their figures. */
  readonly names: readonly string[];
  readonly figures: readonly Figures[];
}

export interface Pace {
  readonly callers: number;
  readonly warmUpSeconds: number;
  readonly sampleSeconds: number;
  /** How often A B B A. */
  readonly rounds: number;
}

interface Corner extends Contestant {
  readonly connections: readonly Connection[];
  readonly lanes: readonly Operation[];
  readonly samples: { sample: Sample; cpuMs: number }[];
}

const COUNTED_OPERATIONS = 25;

export async function compare(
  flow: Flow,
  contestants: readonly Contestant[],
  pace: Pace,
  database: BenchDatabase | undefined,
): Promise<Comparison> {
  const corners: Corner[] = [];
  for (const contestant of contestants)
    corners.push(await intoTheRing(flow, contestant, pace.callers));
  for (const corner of corners) await runFor(corner.lanes, pace.warmUpSeconds);
  for (let round = 0; round < pace.rounds; round += 1)
    for (const corner of [...corners, ...corners.toReversed()])
      await take(corner, pace.sampleSeconds);
  const figures: Figures[] = [];
  for (const corner of corners)
    figures.push({ ...figuresOf(corner), ...(await writes(corner, database)) });
  for (const { connections } of corners) for (const connection of connections) connection.close();
  return { flow: flow.name, names: contestants.map(({ provider }) => provider.name), figures };
}

async function intoTheRing(flow: Flow, contestant: Contestant, callers: number): Promise<Corner> {
  const connections: Connection[] = [];
  const lanes: Operation[] = [];
  for (let caller = 0; caller < callers; caller += 1) {
    const connection = await openConnection(contestant.provider.port);
    connections.push(connection);
    lanes.push(await flow.lane(contestant.provider, connection));
  }
  return { ...contestant, connections, lanes, samples: [] };
}

async function take({ server, lanes, samples }: Corner, seconds: number): Promise<void> {
  const before = cpuSeconds(server.pid);
  const sample = await runFor(lanes, seconds);
  samples.push({ sample, cpuMs: ((cpuSeconds(server.pid) - before) * 1000) / sample.count });
}

function figuresOf({ samples }: Corner): Omit<Figures, "statements" | "walBytes"> {
  const latencies = samples.flatMap(({ sample }) => sample.latenciesMs).sort((a, b) => a - b);
  return {
    perSecond: median(samples.map(({ sample }) => sample.count / sample.seconds)),
    cpuMs: median(samples.map(({ cpuMs }) => cpuMs)),
    medianMs: quantile(latencies, 0.5),
    p99Ms: quantile(latencies, 0.99),
  };
}

/** What one operation asks of the database, counted apart so that nothing timed has to wait for it. */
async function writes({ lanes, databaseName }: Corner, database: BenchDatabase | undefined) {
  if (!database || databaseName === undefined) return { statements: 0, walBytes: 0 };
  const [statements, bytes] = [await database.statements(databaseName), await database.walBytes()];
  const count = await runTimes(lanes.slice(0, 4), COUNTED_OPERATIONS);
  return {
    statements: ((await database.statements(databaseName)) - statements) / count,
    walBytes: ((await database.walBytes()) - bytes) / count,
  };
}
