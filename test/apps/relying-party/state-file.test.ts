import { mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { z } from "zod";
import { type StateFile, stateFile } from "../../../apps/relying-party/state-file.ts";

describe("a file that survives restarts", () => {
  let directory: string;
  let path: string;
  let file: StateFile<number>;
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), "signet-state-"));
    path = join(directory, "deeper", "state.json");
    file = stateFile(path, z.number());
  });
  afterEach(() => rm(directory, { recursive: true, force: true }));

  it("reads what was written, for its owner alone", async () => {
    expect(await file.read()).toBeUndefined();
    await file.write(7);
    expect(await stateFile(path, z.number()).read()).toBe(7);
    expect((await stat(path)).mode & 0o777).toBe(0o600);
  });

  it("what makes no sense is nothing", async () => {
    await file.write(7);
    for (const text of ["", "{", '"seven"', "7 7"]) {
      await writeFile(path, text);
      expect(await file.read()).toBeUndefined();
    }
  });

  it("a thousand writes at once end with the last, and none is answered before it is kept", async () => {
    const kept = Array.from({ length: 1000 }, async (_, value) => {
      await file.write(value);
      return Number(await readFile(path, "utf8")) >= value;
    });
    expect((await Promise.all(kept)).every(Boolean)).toBe(true);
    expect(await file.read()).toBe(999);
  });

  it("a write that fails says so, and the next one is tried", async () => {
    await writeFile(join(directory, "deeper"), "in the way");
    const failing = [file.write(1), file.write(2), file.write(3)];
    const outcomes = await Promise.allSettled(failing);
    expect(outcomes.map(({ status }) => status)).toEqual(["rejected", "rejected", "rejected"]);
    await rm(join(directory, "deeper"));
    await file.write(4);
    expect(await file.read()).toBe(4);
  });
});
