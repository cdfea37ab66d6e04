// Makes prisma/generated from schema.prisma, when it is missing or older than the schema.

import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const stamp = here("./generated/.made-from");
const madeFrom = createHash("sha256")
  .update(readFileSync(here("./schema.prisma")))
  .update(readFileSync(here("../package-lock.json")))
  .digest("hex");

const isMade = existsSync(stamp) && readFileSync(stamp, "utf8") === madeFrom;
if (!isMade) {
  const prisma = here("../node_modules/prisma/build/index.js");
  const made = spawnSync(process.execPath, [prisma, "generate", "--no-hints"], {
    cwd: here(".."),
    encoding: "utf8",
  });
  if (made.status !== 0) {
    process.stderr.write(made.stdout + made.stderr);
    process.exit(made.status ?? 1);
  }
  writeFileSync(stamp, madeFrom);
}
