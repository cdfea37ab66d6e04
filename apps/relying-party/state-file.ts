import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import type { z } from "zod";
import { parseJson } from "./json.ts";

/** One JSON file in DATA_DIR that survives restarts. */
export interface StateFile<T> {
  /** What was kept; undefined when there is nothing, or nothing that still makes sense. */
  read(): Promise<T | undefined>;
  /**
   * Replaces the file atomically: a crash leaves the old content or the new. Of the values that come while one is
   * being written only the last is, and all of them resolve when it is kept.
   */
  write(value: T): Promise<void>;
}

export function stateFile<T>(path: string, schema: z.ZodType<T>): StateFile<T> {
  let running: Promise<unknown> = Promise.resolve();
  let waiting: { value: T; written: Promise<void> } | undefined;
  const replace = async (value: T) => {
    await mkdir(dirname(path), { recursive: true });
    await writeFile(`${path}.new`, JSON.stringify(value), { mode: 0o600 });
    await rename(`${path}.new`, path);
  };
  /** One after the other: two writers must not share the temporary file. */
  const line = (value: T) => {
    const next: { value: T; written: Promise<void> } = {
      value,
      written: running.then(() => {
        waiting = undefined;
        return replace(next.value);
      }),
    };
    running = next.written.catch(() => undefined);
    return next;
  };
  return {
    async read() {
      const text = await readFile(path, "utf8").catch(() => undefined);
      return text === undefined ? undefined : schema.safeParse(parseJson(text)).data;
    },
    write(value) {
      waiting ??= line(value);
      waiting.value = value;
      return waiting.written;
    },
  };
}
