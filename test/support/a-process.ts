// A process of ours as an operator starts it: from dist/, with an environment of its own.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Started {
  readonly child: ChildProcess;
  readonly ended: Promise<Ended>;
  /** Resolves when a line of its output contains the text; rejects when it ends before. */
  says(text: string): Promise<void>;
  output(): { stdout: string; stderr: string };
}

const root = fileURLToPath(new URL("../../", import.meta.url));
const running = new Set<ChildProcess>();

/** Ends what a failed test has left running. */
export function endProcesses(): void {
  for (const child of running) child.kill("SIGKILL");
}

/** What is installed runs as it is installed; a program of the tests' own, from source. */
const programOf = (main: string): string[] =>
  main.startsWith("test/")
    ? ["--import", "tsx", main]
    : [join("dist", main.replace(/\.ts$/, ".js"))];

/** @param environment  everything the process gets to know, but for PATH and HOME */
export function aProcess(
  main: string,
  args: readonly string[],
  environment: Readonly<Record<string, string | undefined>>,
  stdin?: string,
): Started {
  const { PATH, HOME, TMPDIR } = process.env;
  const child = spawn(process.execPath, [...programOf(main), ...args], {
    cwd: root,
    env: { PATH, HOME, TMPDIR, ...environment },
    stdio: ["pipe", "pipe", "pipe"],
  });
  running.add(child);
  child.stdin.end(stdin ?? "");
  let stdout = "";
  let stderr = "";
  const ended = once(child, "close").then(([code]): Ended => {
    running.delete(child);
    return { code, stdout, stderr };
  });
  const heard = new Set<() => void>();
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    stdout += text;
    for (const look of heard) look();
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    stderr += text;
    for (const look of heard) look();
  });

  return {
    child,
    ended,
    output: () => ({ stdout, stderr }),
    says: (text) =>
      new Promise((resolve, reject) => {
        const look = () => {
          if ((stdout + stderr).includes(text)) resolve();
        };
        heard.add(look);
        look();
        const tooSoon = `${main} ended without "${text}"`;
        ended.then(({ code }) => reject(new Error(`${tooSoon} (${code}): ${stdout}${stderr}`)));
      }),
  };
}
