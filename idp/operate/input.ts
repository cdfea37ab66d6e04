// What a command reads besides its options. Passwords come by standard input alone: the command line
// is visible to every process on the machine.
import { readFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import type { Readable } from "node:stream";
import { text } from "node:stream/consumers";
import { InvalidArgumentError } from "commander";
import { Refusal } from "./config.ts";

/** The password on standard input, without the line's end. */
export async function readPassword(stdin: Readable): Promise<string> {
  const password = (await text(stdin)).replace(/\r?\n$/, "");
  if (password === "") throw new Refusal("--password-stdin: standard input is empty");
  if (/[\r\n]/.test(password)) throw new Refusal("--password-stdin: expected a single line");
  return password;
}

/** An option's value. @throws InvalidArgumentError in commander's words */
export function wholeNumber(value: string): number {
  if (!/^\d{1,4}$/.test(value)) throw new InvalidArgumentError("It must be a whole number.");
  return Number(value);
}

/** An option's value: a file with JSON in it. @throws InvalidArgumentError in commander's words */
export function jsonFile(path: string): unknown {
  try {
    return JSON.parse(readFileSync(path, "utf8"));
  } catch {
    throw new InvalidArgumentError("It must be a file with JSON in it.");
  }
}

/** @param source  a file's name, or `-` for standard input */
export async function readJsonObject(
  option: string,
  source: string,
  stdin: Readable,
): Promise<Record<string, unknown>> {
  const content = await (source === "-" ? text(stdin) : readFile(source, "utf8")).catch(() => {
    throw new Refusal(`${option}: cannot read ${source}`);
  });
  let value: unknown;
  try {
    value = JSON.parse(content);
  } catch {
    throw new Refusal(`${option}: ${source} is not JSON`);
  }
  if (typeof value !== "object" || value === null || Array.isArray(value))
    throw new Refusal(`${option}: ${source} is not a JSON object`);
  return { ...value };
}
