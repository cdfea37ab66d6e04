// Several processes on one port (WEB_CONCURRENCY). All state is in the database, so they need to know
// nothing of one another; this process only keeps their number, and on SIGUSR2 puts new ones in their places.
import cluster, { type Worker } from "node:cluster";
import { once } from "node:events";
import { setTimeout as wait } from "node:timers/promises";

/** Whether this process is the one that keeps the others. */
export const keepsWorkers = (processes: number): boolean => processes > 1 && cluster.isPrimary;

const REST_MILLISECONDS = 1_000;

interface Place {
  worker: Worker;
}

/**
 * Keeps this many workers until SIGTERM or SIGINT, and resolves when the last one has drained. One that dies is
 * replaced; if the first cannot start at all, neither could the others. SIGUSR2 replaces all of them by new
 * ones, which run the code that is there now: one after the other, each drained once its successor listens.
 * @returns the exit code
 */
export async function keepWorkers(processes: number): Promise<number> {
  let isStopping = false;
  let replacing = Promise.resolve();
  const places: Place[] = [];

  const stop = () => {
    isStopping = true;
    for (const worker of Object.values(cluster.workers ?? {})) worker?.process.kill("SIGTERM");
  };
  process.on("SIGTERM", stop);
  process.on("SIGINT", stop);
  process.on("SIGUSR2", () => {
    replacing = replacing.then(replaceAll);
  });

  const first = cluster.fork();
  if (!(await listens(first))) return isStopping ? 0 : 1;
  places.push({ worker: first });
  while (places.length < processes && !isStopping) places.push({ worker: cluster.fork() });
  await Promise.all(places.map(keep));
  await replacing;
  return 0;

  async function keep(place: Place): Promise<void> {
    const { worker } = place;
    if (!worker.isDead()) await once(worker, "exit");
    if (place.worker === worker) {
      if (isStopping) return;
      // A worker that dies at once must not make this a busy loop.
      await wait(REST_MILLISECONDS);
      if (isStopping) return;
      place.worker = cluster.fork();
    }
    await keep(place);
  }

  /** Ends at the first that cannot start, which has said why: the others serve on as they are. */
  async function replaceAll(): Promise<void> {
    for (const place of places) if (isStopping || !(await replace(place))) return;
  }

  async function replace(place: Place): Promise<boolean> {
    const before = place.worker;
    const successor = cluster.fork();
    if (!(await listens(successor))) return false;
    // Whoever took the place of one that died meanwhile is as new as this one.
    const isWanted = place.worker === before && !before.isDead();
    const leaving = isWanted ? before : successor;
    if (isWanted) place.worker = successor;
    const left = once(leaving, "exit");
    leaving.process.kill("SIGTERM");
    await left;
    return true;
  }
}

/** @returns false when it ended before it came so far */
const listens = (worker: Worker): Promise<boolean> =>
  Promise.race([
    once(worker, "listening").then(() => true),
    once(worker, "exit").then(() => false),
  ]);
