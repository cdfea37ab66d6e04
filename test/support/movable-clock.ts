import type { DatabaseClock } from "../../prisma/clock.ts";

export interface MovableClock extends DatabaseClock {
  /** Lets time pass. */
  advance(seconds: number): void;
  set(time: Date): void;
}

/** A clock that stands still until the test moves it. */
export function movableClock(start = new Date("2026-03-01T12:00:00.000Z")): MovableClock {
  let time = start.getTime();
  return {
    now: () => new Date(time),
    advance: (seconds) => {
      time += seconds * 1000;
    },
    set: (to) => {
      time = to.getTime();
    },
    isTrusted: () => true,
    start: async () => {},
    measure: async () => {},
    stop: () => {},
  };
}
