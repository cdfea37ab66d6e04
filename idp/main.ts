// The identity provider as a process: settings in, requests served, a clean end on SIGTERM and SIGINT.
// Whatever keeps it from starting is one line on standard error and exit code 1.
import { closeProcess } from "./closed-process.ts";
import { environment, readConfig } from "./config.ts";
import { demoSecrets } from "./demo/demo-secrets.ts";
import { type RunningIdp, startIdp } from "./start-idp.ts";
import { startProblemLine } from "./start-problem.ts";
import { keepsWorkers, keepWorkers } from "./workers.ts";

try {
  const config = readConfig(environment(), demoSecrets);
  if (!config.demo)
    closeProcess([...process.execArgv, ...(environment().NODE_OPTIONS ?? "").split(/\s+/)]);
  if (keepsWorkers(config.processes)) process.exit(await keepWorkers(config.processes));
  stopOnSignal(startIdp(config));
} catch (error) {
  refuseToStart(error);
}

/** A signal during the start is kept until there is something to stop in good order. */
function stopOnSignal(starting: Promise<RunningIdp>): void {
  let isStopping = false;
  const stop = async () => {
    // Ctrl-C reaches every process of the terminal, and then again through whoever started us.
    if (isStopping) return;
    isStopping = true;
    await (await starting).stop();
    process.exit(0);
  };
  process.on("SIGTERM", stop);
  process.on("SIGINT", stop);
  starting.catch(refuseToStart);
}

function refuseToStart(error: unknown): never {
  process.stderr.write(`signet: ${startProblemLine(error)}\n`);
  process.exit(1);
}
