// npm run bench:profile <flow>: where the time of one flow goes, from V8's own profiler.
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openConnection } from "./client/connection.ts";
import { runFor } from "./client/lanes.ts";
import * as flows from "./flows/flows.ts";
import { startDatabase } from "./servers/postgresql.ts";
import { canPin, OTHER_CORES, pin, SERVER_CORE } from "./servers/process.ts";
import { furnishSignet, startSignet } from "./servers/signet.ts";

interface Profile {
  readonly nodes: readonly {
    readonly id: number;
    readonly callFrame: {
      readonly functionName: string;
      readonly url: string;
      readonly lineNumber: number;
    };
    readonly children?: readonly number[];
  }[];
  readonly samples: readonly number[];
  readonly timeDeltas: readonly number[];
}

const CALLERS = 32;
const SECONDS = 8;
const directory = mkdtempSync(join(tmpdir(), "signet-profile-"));
const wanted = process.argv[2] ?? "hop";
const flow = Object.values(flows).find(({ name }) => name.includes(wanted));
if (!flow) throw new Error(`no flow is called ${wanted}`);

pin(process.pid, OTHER_CORES);
const database = await startDatabase();
const server = await startSignet({
  databaseUrl: await database.create("signet"),
  cores: canPin() ? [SERVER_CORE] : undefined,
  nodeOptions: ["--cpu-prof", `--cpu-prof-dir=${directory}`],
});
const provider = await furnishSignet(server);
const lanes = [];
for (let caller = 0; caller < CALLERS; caller += 1)
  lanes.push(await flow.lane(provider, await openConnection(provider.port)));
const { count } = await runFor(lanes, SECONDS);
await server.stop();
await database.stop();
const [file = ""] = readdirSync(directory);
const profile: Profile = JSON.parse(readFileSync(join(directory, file), "utf8"));
rmSync(directory, { recursive: true });

const byNode = new Map<number, number>();
// The start is not the flow: only the last seconds are looked at.
let left = SECONDS * 1_000_000;
for (let at = profile.samples.length - 1; at >= 0 && left > 0; at -= 1) {
  const id = profile.samples[at] ?? 0;
  const micros = profile.timeDeltas[at] ?? 0;
  byNode.set(id, (byNode.get(id) ?? 0) + micros);
  left -= micros;
}
const byFunction = new Map<string, number>();
const byFile = new Map<string, number>();
for (const { id, callFrame } of profile.nodes) {
  const micros = byNode.get(id) ?? 0;
  const where = callFrame.url.replace(/^.*\/(node_modules|dist)\//, "");
  const name = `${callFrame.functionName || "(anonymous)"} ${where}:${callFrame.lineNumber + 1}`;
  byFunction.set(name, (byFunction.get(name) ?? 0) + micros);
  const part = where.startsWith("node:")
    ? where
    : where
        .split("/")
        .slice(0, where.startsWith("@") ? 2 : 3)
        .join("/") || callFrame.functionName;
  byFile.set(part, (byFile.get(part) ?? 0) + micros);
}
const top = (times: ReadonlyMap<string, number>, most: number) => {
  for (const [name, micros] of [...times].sort((a, b) => b[1] - a[1]).slice(0, most))
    process.stdout.write(`${(micros / count).toFixed(1).padStart(8)} us  ${name}\n`);
};
process.stdout.write(`${flow.name}: ${count} operations\n`);
top(byFile, 40);
process.stdout.write("\n");
top(byFunction, 60);
