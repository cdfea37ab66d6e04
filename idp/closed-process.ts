// Private keys are in this process's memory, so nothing may make a picture of it: no debugger, no heap
// snapshot on a signal, no report of a crash (security K9). Core dumps are the system's to switch off.
import inspector from "node:inspector";
import { StartProblem } from "./start-problem.ts";

/** Options of Node that let somebody look into a running process, however they are spelled. */
const LOOKING_IN =
  /^--(?:inspect|debug|heap-?prof|heapsnapshot-|report-on-|report-uncaught|abort-on)/;

/**
 * @param options  what this process was started with: its own arguments and NODE_OPTIONS
 * @throws StartProblem when the process is open to a debugger, or would write its memory to a file
 */
export function closeProcess(options: readonly string[]): void {
  const open = options.find((option) => LOOKING_IN.test(option));
  if (open !== undefined || inspector.url() !== undefined)
    throw new StartProblem(
      "NODE_OPTIONS",
      `${open ?? "a debugger"} would let private keys out of this process; only a demo may be looked into`,
    );
  // Node opens a debugger on this signal unless somebody listens to it.
  process.on("SIGUSR1", () => {});
}
