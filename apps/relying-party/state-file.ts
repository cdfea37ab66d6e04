import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import type { z } from "zod";
import { parseJson } from "./json.ts";

/** One JSON file in DATA_DIR that survives restarts. Losing it costs a fetch, never correctness. */
export interface StateFile<T> {
  /** What was kept; undefined when there is nothing, or nothing that still makes sense. */
  read(): Promise<T | undefined>;
  /** Replaces the file atomically: a crash leaves the old content or the new. */
  write(value: T): Promise<void>;
}

export function stateFile<T>(path: string, schema: z.ZodType<T>): StateFile<T> {
  let writes: Promise<unknown> = Promise.resolve();
  const replace = async (value: T) => {
    await mkdir(dirname(path), { recursive: true });
    await writeFile(`${path}.new`, JSON.stringify(value), { mode: 0o600 });
    await rename(`${path}.new`, path);
  };
  return {
    async read() {
      const text = await readFile(path, "utf8").catch(() => undefined);
      return text === undefined ? undefined : schema.safeParse(parseJson(text)).data;
    },
    write(value) {
      // One after the other: two writers must not share the temporary file.
      const written = writes.then(() => replace(value));
      writes = written.catch(() => undefined);
      return written;
    },
  };
}
