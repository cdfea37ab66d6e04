import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { defineStatement, openDatabase } from "../../prisma/database.ts";
import { count, figure } from "./support/figures.ts";

const KILLS = count(100, 4);
/** Of these, so many while the database is being made, each in a directory of its own. */
const KILLS_AT_FIRST_START = Math.ceil(KILLS / 5);

const source = (name: string) =>
  JSON.stringify(new URL(`../../prisma/${name}`, import.meta.url).href);

const writerOf = (directory: string) => `
  import { defineStatement, openDatabase } from ${source("database.ts")};
  const database = await openDatabase({ directory: ${JSON.stringify(directory)} });
  const add = defineStatement("soak_add", 'INSERT INTO "DirectoryVersion" ("id", "version") ' +
    'SELECT coalesce(max("id"), 0) + 1, 0 FROM "DirectoryVersion" RETURNING "id"');
  for (;;) console.log((await database.sql(add, []))[0].id);`;

const highest = defineStatement<{ highest: number; rows: number }>(
  "soak_highest",
  `SELECT coalesce(max("id"), 0)::int AS "highest", count(*)::int AS "rows" FROM "DirectoryVersion"`,
);

describe("Z10: a PGlite process that is killed", () => {
  let directory: string;
  const children: ChildProcess[] = [];
  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), "signet-killed-"));
  });
  afterAll(async () => {
    for (const child of children) child.kill("SIGKILL");
    await rm(directory, { recursive: true, force: true });
  });

  it("in its first start: the next one begins afresh", async () => {
    const opened: number[] = [];
    for (let kill = 0; kill < KILLS_AT_FIRST_START; kill += 1) {
      const data = join(directory, `first-${kill}`);
      const writer = write(data);
      // From before anything was written until after the first row.
      const patience = (kill / KILLS_AT_FIRST_START) * (await firstStartMs());
      await Promise.race([wait(patience), once(writer.child, "exit")]);
      await writer.kill();
      opened.push(await rowsIn(data));
      await rm(data, { recursive: true, force: true });
    }
    figure({
      id: "Z10",
      what: "kills in the first start, then a clean open",
      unit: "",
      samples: opened,
    });
  });

  it("while it writes: loses no committed row", async () => {
    const data = join(directory, "data");
    const lost: number[] = [];
    const opened: number[] = [];
    for (let kill = 0; kill < KILLS - KILLS_AT_FIRST_START; kill += 1) {
      const writer = write(data);
      await writer.firstRow;
      await wait((kill * 37) % 200);
      await writer.kill();
      const began = performance.now();
      const rows = await rowsIn(data);
      opened.push((performance.now() - began) / 1000);
      lost.push(Math.max(0, writer.committed() - rows));
    }
    figure({ id: "Z10", what: "open after a kill", unit: "s", samples: opened });
    figure(
      { id: "Z10", what: "committed rows lost in a kill", unit: "", samples: lost },
      { of: "most", atMost: 0 },
    );
  });

  let measuredFirstStart: number | undefined;
  async function firstStartMs(): Promise<number> {
    if (measuredFirstStart !== undefined) return measuredFirstStart;
    const began = performance.now();
    const writer = write(join(directory, "undisturbed"));
    await writer.firstRow;
    measuredFirstStart = performance.now() - began;
    await writer.kill();
    return measuredFirstStart;
  }

  function write(data: string) {
    const child = spawn(
      process.execPath,
      ["--import", "tsx", "--input-type=module", "-e", writerOf(data)],
      { stdio: ["ignore", "pipe", "inherit"] },
    );
    children.push(child);
    let output = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      output += text;
    });
    const ended = once(child, "close");
    const firstRow = Promise.race([
      once(child.stdout, "data"),
      ended.then(() => Promise.reject(new Error("it ended before its first row"))),
    ]);
    // Whoever kills it before that is not waiting for it.
    firstRow.catch(() => {});
    return {
      child,
      firstRow,
      async kill() {
        child.kill("SIGKILL");
        await ended;
      },
      /** The last number of a whole line is the last row that was reported. */
      committed: () => Number(output.split("\n").at(-2) ?? 0),
    };
  }

  async function rowsIn(data: string): Promise<number> {
    const database = await openDatabase({ directory: data });
    const [row] = await database.sql(highest, []);
    await database.close();
    expect(row?.rows).toBe(row?.highest);
    return row?.highest ?? Number.NaN;
  }
});
