import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { request } from "node:http";
import { createInterface } from "node:readline";
import { setTimeout as wait } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import type { DemoProcess } from "./demo-settings.ts";

export interface DemoChild {
  readonly label: string;
  /** Resolves when a person can use the process; false when it has ended before. */
  ready(): Promise<boolean>;
  /** Resolves with why the process has ended. */
  readonly ended: Promise<string>;
  /** From now on its lines are shown; until then they are only kept for `ended`. */
  showLines(show: (line: string) => void): void;
  stop(): Promise<void>;
}

const LOOK_EVERY_MILLISECONDS = 100;
/** A drain takes 20 seconds at most; after this nobody is coming. */
const LONGEST_STOP_MILLISECONDS = 25_000;

const isSource = import.meta.url.endsWith(".ts");
const ending = isSource ? "ts" : "js";
const here = (path: string) => fileURLToPath(new URL(`../../${path}.${ending}`, import.meta.url));

/** Starts one of the three: from source through tsx, from dist as plain JavaScript. */
export function startChild({ label, main, port, proof, environment }: DemoProcess): DemoChild {
  const loaders = isSource ? ["--import", import.meta.resolve("tsx")] : [];
  const stopWithParent = new URL(`./stop-with-parent.${ending}`, import.meta.url).href;
  const child = spawn(process.execPath, [...loaders, "--import", stopWithParent, here(main)], {
    cwd: fileURLToPath(new URL("../../", import.meta.url)),
    env: environment,
    stdio: ["ignore", "pipe", "pipe", "ipc"],
  });
  let show: ((line: string) => void) | undefined;
  let lastError = "";
  const lines = (stream: NodeJS.ReadableStream, keep: boolean) =>
    createInterface({ input: stream }).on("line", (line) => {
      if (keep && line.trim() !== "") lastError = line;
      show?.(`${label}: ${line}`);
    });
  if (child.stdout) lines(child.stdout, false);
  if (child.stderr) lines(child.stderr, true);
  const ended = once(child, "close").then(([code, signal]) =>
    lastError === "" ? `it ended with ${signal ?? `code ${code}`}` : lastError,
  );

  return {
    label,
    ended,
    ready: async () => {
      while (isRunning(child)) {
        if (await answersAs(port, proof)) return true;
        await wait(LOOK_EVERY_MILLISECONDS);
      }
      return false;
    },
    showLines(to) {
      show = to;
    },
    async stop() {
      if (!isRunning(child)) return;
      child.kill("SIGTERM");
      const tooLate = setTimeout(() => child.kill("SIGKILL"), LONGEST_STOP_MILLISECONDS);
      await ended;
      clearTimeout(tooLate);
    },
  };
}

const isRunning = (child: ChildProcess) => child.exitCode === null && child.signalCode === null;

/** Whether something on this port answers a look at it in the way that proves it ready. */
export const answersAs = (
  port: number,
  { path, isReady }: DemoProcess["proof"],
): Promise<boolean> =>
  new Promise((resolve) => {
    const asked = request({ host: "127.0.0.1", port, path, timeout: 2_000 });
    asked.on("response", (answer) => {
      answer.resume();
      resolve(isReady(answer.statusCode ?? 0));
    });
    asked.on("timeout", () => asked.destroy());
    asked.on("error", () => resolve(false));
    asked.end();
  });
