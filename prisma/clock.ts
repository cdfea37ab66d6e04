// One time for all replicas: the database's. SQL is always given the time, it never asks for it.
import { performance } from "node:perf_hooks";
import type { Database } from "./database.ts";

export interface Clock {
  now(): Date;
}

export interface DatabaseClock extends Clock {
  /** False while this process's time cannot be relied on: the replica then reports not ready (Z9). */
  isTrusted(): boolean;
  /** Measures once, then again and again. @throws DatabaseUnavailable */
  start(): Promise<void>;
  /** Measures now; a failure to ask leaves the last measurement standing. */
  measure(): Promise<void>;
  stop(): void;
}

/** The process's own two clocks, in milliseconds: one may be set by an operator, one only ticks. */
export interface ProcessTime {
  wall(): number;
  ticks(): number;
}

const processTime: ProcessTime = { wall: () => Date.now(), ticks: () => performance.now() };

const MEASURE_EVERY_MS = 30_000;
/** A process this far from the database is misconfigured, whatever the correction makes of it. */
const FARTHEST_MS = 30_000;
/** A correction that moves this much at once is a jump, of either clock. */
const JUMP_MS = 5_000;
/** Smaller differences are the network's, not the clocks'; following them would only jitter. */
const NOISE_MS = 50;

interface Measurement {
  databaseTime: number;
  ticks: number;
}

/**
 * The database's time, carried on between measurements by the process's monotonic clock, so that
 * a step of the machine's own clock changes nothing but the trust in this replica.
 */
export function databaseClock(
  database: Pick<Database, "time">,
  time: ProcessTime = processTime,
): DatabaseClock {
  let last: Measurement | undefined;
  let jumped = false;
  let timer: NodeJS.Timeout | undefined;

  const now = () =>
    last === undefined ? time.wall() : last.databaseTime + (time.ticks() - last.ticks);

  async function ask(): Promise<void> {
    const asked = time.ticks();
    const databaseTime = (await database.time()).getTime();
    const answered = time.ticks();
    const measured: Measurement = { databaseTime, ticks: (asked + answered) / 2 };
    const correction = databaseTime + (answered - measured.ticks) - now();
    jumped = last !== undefined && Math.abs(correction) > JUMP_MS;
    if (last === undefined || Math.abs(correction) > NOISE_MS + (answered - asked) / 2) {
      last = measured;
    }
  }

  const measure = () => ask().catch(() => {});

  return {
    now: () => new Date(now()),
    isTrusted: () => last !== undefined && !jumped && Math.abs(time.wall() - now()) <= FARTHEST_MS,
    async start() {
      await ask();
      timer = setInterval(measure, MEASURE_EVERY_MS);
      timer.unref();
    },
    measure,
    stop: () => clearInterval(timer),
  };
}
