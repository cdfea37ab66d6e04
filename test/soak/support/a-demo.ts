// The whole demo as a person starts it, `npm start`, on ports and a data directory of its own; its three
// processes can be looked at from outside.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { type DemoSignIn, findDemoSignIns } from "../../../idp/demo/demo-people.ts";
import { freePort } from "../../support/free-port.ts";
import { localFetch } from "../../support/local-fetch.ts";

export type DemoName = "idp" | "bank" | "retirement";

export interface Demo {
  readonly issuer: string;
  readonly idpPort: number;
  readonly bank: string;
  readonly retirement: string;
  readonly signIns: readonly DemoSignIn[];
  readonly adminToken: string;
  /** From the command until both sites answered with their way to sign in. */
  readonly startedAfterMs: number;
  /** What all its processes had worked by then: less at the mercy of a busy machine than the clock. */
  readonly workedMs: number;
  /** Resident memory in MiB. */
  memory(which: DemoName): number;
  stop(): Promise<void>;
}

const root = fileURLToPath(new URL("../../../", import.meta.url));
const LOOK_EVERY_MS = 20;
const LONGEST_START_MS = 300_000;
const running = new Set<ChildProcess>();

// What a failed test has left behind ends with the run.
process.once("exit", () => {
  for (const child of running) child.kill("SIGTERM");
});

export async function aDemo(
  dataDirectory: string,
  environment: Readonly<Record<string, string>> = {},
): Promise<Demo> {
  const [idpPort, bankPort, retirementPort] = [
    await freePort(),
    await freePort(),
    await freePort(),
  ];
  const { PATH, HOME, TMPDIR } = process.env;
  const began = performance.now();
  const child = spawn("npm", ["start"], {
    cwd: root,
    // A group of its own, as a terminal gives it one: Ctrl-C goes to all of it.
    detached: true,
    stdio: ["ignore", "pipe", "pipe"],
    env: {
      PATH,
      HOME,
      TMPDIR,
      DATA_DIR: dataDirectory,
      IDP_PORT: String(idpPort),
      BANK_PORT: String(bankPort),
      RETIREMENT_PORT: String(retirementPort),
      LOG_LEVEL: "error",
      ...environment,
    },
  });
  running.add(child);
  let output = "";
  for (const stream of [child.stdout, child.stderr])
    stream.on("data", (text: Buffer) => {
      output += text.toString();
    });
  const ended = once(child, "close").then(() => running.delete(child));

  const issuer = `http://id.localhost:${idpPort}`;
  const bank = `http://bank.localhost:${bankPort}`;
  const retirement = `http://retirement.localhost:${retirementPort}`;
  while (!((await sendsToSignIn(bank, issuer)) && (await sendsToSignIn(retirement, issuer)))) {
    if (child.exitCode !== null || performance.now() - began > LONGEST_START_MS)
      throw new Error(`npm start did not come up: ${output}`);
    await wait(LOOK_EVERY_MS);
  }
  const startedAfterMs = performance.now() - began;
  const all = [child.pid ?? 0, ...descendants(child.pid ?? 0)];
  const workedMs = all.reduce((sum, pid) => sum + workOf(pid), 0);

  const mains = {
    idp: "/idp/main.js",
    bank: "/apps/bank/main.js",
    retirement: "/apps/retirement/main.js",
  };
  const processOf = (which: DemoName): number => {
    const found = descendants(child.pid ?? 0).find((pid) => commandOf(pid).includes(mains[which]));
    if (found === undefined) throw new Error(`no process runs ${mains[which]}`);
    return found;
  };

  return {
    issuer,
    idpPort,
    bank,
    retirement,
    signIns: findDemoSignIns(dataDirectory),
    adminToken: readFileSync(join(dataDirectory, "idp", "admin-token"), "utf8").trim(),
    startedAfterMs,
    workedMs,
    memory: (which) => residentMemory(processOf(which)),
    async stop() {
      process.kill(-(child.pid ?? 0), "SIGINT");
      await ended;
    },
  };
}

/** A site answers when its front page sends a stranger to the identity provider. */
async function sendsToSignIn(site: string, issuer: string): Promise<boolean> {
  try {
    const answer = await localFetch(site);
    await answer.text();
    const location = answer.headers.get("Location") ?? "";
    return location.startsWith(`${issuer}/authorize`);
  } catch {
    return false;
  }
}

function descendants(pid: number): number[] {
  const children = readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((one) => parentOf(one) === pid);
  return children.flatMap((one) => [one, ...descendants(one)]);
}

// Processes come and go while we look.
const readProc = (pid: number, name: string) => {
  try {
    return readFileSync(`/proc/${pid}/${name}`, "utf8");
  } catch {
    return "";
  }
};

/** After the command's name, in parentheses, which may itself hold spaces and parentheses. */
const statusOf = (pid: number) => readProc(pid, "stat").split(") ").at(-1)?.split(" ") ?? [];

const TICK_MS = 10;

/** User and system time of the process, and of its children that have ended. */
const workOf = (pid: number) =>
  statusOf(pid)
    .slice(11, 15)
    .reduce((sum, ticks) => sum + Number(ticks) * TICK_MS, 0);

const parentOf = (pid: number) => Number(statusOf(pid)[1]);

const commandOf = (pid: number) => readProc(pid, "cmdline").replaceAll("\0", " ");

function residentMemory(pid: number): number {
  const kilobytes = /^VmRSS:\s+(\d+) kB$/m.exec(readProc(pid, "status"))?.[1];
  if (kilobytes === undefined) throw new Error(`process ${pid} is gone`);
  return Number(kilobytes) / 1024;
}
