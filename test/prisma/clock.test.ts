import { describe, expect, it } from "vitest";
import { databaseClock } from "../../prisma/clock.ts";
import { DatabaseUnavailable } from "../../prisma/database.ts";
import { openTestDatabase } from "../support/databases.ts";

const NOON = Date.parse("2026-03-01T12:00:00.000Z");
const SECONDS = 1000;
const MINUTES = 60 * SECONDS;

/** A database and a process, each with a clock that the test sets. */
function world(databaseAhead = 0) {
  const state = { elapsed: 0, wallStep: 0, databaseAhead, down: false };
  const database = {
    time: async () => {
      if (state.down) throw new DatabaseUnavailable("down");
      return new Date(NOON + state.elapsed + state.databaseAhead);
    },
  };
  const clock = databaseClock(database, {
    wall: () => NOON + state.elapsed + state.wallStep,
    ticks: () => state.elapsed,
  });
  return { state, clock };
}

describe("the clock (Z9)", () => {
  it("tells the database's time, not the process's", async () => {
    const { clock, state } = world(-7 * SECONDS);
    await clock.start();
    state.elapsed += 90 * SECONDS;
    expect(clock.now()).toEqual(new Date(NOON + 83 * SECONDS));
    expect(clock.isTrusted()).toBe(true);
    clock.stop();
  });

  it("is not trusted before it was measured", () => {
    expect(world().clock.isTrusted()).toBe(false);
  });

  it.each([
    ["30 s", 30 * SECONDS, true],
    ["31 s", 31 * SECONDS, false],
    ["5 min ahead", 5 * MINUTES, false],
    ["5 min behind", -5 * MINUTES, false],
  ])("of a process %s off the database is trusted: %s", async (_, ahead, trusted) => {
    const { clock } = world(ahead);
    await clock.measure();
    expect(clock.isTrusted()).toBe(trusted);
    // Whatever the trust, the time told is the database's.
    expect(clock.now()).toEqual(new Date(NOON + ahead));
  });

  it("does not follow a backward step of the machine's clock, and reports it at once", async () => {
    const { clock, state } = world();
    await clock.measure();
    state.elapsed += 10 * SECONDS;
    state.wallStep = -5 * MINUTES;
    expect(clock.now()).toEqual(new Date(NOON + 10 * SECONDS));
    expect(clock.isTrusted()).toBe(false);
    state.wallStep = 0;
    expect(clock.isTrusted()).toBe(true);
  });

  it("follows a jump of the database's clock, untrusted until a second measurement agrees", async () => {
    const { clock, state } = world();
    await clock.measure();
    state.databaseAhead = 10 * SECONDS;
    await clock.measure();
    expect(clock.now()).toEqual(new Date(NOON + 10 * SECONDS));
    expect(clock.isTrusted()).toBe(false);
    await clock.measure();
    expect(clock.isTrusted()).toBe(true);
  });

  it("does not jitter with the network", async () => {
    const { clock, state } = world();
    await clock.measure();
    state.databaseAhead = -20;
    await clock.measure();
    expect(clock.now()).toEqual(new Date(NOON));
  });

  it("goes on from the last measurement while the database is away", async () => {
    const { clock, state } = world(3 * SECONDS);
    await clock.measure();
    state.down = true;
    state.elapsed += 10 * MINUTES;
    await clock.measure();
    expect(clock.now()).toEqual(new Date(NOON + 10 * MINUTES + 3 * SECONDS));
    expect(clock.isTrusted()).toBe(true);
  });

  it("K7: does not start without a database", async () => {
    const { clock, state } = world();
    state.down = true;
    await expect(clock.start()).rejects.toThrow(DatabaseUnavailable);
  });

  it("measures a real database", async () => {
    const clock = databaseClock(await openTestDatabase());
    await clock.start();
    expect(clock.isTrusted()).toBe(true);
    expect(clock.now()).toBeInstanceOf(Date);
    clock.stop();
  });
});
