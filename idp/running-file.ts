// The note a demo leaves in its data directory while it runs, so that the `signet` command and a second
// `npm start` on the same machine find it.
import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { writeSecretFile } from "./demo/secret-file.ts";

const Running = z.object({
  pid: z.int().positive(),
  issuer: z.string(),
  /** Where `/admin` is: the issuer, unless ADMIN_PORT moved it. */
  adminUrl: z.string(),
});
export type Running = z.output<typeof Running>;

export function runningFile(dataDirectory: string) {
  const path = join(dataDirectory, "idp", "running.json");
  return {
    /** What was last noted; the process may be gone since. */
    find(): Running | undefined {
      try {
        return Running.safeParse(JSON.parse(readFileSync(path, "utf8"))).data;
      } catch {
        return undefined;
      }
    },
    write: (running: Running) => writeSecretFile(path, `${JSON.stringify(running)}\n`),
    remove: () => rmSync(path, { force: true }),
  };
}
