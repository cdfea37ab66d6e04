// Makes dist/: the TypeScript as plain JavaScript, and beside it whatever the code reads at run time
// (templates, styles, icons, migrations). Production starts `node dist/idp/main.js`, and so does
// `npm start`, since plain JavaScript is up in two thirds of the time.
//
// --quick leaves out the type check, and everything when no source has changed: the tests begin so.
// --start is `npm start`: it does the same and then becomes the demo, for each further process would cost
// the start a sixth of a second.
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  cpSync,
  existsSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import "./prisma/generate.mjs";

const FOLDERS = ["idp", "keys", "apps", "prisma"];
const SETTINGS = ["build.mjs", "tsconfig.json", "tsconfig.build.json", "package-lock.json"];

const root = dirname(fileURLToPath(import.meta.url));
const dist = join(root, "dist");
const stamp = join(dist, ".made-from");
const isStart = process.argv.includes("--start");
const isQuick = isStart || process.argv.includes("--quick");

const madeFrom = fingerprint();
const isMade = existsSync(stamp) && readFileSync(stamp, "utf8") === madeFrom;
if (!isQuick || !isMade) make();
if (isStart) await import("./dist/idp/demo/start.js");

function make() {
  // A demo that is running reads its templates from here: when it is quick, files are only replaced.
  if (isQuick) rmSync(stamp, { force: true });
  else rmSync(dist, { recursive: true, force: true });

  const typescript = dirname(createRequire(import.meta.url).resolve("typescript/package.json"));
  const compiled = spawnSync(
    process.execPath,
    [
      join(typescript, "bin", "tsc"),
      ...["-p", join(root, "tsconfig.build.json")],
      ...(isQuick ? ["--noCheck"] : []),
    ],
    { cwd: root, stdio: "inherit" },
  );
  if (compiled.status !== 0) process.exit(compiled.status ?? 1);

  const isCompiled = (path) => /\.(ts|mjs|prisma)$/.test(path) || path.includes("generated");
  for (const folder of FOLDERS)
    cpSync(join(root, folder), join(dist, folder), {
      recursive: true,
      filter: (path) => !isCompiled(path),
    });
  writeFileSync(stamp, madeFrom);
}

/** Of every file that goes in: name, size and when it was last written. */
function fingerprint() {
  const hash = createHash("sha256");
  const files = FOLDERS.flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true }).map((name) => join(folder, name)),
  );
  for (const file of [...files, ...SETTINGS].sort()) {
    const { size, mtimeMs } = statSync(join(root, file));
    hash.update(`${file} ${size} ${mtimeMs}\n`);
  }
  return hash.digest("hex");
}
