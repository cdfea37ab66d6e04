// Files that hold the demo's secrets: readable by their owner alone, and complete whenever they exist.
import { randomBytes } from "node:crypto";
import { linkSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";

/** The file's text, or undefined when there is none. */
export function findSecretFile(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
    throw error;
  }
}

/** Reads the file, or makes it. Of two processes that find it missing, one makes it and both read that. */
export function secretFile(path: string, make: () => string): string {
  const found = findSecretFile(path);
  if (found !== undefined) return found;
  const draft = draftOf(path, make());
  try {
    // A link, unlike a rename, never replaces what somebody else has just made.
    linkSync(draft, path);
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "EEXIST")) throw error;
  } finally {
    rmSync(draft);
  }
  return readFileSync(path, "utf8");
}

/** Writes the file in one step: a reader meets the old text or the new one. */
export function writeSecretFile(path: string, text: string): void {
  renameSync(draftOf(path, text), path);
}

function draftOf(path: string, text: string): string {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  const draft = `${path}.${randomBytes(6).toString("hex")}`;
  writeFileSync(draft, text, { mode: 0o600, flag: "wx" });
  return draft;
}
