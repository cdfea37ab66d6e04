import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

/** Heap, and what lies outside of it: buffers that were read. */
export function mebibytes(): number {
  const { heapUsed, external } = process.memoryUsage();
  return (heapUsed + external) / 1024 / 1024;
}

/** The same once everything that can go has gone. */
export function settledMebibytes(): number {
  for (let round = 0; round < 3; round += 1) collectGarbage();
  return mebibytes();
}

setFlagsFromString("--expose-gc");
const collectGarbage = runInNewContext("gc") as () => void;
