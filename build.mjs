// Makes dist/: the TypeScript as plain JavaScript, and beside it whatever the code reads at run time
// (templates, styles, icons, migrations). Production starts `node dist/idp/main.js`.
import { spawnSync } from "node:child_process";
import { cpSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = dirname(fileURLToPath(import.meta.url));
const dist = join(root, "dist");
rmSync(dist, { recursive: true, force: true });

const typescript = dirname(createRequire(import.meta.url).resolve("typescript/package.json"));
const compiled = spawnSync(
  process.execPath,
  [join(typescript, "bin", "tsc"), "-p", join(root, "tsconfig.build.json")],
  { cwd: root, stdio: "inherit" },
);
if (compiled.status !== 0) process.exit(compiled.status ?? 1);

const isCompiled = (path) => /\.(ts|mjs|prisma)$/.test(path) || path.includes("generated");
for (const folder of ["idp", "apps", "prisma"])
  cpSync(join(root, folder), join(dist, folder), {
    recursive: true,
    filter: (path) => !isCompiled(path),
  });
