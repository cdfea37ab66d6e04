import { randomBytes } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { aProcess, endProcesses } from "../support/a-process.ts";
import { createDatabase, databaseKind } from "../support/databases.ts";
import { freePort } from "../support/free-port.ts";

const directories: string[] = [];

async function anInstallation(): Promise<Record<string, string>> {
  const directory = await mkdtemp(join(tmpdir(), "signet-closed-"));
  directories.push(directory);
  const port = await freePort();
  return {
    ISSUER: `http://localhost:${port}`,
    PORT: String(port),
    DATA_DIR: directory,
    KEY_ENCRYPTION_KEYS: `test:${randomBytes(32).toString("base64")}`,
    ...(databaseKind() === "postgresql" && { DATABASE_URL: await createDatabase() }),
  };
}

afterAll(async () => {
  endProcesses();
  for (const directory of directories) await rm(directory, { recursive: true, force: true });
});

describe("a process with private keys in its memory (K9)", { timeout: 120_000 }, () => {
  it.each(["--inspect=127.0.0.1:0", "--heapsnapshot-signal=SIGUSR2", "--report-on-fatalerror"])(
    "K9: does not start with %s",
    async (option) => {
      const environment = { ...(await anInstallation()), NODE_OPTIONS: option };
      const { code, stderr } = await aProcess("idp/main.ts", [], environment).ended;
      expect(code).toBe(1);
      expect(stderr).toMatch(
        /^signet: NODE_OPTIONS: \S+ would let private keys out of this process; [^\n]+$/m,
      );
    },
  );

  it("K9: opens no debugger when it is signalled to, and goes on", async () => {
    const running = aProcess("idp/main.ts", [], await anInstallation());
    await running.says('"listening"');
    running.child.kill("SIGUSR1");
    await new Promise((resolve) => setTimeout(resolve, 500));
    running.child.kill("SIGTERM");
    const { code, stderr, stdout } = await running.ended;
    expect(stderr + stdout).not.toMatch(/Debugger listening/i);
    expect(code).toBe(0);
  });
});
