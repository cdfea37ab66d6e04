// Runs the command that holds key-encryption keys: without a shell, bytes in and bytes out, and never
// for longer than it may take.
import { type ChildProcess, spawn } from "node:child_process";
import { KeySealUnavailable } from "./key-seal.ts";

export interface SealCommand {
  /** The program and its first arguments. */
  readonly command: readonly string[];
  readonly timeoutSeconds: number;
}

export type SealVerb = "wrap" | "unwrap";

const MOST_OUTPUT_BYTES = 8 * 1024;
const LONGEST_COMPLAINT = 200;

/**
 * What the command writes when it is run as `command… verb id` and reads `input`.
 * @throws KeySealUnavailable: it did not start, did not end in time, ended with another code than 0,
 *         or wrote nothing or too much
 */
export function runSealCommand(
  { command, timeoutSeconds }: SealCommand,
  { verb, id, input }: { verb: SealVerb; id: string; input: Uint8Array },
): Promise<Buffer> {
  const [program = "", ...first] = command;
  return new Promise((resolve, reject) => {
    const refuse = (why: string) =>
      reject(new KeySealUnavailable(`the seal command (${program} ${verb}) ${why}`));
    const child = started(program, [...first, verb, id]);
    if (child instanceof Error) return refuse(`does not start: ${child.message}`);

    const giveUp = (why: string) => {
      refuse(why);
      endWithAllItStarted(child);
    };
    const patience = setTimeout(
      () => giveUp(`did not end within ${timeoutSeconds} s`),
      timeoutSeconds * 1000,
    );
    const output: Buffer[] = [];
    let length = 0;
    let complaint = "";
    child.on("error", (error) => {
      clearTimeout(patience);
      refuse(`does not start: ${error.message}`);
    });
    // It may end without reading what it was given; its exit code tells.
    child.stdin?.on("error", () => {});
    child.stdin?.end(input);
    child.stdout?.on("data", (chunk: Buffer) => {
      length += chunk.length;
      if (length > MOST_OUTPUT_BYTES) giveUp(`answered more than ${MOST_OUTPUT_BYTES} bytes`);
      else output.push(chunk);
    });
    child.stderr?.on("data", (chunk: Buffer) => {
      if (complaint.length < LONGEST_COMPLAINT) complaint += chunk.toString("utf8");
    });
    child.on("close", (code, signal) => {
      clearTimeout(patience);
      if (signal !== null) return refuse(`was ended by ${signal}`);
      if (code !== 0) return refuse(`ended with code ${code}: ${firstLine(complaint)}`);
      if (length === 0) return refuse("answered nothing");
      resolve(Buffer.concat(output));
    });
  });
}

/** In a process group of its own, so that it can be ended together with whatever it has started. */
function started(program: string, args: readonly string[]): ChildProcess | Error {
  try {
    return spawn(program, args, {
      shell: false,
      stdio: ["pipe", "pipe", "pipe"],
      detached: true,
    });
  } catch (error) {
    // Words that no program can be given: empty, or with a NUL in them.
    return error instanceof Error ? error : new Error(String(error));
  }
}

function endWithAllItStarted(child: ChildProcess): void {
  try {
    if (child.pid !== undefined) process.kill(-child.pid, "SIGKILL");
  } catch {
    // It has ended already.
  }
  child.stdout?.destroy();
  child.stderr?.destroy();
}

const firstLine = (text: string) =>
  text
    .trim()
    .split(/[\r\n]/, 1)[0]
    ?.slice(0, LONGEST_COMPLAINT) || "no reason";
