// A real program that holds a key-encryption key in a file, as one in front of a KMS or HSM would, and
// programs that fail in every way they can.
import { randomBytes } from "node:crypto";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { cleanUpLater } from "../support/clean-up.ts";

/** AES-256-GCM under the key in its first argument; whatever else it is given, it notes down. */
const PROGRAM = `
  import { createCipheriv, createDecipheriv, randomBytes } from "node:crypto";
  import { appendFileSync, readFileSync } from "node:fs";
  const [file, ...args] = process.argv.slice(2);
  const [verb, id] = args.slice(-2);
  appendFileSync(file + ".log", JSON.stringify(args) + "\\n");
  const key = readFileSync(file);
  const input = readFileSync(0);
  const aad = Buffer.from(id);
  if (verb === "wrap") {
    const nonce = randomBytes(12);
    const cipher = createCipheriv("aes-256-gcm", key, nonce).setAAD(aad);
    const box = Buffer.concat([cipher.update(input), cipher.final()]);
    process.stdout.write(Buffer.concat([nonce, box, cipher.getAuthTag()]));
  } else {
    const open = createDecipheriv("aes-256-gcm", key, input.subarray(0, 12)).setAAD(aad);
    open.setAuthTag(input.subarray(-16));
    process.stdout.write(Buffer.concat([open.update(input.subarray(12, -16)), open.final()]));
  }`;

export interface SealProgram {
  /** Runs it with these arguments in front of those that it is always given. */
  command(...args: readonly string[]): readonly string[];
  /** What it was run with, in order. */
  runs(): Promise<string[][]>;
}

export async function aDirectory(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), "signet seal-"));
  cleanUpLater(() => rm(directory, { recursive: true, force: true }));
  return directory;
}

export async function aSealProgram(): Promise<SealProgram> {
  const directory = await aDirectory();
  const program = join(directory, "program.mjs");
  const key = join(directory, "key");
  await writeFile(program, PROGRAM);
  await writeFile(key, randomBytes(32), { mode: 0o600 });
  return {
    command: (...args) => [process.execPath, program, key, ...args],
    async runs() {
      const lines = (await readFile(`${key}.log`, "utf8")).trim().split("\n");
      return lines.map((line) => JSON.parse(line));
    },
  };
}

/** A shell script as an operator might write it. @param body  what it does with "$1" and "$2" */
export async function aScript(body: string): Promise<readonly string[]> {
  const file = join(await aDirectory(), "seal");
  await writeFile(file, `#!/bin/sh\n${body}\n`, { mode: 0o700 });
  return [file];
}
