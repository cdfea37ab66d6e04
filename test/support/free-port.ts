// Ports for servers that must have one before they start, or have the same one again. They are below
// the range from which the system hands out its own, so that nobody is given one in between, and each
// worker has a part of its own.
import { randomInt } from "node:crypto";
import { createServer } from "node:net";

const FIRST = 20_000;
const PER_WORKER = 1_500;
const WORKERS = 8;

const begin = FIRST + (Number(process.env.VITEST_POOL_ID ?? 0) % WORKERS) * PER_WORKER;
let used = randomInt(PER_WORKER);

/** A port nobody listens on, and that no other test is given soon. */
export async function freePort(): Promise<number> {
  for (let tries = 0; tries < PER_WORKER; tries += 1) {
    used = (used + 1) % PER_WORKER;
    if (await isFree(begin + used)) return begin + used;
  }
  throw new Error("every port of this worker is in use");
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once("error", () => resolve(false));
    probe.listen(port, "127.0.0.1", () => probe.close(() => resolve(true)));
  });
}
