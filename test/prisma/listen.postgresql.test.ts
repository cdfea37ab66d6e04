import { beforeAll, describe, expect, it } from "vitest";
import { type Database, defineStatement } from "../../prisma/database.ts";
import { openTwoHandles } from "../support/databases.ts";

let one: Database;
let other: Database;
beforeAll(async () => {
  [one, other] = await openTwoHandles();
});

const eventually = <T>(read: () => T) => expect.poll(read, { timeout: 10_000 });
const changeKeySet = () => one.orm.keySet.updateMany({ data: { version: { increment: 1 } } });

const loseConnection = defineStatement(
  "test.lose_listener",
  `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
   WHERE datname = current_database() AND query = 'LISTEN key_set'`,
);

/** Counts what is heard; the first is the connection's own beginning. */
async function anEar() {
  let times = 0;
  const listening = other.listen("key_set", () => {
    times += 1;
  });
  await eventually(() => times).toBe(1);
  return { times: () => times, stop: listening.stop };
}

describe("hearing that the keys have changed", () => {
  it("is at once, when the change is committed, and not before", async () => {
    const ear = await anEar();
    await one.transaction(async (orm) => {
      await orm.keySet.updateMany({ data: { version: { increment: 1 } } });
      expect(ear.times()).toBe(1);
    });
    await eventually(ear.times).toBe(2);
    await expect(
      one.transaction(async (orm) => {
        await orm.keySet.updateMany({ data: { version: { increment: 1 } } });
        throw new Error("never mind");
      }),
    ).rejects.toThrow("never mind");
    await changeKeySet();
    await eventually(ear.times).toBe(3);
    await ear.stop();
  });

  it("goes on after the connection was lost; what may have been missed counts as heard", async () => {
    const ear = await anEar();
    await one.sql(loseConnection, []);
    await eventually(ear.times).toBe(2);
    await changeKeySet();
    await eventually(ear.times).toBe(3);
    await ear.stop();
  });

  it("ends when nobody wants to hear any more", async () => {
    const ear = await anEar();
    await ear.stop();
    await changeKeySet();
    await changeKeySet();
    expect(ear.times()).toBe(1);
  });
});
