// One process at a time in a data directory. PGlite has no lock of its own, and two processes in
// one directory destroy it (Z10).
import { randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import { link, mkdir, readdir, readFile, rm, stat, utimes, writeFile } from "node:fs/promises";
import { hostname } from "node:os";
import { join } from "node:path";

/** Another living process has the directory. */
export class DirectoryInUse extends Error {
  override readonly name = "DirectoryInUse";
  readonly pid: number;

  constructor(directory: string, pid: number) {
    super(`The data directory ${directory} is in use by process ${pid}`);
    this.pid = pid;
  }
}

export interface DirectoryLock {
  release(): Promise<void>;
}

/** Who holds a lock. The start time tells a process from a later one with the same number. */
interface Owner {
  pid: number;
  startedAt: string;
  host: string;
}

// Processes of another host (a container's name is its own) cannot be looked up; such a holder
// counts as gone when it has not touched its file for a while.
const HEARTBEAT_MS = 2_000;
const SILENCE_MS = 15_000;

const LOCK_NAME = /^signet\.lock\.(\d+)$/;

/**
 * Takes the directory (made if missing) until `release` or the end of the process.
 *
 * A lock is a file with a number, and the highest number holds. Taking over a dead holder's lock
 * means creating the next number, which only one of several contenders can do; nobody ever deletes
 * a lock that might be alive.
 * @throws DirectoryInUse
 */
export async function lockDirectory(directory: string): Promise<DirectoryLock> {
  await mkdir(directory, { recursive: true, mode: 0o700 });
  for (;;) {
    const highest = (await lockNumbers(directory)).at(-1) ?? 0;
    if (highest > 0) await requireDead(directory, highest);
    const mine = await claim(directory, highest + 1);
    // Somebody was quicker, or had gone further already: look again.
    if (mine === undefined) continue;
    if ((await lockNumbers(directory)).at(-1) !== highest + 1) {
      await rm(mine, { force: true });
      continue;
    }
    await removeBelow(directory, highest + 1);
    return held(mine);
  }
}

function held(file: string): DirectoryLock {
  const heartbeat = setInterval(() => {
    const now = new Date();
    utimes(file, now, now).catch(() => {});
  }, HEARTBEAT_MS);
  heartbeat.unref();
  return {
    async release() {
      clearInterval(heartbeat);
      await rm(file, { force: true });
    },
  };
}

const lockFile = (directory: string, number: number) => join(directory, `signet.lock.${number}`);

async function lockNumbers(directory: string): Promise<number[]> {
  const names = await readdir(directory);
  return names
    .map((name) => Number(LOCK_NAME.exec(name)?.[1] ?? 0))
    .filter((number) => number > 0)
    .sort((a, b) => a - b);
}

async function requireDead(directory: string, number: number): Promise<void> {
  const file = lockFile(directory, number);
  const owner = await readOwner(file);
  if (owner !== undefined && (await isAlive(owner, file))) {
    throw new DirectoryInUse(directory, owner.pid);
  }
}

async function readOwner(file: string): Promise<Owner | undefined> {
  const text = await readFile(file, "utf8").catch(() => "");
  const [pid = "", startedAt = "", host = ""] = text.split("\n");
  return /^\d+$/.test(pid) ? { pid: Number(pid), startedAt, host } : undefined;
}

async function isAlive(owner: Owner, file: string): Promise<boolean> {
  if (owner.host === hostname()) {
    return isRunning(owner.pid) && startTimeOf(owner.pid) === owner.startedAt;
  }
  const touchedAt = await stat(file).then(
    ({ mtimeMs }) => mtimeMs,
    () => 0,
  );
  return Date.now() - touchedAt < SILENCE_MS;
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // EPERM: it runs, as somebody else.
    return error instanceof Error && "code" in error && error.code === "EPERM";
  }
}

/** When a process began, in the kernel's ticks; empty where there is no /proc to ask. */
function startTimeOf(pid: number): string {
  try {
    // The name of the command, in parentheses, may itself hold spaces and parentheses.
    const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ").at(-1)?.split(" ");
    return fields?.[19] ?? "";
  } catch {
    return "";
  }
}

/** Creates the numbered file, complete from its first instant; undefined when it exists. */
async function claim(directory: string, number: number): Promise<string | undefined> {
  const draft = join(directory, `signet.lock.draft-${randomUUID()}`);
  const file = lockFile(directory, number);
  const owner = [process.pid, startTimeOf(process.pid), hostname(), ""].join("\n");
  await writeFile(draft, owner, { mode: 0o600, flag: "wx" });
  try {
    await link(draft, file);
    return file;
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "EEXIST") return undefined;
    throw error;
  } finally {
    await rm(draft, { force: true });
  }
}

async function removeBelow(directory: string, number: number): Promise<void> {
  const older = (await lockNumbers(directory)).filter((other) => other < number);
  await Promise.all(older.map((other) => rm(lockFile(directory, other), { force: true })));
}
