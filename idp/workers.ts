// Several processes on one port (WEB_CONCURRENCY). All state is in the database, so they need to know
// nothing of one another; this process only keeps their number.
import cluster, { type Worker } from "node:cluster";
import { once } from "node:events";

/** Whether this process is the one that keeps the others. */
export const keepsWorkers = (processes: number): boolean => processes > 1 && cluster.isPrimary;

const REST_MILLISECONDS = 1_000;

/**
 * Keeps this many workers until SIGTERM or SIGINT, and resolves when the last one has drained. One that dies is
 * replaced; if the first cannot start at all, neither could the others.
 * @returns the exit code
 */
export async function keepWorkers(processes: number): Promise<number> {
  let isStopping = false;
  const stop = () => {
    isStopping = true;
    for (const worker of Object.values(cluster.workers ?? {})) worker?.process.kill("SIGTERM");
  };
  process.on("SIGTERM", stop);
  process.on("SIGINT", stop);

  const first = cluster.fork();
  const started = await Promise.race([
    once(first, "listening").then(() => true),
    once(first, "exit").then(() => false),
  ]);
  if (!started) return isStopping ? 0 : 1;

  const keep = async (worker: Worker): Promise<void> => {
    await once(worker, "exit");
    if (isStopping) return;
    // A worker that dies at once must not make this a busy loop.
    await new Promise((resolve) => setTimeout(resolve, REST_MILLISECONDS));
    if (!isStopping) await keep(cluster.fork());
  };
  const others = isStopping ? [] : Array.from({ length: processes - 1 }, () => cluster.fork());
  await Promise.all([first, ...others].map(keep));
  return 0;
}
