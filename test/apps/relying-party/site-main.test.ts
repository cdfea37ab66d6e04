import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { freePort } from "../../support/free-port.ts";

const directory = mkdtempSync(join(tmpdir(), "signet-process-"));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

/** The bank as a process of its own, with these settings and no others. */
function bank(env: Record<string, string>) {
  const { PATH = "" } = process.env;
  const child: ChildProcess = spawn(process.execPath, ["dist/apps/bank/main.js"], {
    env: { PATH, DATA_DIR: directory, ...env },
  });
  let [output, errors] = ["", ""];
  child.stdout?.on("data", (chunk) => {
    output += chunk;
  });
  child.stderr?.on("data", (chunk) => {
    errors += chunk;
  });
  const exited = new Promise<number | null>((resolve) => child.once("close", resolve));
  return { child, exited, output: () => output, errors: () => errors };
}

describe("a site as a process", () => {
  it("says in one line which setting is malformed, and exits with 1", async () => {
    const site = bank({ OUTAGE_GRACE_SECONDS: "soon" });
    expect(await site.exited).toBe(1);
    expect(site.errors()).toMatch(/^OUTAGE_GRACE_SECONDS: .+\n$/);
    expect(site.output()).toBe("");
  });

  it("says in one line that its port is in use, and exits with 1", async () => {
    const port = await freePort();
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(port, "127.0.0.1", resolve));
    const site = bank({ PORT: String(port) });
    expect(await site.exited).toBe(1);
    expect(site.errors()).toBe(`PORT: ${port} is already in use\n`);
    await new Promise((resolve) => other.close(resolve));
  });

  it("says in one line that its key is none, leaves it, and exits with 1", async () => {
    const key = join(directory, "not-a-key.pem");
    writeFileSync(key, "-----BEGIN PRIVATE KEY-----");
    const site = bank({ PORT: String(await freePort()), CLIENT_KEY_FILE: key });
    expect(await site.exited).toBe(1);
    expect(site.errors()).toBe(`CLIENT_KEY_FILE: ${key} is not a P-256 private key as a JWK\n`);
    expect(readFileSync(key, "utf8")).toBe("-----BEGIN PRIVATE KEY-----");
  });

  it("Z5: stops on SIGTERM with 0, although the provider never answered", async () => {
    const port = await freePort();
    const site = bank({ PORT: String(port), ISSUER: `http://id.localhost:${await freePort()}` });
    await expect.poll(site.output, { timeout: 20_000 }).toContain("listening");
    site.child.kill("SIGTERM");
    expect(await site.exited).toBe(0);
    expect(site.errors()).toBe("");
  });
});
