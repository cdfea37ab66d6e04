// A server as a process of its own, on a core of its own where the machine has one to spare.
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { cpus } from "node:os";
import { setTimeout as wait } from "node:timers/promises";
import { fileURLToPath } from "node:url";

export interface RunningServer {
  readonly name: string;
  readonly pid: number;
  readonly port: number;
  /** From the spawn to the first 200. */
  readonly startedAfterMs: number;
  stop(): Promise<void>;
}

export interface ServerCommand {
  readonly name: string;
  readonly arguments: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  readonly port: number;
  /** Answers with 200 once the server is up. */
  readonly readyPath: string;
  /** The cores it may use; all when absent. */
  readonly cores?: readonly number[] | undefined;
}

export const SERVER_CORE = 0;
/** Whatever is not the server under test: the database and the load. */
export const OTHER_CORES = cpus()
  .map((_, core) => core)
  .filter((core) => core !== SERVER_CORE);
export const root = fileURLToPath(new URL("../../", import.meta.url));

const LOOK_EVERY_MS = 5;
const LONGEST_START_MS = 60_000;
const running = new Set<ChildProcess>();
process.once("exit", () => {
  for (const child of running) child.kill("SIGKILL");
});

export async function startServer(command: ServerCommand): Promise<RunningServer> {
  const { name, port, readyPath, cores } = command;
  const began = performance.now();
  const node = [process.execPath, ...command.arguments];
  const [file = "", ...rest] =
    cores && canPin() ? ["taskset", "-c", cores.join(","), ...node] : node;
  const child = spawn(file, rest, {
    cwd: root,
    env: { PATH: process.env.PATH, NODE_ENV: "production", ...command.environment },
    stdio: ["ignore", "ignore", "pipe"],
  });
  running.add(child);
  let errors = "";
  child.stderr.on("data", (text: Buffer) => {
    errors += text.toString();
  });
  const url = `http://127.0.0.1:${port}${readyPath}`;
  while (!(await answersWith200(url))) {
    if (child.exitCode !== null || performance.now() - began > LONGEST_START_MS)
      throw new Error(`${name} did not come up: ${errors}`);
    await wait(LOOK_EVERY_MS);
  }
  return {
    name,
    pid: child.pid ?? 0,
    port,
    startedAfterMs: performance.now() - began,
    async stop() {
      const ended = once(child, "exit");
      child.kill("SIGTERM");
      await ended;
      running.delete(child);
    },
  };
}

async function answersWith200(url: string): Promise<boolean> {
  try {
    const answer = await fetch(url);
    await answer.body?.cancel();
    return answer.status === 200;
  } catch {
    return false;
  }
}

let pins: boolean | undefined;
/** Whether processes can be kept to cores here (Linux, two of them or more). */
export function canPin(): boolean {
  pins ??= OTHER_CORES.length > 0 && works("taskset", ["--version"]);
  return pins;
}

function works(file: string, options: readonly string[]): boolean {
  try {
    execFileSync(file, options, { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}

/** Moves a process that runs already, with all its threads. */
export function pin(pid: number, cores: readonly number[]): void {
  if (canPin())
    execFileSync("taskset", ["-acp", cores.join(","), String(pid)], { stdio: "ignore" });
}

const TICKS_PER_SECOND = 100;

/** What a process has worked so far, on all its threads; with its children's, when it has any. */
export function cpuSeconds(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1]?.split(" ") ?? [];
  // utime and stime, the 14th and 15th of proc(5), after two that stand before the bracket.
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
}

/** Resident memory in MiB. */
export function memoryMiB(pid: number): number {
  const status = readFileSync(`/proc/${pid}/status`, "utf8");
  return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? Number.NaN) / 1024;
}
