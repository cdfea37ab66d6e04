// A key-encryption key that a command holds, so that it can be in any KMS or HSM. Each private key is
// sealed under a data key of its own; the command wraps that data key, 32 bytes, and unwraps it again.
// It is run without a shell as `command… wrap <id>` or `command… unwrap <id>`, bytes in and bytes out.
import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { KeySealUnavailable, type SealingKey } from "./key-seal.ts";
import { openBox, sealBox } from "./sealed-box.ts";

export interface SealCommand {
  /** The program and its first arguments. */
  readonly command: readonly string[];
  readonly timeoutSeconds: number;
}

const DATA_KEY_BYTES = 32;
const MOST_WRAPPED_BYTES = 8 * 1024;
/** Base64url has none, so a box and its data key are told apart. */
const BETWEEN = ".";

export const commandSealingKey = (id: string, how: SealCommand): SealingKey => ({
  id,

  async seal(privateKey, context) {
    const dataKey = randomBytes(DATA_KEY_BYTES);
    try {
      const wrapped = await run(how, ["wrap", id], dataKey);
      if (wrapped.includes(dataKey))
        throw new KeySealUnavailable(`KEY_SEAL_COMMAND gave the key back unwrapped for "${id}"`);
      const box = sealBox(privateKey, dataKey, context);
      return `${wrapped.toString("base64url")}${BETWEEN}${box.toString("base64url")}`;
    } finally {
      dataKey.fill(0);
    }
  },

  async open(sealed, context) {
    const [wrapped = "", box = "", ...rest] = sealed.split(BETWEEN);
    if (box === "" || rest.length > 0) throw new Error("not sealed by a command");
    const dataKey = await run(how, ["unwrap", id], Buffer.from(wrapped, "base64url"));
    try {
      if (dataKey.length !== DATA_KEY_BYTES) throw new Error(`unwrapped ${dataKey.length} bytes`);
      return openBox(Buffer.from(box, "base64url"), dataKey, context);
    } finally {
      dataKey.fill(0);
    }
  },
});

/** @throws KeySealUnavailable: it did not start, did not end in time, or ended with another code than 0 */
function run(how: SealCommand, args: readonly string[], input: Uint8Array): Promise<Buffer> {
  const [program = "", ...first] = how.command;
  const [verb] = args;
  return new Promise((resolve, reject) => {
    const refuse = (why: string) =>
      reject(new KeySealUnavailable(`KEY_SEAL_COMMAND (${program} ${verb}) ${why}`));
    const child = spawn(program, [...first, ...args], {
      shell: false,
      stdio: ["pipe", "pipe", "pipe"],
      timeout: how.timeoutSeconds * 1000,
      killSignal: "SIGKILL",
    });
    const output: Buffer[] = [];
    let length = 0;
    let complaint = "";
    child.on("error", (error) => refuse(`does not start: ${error.message}`));
    // It may end without reading what it was given; its exit code tells.
    child.stdin.on("error", () => {});
    child.stdin.end(input);
    child.stdout.on("data", (chunk: Buffer) => {
      length += chunk.length;
      if (length > MOST_WRAPPED_BYTES) child.kill("SIGKILL");
      else output.push(chunk);
    });
    child.stderr.on("data", (chunk: Buffer) => {
      if (complaint.length < 200) complaint += chunk.toString("utf8");
    });
    child.on("close", (code, signal) => {
      if (length > MOST_WRAPPED_BYTES)
        return refuse(`answered more than ${MOST_WRAPPED_BYTES} bytes`);
      if (signal !== null) return refuse(`did not end within ${how.timeoutSeconds} s`);
      if (code !== 0) return refuse(`ended with code ${code}: ${firstLine(complaint)}`);
      if (length === 0) return refuse("answered nothing");
      resolve(Buffer.concat(output));
    });
  });
}

const firstLine = (text: string) =>
  text
    .trim()
    .split(/[\r\n]/, 1)[0]
    ?.slice(0, 200) || "no reason";
