// `npm start` as a person meets it: real processes, real ports, one Ctrl-C.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { findDemoSignIns } from "../../idp/demo/demo-people.ts";
import { runningFile } from "../../idp/running-file.ts";
import { aProcess, endProcesses, type Started } from "../support/a-process.ts";
import { aVisitor } from "../support/a-visitor.ts";
import { freePort } from "../support/free-port.ts";

const PATIENTLY = { timeout: 180_000 };

let environment: Record<string, string>;
let running: Started;

beforeAll(async () => {
  environment = {
    DATA_DIR: await mkdtemp(join(tmpdir(), "signet-npm-start-")),
    IDP_PORT: String(await freePort()),
    BANK_PORT: String(await freePort()),
    RETIREMENT_PORT: String(await freePort()),
  };
  running = await startAll();
}, PATIENTLY.timeout);
afterAll(async () => {
  running.child.kill("SIGTERM");
  await running.ended;
  endProcesses();
  await rm(environment.DATA_DIR ?? "", { recursive: true, force: true });
});

const start = (changed: Record<string, string> = {}) =>
  aProcess("idp/demo/start.ts", [], { ...environment, ...changed });

async function startAll(): Promise<Started> {
  const started = start();
  await started.says("Ctrl-C stops all three");
  return started;
}

const at = (name: string, port: string | undefined) => `http://${name}.localhost:${port}`;
const bank = () => at("bank", environment.BANK_PORT);
const retirement = () => at("retirement", environment.RETIREMENT_PORT);
const issuer = () => at("id", environment.IDP_PORT);

/** Signs in at the bank with what the banner says. */
async function signInAtTheBank(password: string) {
  const visitor = aVisitor();
  const login = await visitor.follow(bank());
  expect(login.url.startsWith(`${issuer()}/sign-in/`)).toBe(true);
  const submitted = await visitor.submit(login, { email: "alice@example.test", password });
  const page = await visitor.follow(submitted.location ?? "");
  return { visitor, page };
}

const alicesPassphrase = () =>
  findDemoSignIns(environment.DATA_DIR ?? "").find(({ email }) => email.startsWith("alice"))
    ?.password ?? "";

describe("npm start", PATIENTLY, () => {
  it("prints addresses and sign-ins that work, at the bank and then at Evergreen", async () => {
    const { stdout, stderr } = running.output();
    expect(stderr).toBe("");
    for (const address of [bank(), retirement(), issuer()]) expect(stdout).toContain(address);
    const [, password = ""] = /alice@example\.test +(\S+)/.exec(stdout) ?? [];
    const { visitor, page } = await signInAtTheBank(password);
    expect(page.url).toBe(`${bank()}/`);
    expect(page.status).toBe(200);
    const plan = await visitor.follow(retirement());
    expect(plan.url).toBe(`${retirement()}/`);
    expect(plan.status).toBe(200);
  });

  it("says in one line that it is already running, wherever the second one was to be", async () => {
    for (const ports of [
      {},
      {
        IDP_PORT: String(await freePort()),
        BANK_PORT: String(await freePort()),
        RETIREMENT_PORT: String(await freePort()),
      },
    ]) {
      const { code, stdout, stderr } = await start(ports).ended;
      expect(code).toBe(1);
      expect(stdout).toBe("");
      expect(stderr).toMatch(
        /^Signet is already running \(pid \d+\) at http:\/\/id\.localhost:\d+\n$/,
      );
      expect(stderr).toContain(issuer());
    }
  });

  it("names the setting when a port is somebody else's", async () => {
    const other = await mkdtemp(join(tmpdir(), "signet-npm-start-"));
    const { code, stderr } = await start({ DATA_DIR: other, IDP_PORT: String(await freePort()) })
      .ended;
    expect(code).toBe(1);
    expect(stderr).toMatch(/^BANK_PORT [^\n]+\n$/);
    await rm(other, { recursive: true });
  });

  it("stops all three on a signal, and keeps everything for the next start", async () => {
    const password = alicesPassphrase();
    running.child.kill("SIGINT");
    expect((await running.ended).code).toBe(0);
    for (const address of [bank(), retirement(), issuer()])
      await expect(aVisitor().get(address)).rejects.toThrow();

    running = await startAll();
    expect(running.output().stdout).toContain(password);
    const { page } = await signInAtTheBank(password);
    expect(page.status).toBe(200);
  });

  it("takes all down with one line when one of the three dies", async () => {
    const { pid } = runningFile(environment.DATA_DIR ?? "").find() ?? {};
    expect(pid).toBeGreaterThan(1);
    if (pid) process.kill(pid, "SIGKILL");
    const { code, stderr } = await running.ended;
    expect(code).toBe(1);
    // A site may have missed the provider before it was told to stop, and have logged that.
    const lines = stderr
      .split("\n")
      .filter((line) => !/^(?:Harbour|Evergreen)[^{]*: \{/.test(line));
    expect(lines).toEqual([
      expect.stringMatching(/^Signet stopped, and the others with it: ./),
      "",
    ]);
    await expect(aVisitor().get(bank())).rejects.toThrow();
  });
});
