// `npm start`: the identity provider and the two sites, on loopback, with everything they need. The
// three live and die together.
import { createServer } from "node:net";
import { environment, SettingError } from "../config.ts";
import { runningFile } from "../running-file.ts";
import { banner } from "./banner.ts";
import { answersAs, startChild } from "./demo-child.ts";
import { findDemoSignIns } from "./demo-people.ts";
import { type DemoSettings, IDP_PROOF, readDemoSettings } from "./demo-settings.ts";

const startedAt = performance.now();

try {
  const settings = readDemoSettings(environment());
  await refuseSecondStart(settings);
  for (const { port, portSetting } of [settings.idp, settings.bank, settings.retirement])
    await requireFreePort(port, portSetting);
  process.exitCode = await run(settings);
} catch (error) {
  if (!(error instanceof SettingError)) throw error;
  refuse(error.message);
}

/** Which of the three has ended, and why. */
interface Ending {
  readonly label: string;
  readonly why: string;
}

/** Runs the three until a signal, or until one of them ends. @returns the exit code */
async function run(settings: DemoSettings): Promise<number> {
  const idp = startChild(settings.idp);
  const sites = [settings.bank, settings.retirement].map(startChild);
  const children = [idp, ...sites];
  const signal = new Promise<"signal">((resolve) => {
    for (const name of ["SIGINT", "SIGTERM", "SIGHUP"] as const)
      process.on(name, () => resolve("signal"));
  });
  const firstEnd = Promise.race(
    children.map(async ({ label, ended }): Promise<Ending> => ({ label, why: await ended })),
  );

  // A site that has run before sends people to a provider that is not there yet, and a moment later
  // knows better: what it answers counts once the provider is up.
  const allReady = async () =>
    (await idp.ready()) && (await Promise.all(sites.map((site) => site.ready()))).every(Boolean);
  const ready = allReady().then(
    async (isReady): Promise<"ready" | Ending> => (isReady ? "ready" : firstEnd),
  );
  const first = await Promise.race([firstEnd, signal, ready]);
  if (first === "ready") {
    const tookSeconds = (performance.now() - startedAt) / 1000;
    const isColourful = process.stdout.isTTY && !environment().NO_COLOR;
    const signIns = findDemoSignIns(settings.dataDirectory);
    process.stdout.write(banner({ settings, signIns, tookSeconds, isColourful }));
    for (const child of children) child.showLines((line) => process.stderr.write(`${line}\n`));
  }

  const end = first === "ready" ? await Promise.race([firstEnd, signal]) : first;
  // The sites take their leave of the provider.
  await Promise.all(sites.map((site) => site.stop()));
  await idp.stop();
  if (end === "signal") {
    process.stdout.write("\nSignet has stopped.\n");
    return 0;
  }
  process.stderr.write(`${end.label} stopped, and the others with it: ${end.why}\n`);
  return 1;
}

/** One line and exit code 1 when a demo on this data directory answers already. */
async function refuseSecondStart({ dataDirectory }: DemoSettings): Promise<void> {
  const running = runningFile(dataDirectory).find();
  if (!running || !isAlive(running.pid)) return;
  const port = Number(new URL(running.issuer).port);
  if (await answersAs(port, IDP_PROOF))
    refuse(`Signet is already running (pid ${running.pid}) at ${running.issuer}`);
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "EPERM";
  }
}

function requireFreePort(port: number, setting: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once("error", () =>
      reject(new SettingError(setting, `must be another port: ${port} is in use`)),
    );
    probe.listen(port, "127.0.0.1", () => probe.close(() => resolve()));
  });
}

function refuse(line: string): never {
  process.stderr.write(`${line}\n`);
  process.exit(1);
}
