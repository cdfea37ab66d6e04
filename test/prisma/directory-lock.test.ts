import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readdir, readFile, rm, stat, utimes, writeFile } from "node:fs/promises";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openDatabase } from "../../prisma/database.ts";
import { DirectoryInUse, type DirectoryLock, lockDirectory } from "../../prisma/directory-lock.ts";
import { databaseKind, migratedSnapshot } from "../support/databases.ts";

/** For tests that start PGlite on disk several times. */
const SLOW_MS = 120_000;

let directory: string;
const children: ChildProcess[] = [];

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "signet-lock-"));
});
afterEach(async () => {
  for (const child of children.splice(0)) child.kill("SIGKILL");
  await rm(directory, { recursive: true, force: true });
});

const source = (file: string) => JSON.stringify(new URL(`../../prisma/${file}`, import.meta.url));

/** Another process that takes the lock, says so, and lives until it is killed. */
async function otherHolder(): Promise<ChildProcess> {
  const child = otherProcess(`
    import { lockDirectory } from ${source("directory-lock.ts")};
    await lockDirectory(${JSON.stringify(directory)});
    console.log("locked");
    setInterval(() => {}, 1000);`);
  await once(child.stdout ?? child, "data");
  return child;
}

function otherProcess(script: string): ChildProcess {
  const child = spawn(process.execPath, ["--import", "tsx", "--input-type=module", "-e", script], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  children.push(child);
  return child;
}

const lockFiles = async () =>
  (await readdir(directory)).filter((name) => name.startsWith("signet.lock"));

const pretend = (owner: readonly (string | number)[]) =>
  writeFile(join(directory, "signet.lock.1"), [...owner, ""].join("\n"));

describe("the data directory's lock (Z10)", () => {
  it("is refused to a second process, naming the first", async () => {
    const holder = await otherHolder();
    const refused = await lockDirectory(directory).catch((error: unknown) => error);
    expect(refused).toBeInstanceOf(DirectoryInUse);
    expect(refused).toMatchObject({ pid: holder.pid });
    expect(String(refused)).toMatch(new RegExp(`^[^\\n]*in use by process ${holder.pid}$`));
  });

  it("is refused twice within one process", async () => {
    await lockDirectory(directory);
    await expect(lockDirectory(directory)).rejects.toThrow(DirectoryInUse);
  });

  it("can be had again after its release, and leaves nothing behind", async () => {
    const lock = await lockDirectory(directory);
    expect(await lockFiles()).toHaveLength(1);
    await lock.release();
    expect(await lockFiles()).toEqual([]);
    await (await lockDirectory(directory)).release();
  });

  it("is taken over from a killed process, by one of many", async () => {
    const holder = await otherHolder();
    holder.kill("SIGKILL");
    await once(holder, "exit");
    const attempts = await Promise.allSettled(
      Array.from({ length: 20 }, () => lockDirectory(directory)),
    );
    const won = attempts.filter(
      (attempt): attempt is PromiseFulfilledResult<DirectoryLock> => attempt.status === "fulfilled",
    );
    expect(won).toHaveLength(1);
    expect(await lockFiles()).toHaveLength(1);
    await won[0]?.value.release();
  });

  it("is taken over when its process number belongs to a later process", async () => {
    await pretend([process.pid, "some earlier start", hostname()]);
    await expect(lockDirectory(directory)).resolves.toBeDefined();
  });

  it("of another host holds while it is touched, and no longer", async () => {
    await pretend([1, "1", "another-container"]);
    await expect(lockDirectory(directory)).rejects.toThrow(DirectoryInUse);
    const aMinuteAgo = new Date(Date.now() - 60_000);
    await utimes(join(directory, "signet.lock.1"), aMinuteAgo, aMinuteAgo);
    await expect(lockDirectory(directory)).resolves.toBeDefined();
  });

  it("is taken over when its file makes no sense", async () => {
    await pretend(["garbage"]);
    await expect(lockDirectory(directory)).resolves.toBeDefined();
  });

  if (databaseKind() === "pglite") {
    it(
      "guards PGlite on disk, whose data outlive an orderly close",
      async () => {
        const data = join(directory, "data");
        const first = await openDatabase({ directory: data, snapshot: await migratedSnapshot() });
        expect((await stat(data)).mode & 0o777).toBe(0o700);
        await expect(openDatabase({ directory: data })).rejects.toThrow(DirectoryInUse);
        await first.orm.directoryVersion.create({ data: { id: 7, version: 1 } });
        await first.close();
        await first.close();
        expect(await readdir(data)).toEqual(["pglite"]);

        const second = await openDatabase({ directory: data });
        expect(await second.orm.directoryVersion.findMany()).toEqual([{ id: 7, version: 1 }]);
        expect(await readFile(join(data, "signet.lock.1"), "utf8")).toContain(String(process.pid));
        await second.close();
      },
      SLOW_MS,
    );

    it(
      "Z7, Z10: loses no committed row when its process is killed",
      async () => {
        const data = join(directory, "data");
        await (await openDatabase({ directory: data, snapshot: await migratedSnapshot() })).close();
        let committed = 0;
        for (let kill = 0; kill < 2; kill += 1) {
          const writer = otherProcess(`
          import { openDatabase } from ${source("database.ts")};
          const { orm } = await openDatabase({ directory: ${JSON.stringify(data)} });
          for (let id = ${committed + 1}; ; id += 1) {
            await orm.directoryVersion.create({ data: { id, version: 1 } });
            console.log(id);
          }`);
          const reported = committed + 20;
          for await (const chunk of writer.stdout ?? []) {
            committed = Number(String(chunk).trim().split("\n").at(-1));
            if (committed >= reported) break;
          }
          writer.kill("SIGKILL");
          await once(writer, "exit");

          const survivor = await openDatabase({ directory: data });
          const kept = await survivor.orm.directoryVersion.count();
          expect(kept).toBeGreaterThanOrEqual(committed);
          committed = kept;
          await survivor.close();
        }
      },
      SLOW_MS,
    );
  }
});
