import { beforeAll, describe, expect, it } from "vitest";
import {
  type Reservation,
  type SignInThrottleStore,
  signInThrottleStore,
} from "../../../../idp/records/accounts/sign-in-throttle-store.ts";
import { throttlePolicies } from "../../../../idp/records/accounts/throttle-policy.ts";
import { newIdentifier } from "../../../../idp/records/identifier.ts";
import type { Database } from "../../../../prisma/database.ts";
import { openTwoHandles } from "../../../support/databases.ts";
import { at, DAY, HOUR, times } from "../a-world.ts";

let database: Database;
let here: SignInThrottleStore;
let there: SignInThrottleStore;
beforeAll(async () => {
  const [one, other] = await openTwoHandles();
  database = one;
  here = signInThrottleStore(one);
  there = signInThrottleStore(other);
});

const aName = () => `${newIdentifier().toLowerCase()}@example.test`;
let lastPlace = 0;
/** An address from which nobody has tried anything yet. */
const aPlace = () => {
  lastPlace += 1;
  return `10.${lastPlace >> 16}.${(lastPlace >> 8) & 255}.${lastPlace & 255}`;
};
const isAllowed = (reservation: Reservation) => reservation.kind === "allowed";

const { free } = throttlePolicies.nameAtAddress;

async function fail(emailKey: string, address: string, count: number, now = at(0)) {
  for (let index = 0; index < count; index += 1) await here.reserve({ emailKey, address }, now);
}

describe("reserving an attempt", () => {
  it("P7: takes one statement, and one to give back", async () => {
    const attempt = { emailKey: aName(), address: aPlace() };
    const before = database.statements.count;
    const reservation = await here.reserve(attempt, at(0));
    expect(database.statements.count - before).toBe(1);
    if (reservation.kind === "allowed") await reservation.giveBack();
    expect(database.statements.count - before).toBe(2);
  });

  it("P7: of 200 parallel guesses on two replicas exactly the free ones are let through", async () => {
    const attempt = { emailKey: aName(), address: aPlace() };
    const reservations = await times(200, (index) =>
      (index % 2 ? here : there).reserve(attempt, at(0)),
    );
    expect(reservations.filter(isAllowed)).toHaveLength(free);
    for (const reservation of reservations) {
      if (reservation.kind === "throttled") expect(reservation.retryAfterSeconds).toBe(1);
    }
  });

  it("P7: 200 parallel guesses at one name from 200 places share the name's counter", async () => {
    const emailKey = aName();
    const reservations = await times(200, (index) =>
      (index % 2 ? here : there).reserve({ emailKey, address: aPlace() }, at(0)),
    );
    expect(reservations.filter(isAllowed)).toHaveLength(throttlePolicies.name.free);
  });

  it("P7: 200 parallel guesses at 200 names from one place share the place's counter", async () => {
    const address = aPlace();
    const reservations = await times(200, (index) =>
      (index % 2 ? here : there).reserve({ emailKey: aName(), address }, at(0)),
    );
    expect(reservations.filter(isAllowed)).toHaveLength(throttlePolicies.address.free);
  });

  it("P7: an IPv6 network is one place", async () => {
    const emailKey = aName();
    const reservations = await times(50, (index) =>
      here.reserve({ emailKey, address: `2001:db8:7:7::${index.toString(16)}` }, at(0)),
    );
    expect(reservations.filter(isAllowed)).toHaveLength(free);
    const mapped = { emailKey: aName(), address: "::ffff:203.0.113.9" };
    await fail(mapped.emailKey, "203.0.113.9", free);
    expect((await here.reserve(mapped, at(0))).kind).toBe("throttled");
  });

  it("P7: the wait grows with each failure and passes with time", async () => {
    const attempt = { emailKey: aName(), address: aPlace() };
    await fail(attempt.emailKey, attempt.address, free);
    let now = 0;
    for (const wait of [1, 2, 4, 8, 16]) {
      expect(await here.reserve(attempt, at(now))).toEqual({
        kind: "throttled",
        retryAfterSeconds: wait,
      });
      expect((await there.reserve(attempt, at(now + wait - 0.001))).kind).toBe("throttled");
      now += wait;
      expect((await there.reserve(attempt, at(now))).kind).toBe("allowed");
    }
  });

  it("P7: a throttled attempt makes nothing worse", async () => {
    const attempt = { emailKey: aName(), address: aPlace() };
    await fail(attempt.emailKey, attempt.address, free + 50);
    expect(await here.reserve(attempt, at(0))).toEqual({ kind: "throttled", retryAfterSeconds: 1 });
    expect((await here.reserve(attempt, at(1))).kind).toBe("allowed");
  });

  it("P7: after 100 failures of a name, one attempt an hour is left; nobody is locked out for good", async () => {
    const emailKey = aName();
    let now = 0;
    let letThrough = 0;
    // A patient attacker, always from somewhere new, who waits as told.
    while (letThrough < 100) {
      const reservation = await here.reserve({ emailKey, address: aPlace() }, at(now));
      if (reservation.kind === "allowed") letThrough += 1;
      else now += reservation.retryAfterSeconds;
    }
    const next = await here.reserve({ emailKey, address: aPlace() }, at(now));
    expect(next).toEqual({ kind: "throttled", retryAfterSeconds: HOUR });
    expect(now).toBeGreaterThan(15 * HOUR);
    expect(isAllowed(await here.reserve({ emailKey, address: aPlace() }, at(now + HOUR)))).toBe(
      true,
    );
  });

  it("P7: failures are forgotten after 30 days without any", async () => {
    const attempt = { emailKey: aName(), address: aPlace() };
    await fail(attempt.emailKey, attempt.address, free);
    expect(isAllowed(await here.reserve(attempt, at(30 * DAY)))).toBe(true);
    expect(isAllowed(await here.reserve(attempt, at(30 * DAY)))).toBe(true);
  });
});

describe("success", () => {
  it("P7: gives back: a hundred good sign-ins in three minutes from one address all pass", async () => {
    const address = aPlace();
    const names = [aName(), aName(), aName()];
    for (let index = 0; index < 100; index += 1) {
      const emailKey = names[index % names.length] ?? "";
      const reservation = await here.reserve({ emailKey, address }, at(index * 1.8));
      if (reservation.kind === "throttled") throw new Error(`the ${index}th was throttled`);
      await reservation.giveBack();
    }
  });

  it("P7: gives back to parallel good sign-ins, however they interleave", async () => {
    const address = aPlace();
    for (let round = 0; round < 20; round += 1) {
      const outcomes = await times(5, async (index) => {
        const stores = index % 2 ? here : there;
        const reservation = await stores.reserve({ emailKey: aName(), address }, at(round));
        if (reservation.kind === "allowed") await reservation.giveBack();
        return reservation.kind;
      });
      expect(outcomes).toEqual(Array(5).fill("allowed"));
    }
  });

  it("P7: ends the person's failures in a row, and lowers the place's by one", async () => {
    const attempt = { emailKey: aName(), address: aPlace() };
    await fail(attempt.emailKey, attempt.address, free - 1);
    const reservation = await here.reserve(attempt, at(0));
    if (reservation.kind === "allowed") await reservation.giveBack();
    const again = await times(free, () => here.reserve(attempt, at(0)));
    expect(again.filter(isAllowed)).toHaveLength(free);

    // The place has 19 failures by now; somebody's own success does not wash it clean.
    for (let index = 2 * free - 1; index < throttlePolicies.address.free; index += 1) {
      const { address } = attempt;
      expect(isAllowed(await here.reserve({ emailKey: aName(), address }, at(0)))).toBe(true);
    }
    const { address } = attempt;
    expect(isAllowed(await here.reserve({ emailKey: aName(), address }, at(0)))).toBe(false);
  });

  it("P7: makes a place known, where strangers elsewhere cannot hold the person back", async () => {
    const emailKey = aName();
    const home = aPlace();
    const reservation = await here.reserve({ emailKey, address: home }, at(0));
    if (reservation.kind === "allowed") await reservation.giveBack();

    await times(200, () => there.reserve({ emailKey, address: aPlace() }, at(1)));
    expect(isAllowed(await here.reserve({ emailKey, address: aPlace() }, at(1)))).toBe(false);
    expect(isAllowed(await here.reserve({ emailKey, address: home }, at(1)))).toBe(true);
    // At home too, guessing is slowed down.
    await fail(emailKey, home, free, at(1));
    expect(isAllowed(await here.reserve({ emailKey, address: home }, at(1)))).toBe(false);
  });
});

describe("an attempt that was not made after all", () => {
  it("is taken off again, but nothing else is", async () => {
    const attempt = { emailKey: aName(), address: aPlace() };
    for (let index = 0; index < 3 * free; index += 1) {
      const reservation = await here.reserve(attempt, at(0));
      if (reservation.kind === "throttled") throw new Error("throttled by attempts not made");
      await reservation.cancel();
    }
    await fail(attempt.emailKey, attempt.address, free);
    expect(isAllowed(await here.reserve(attempt, at(0)))).toBe(false);
  });
});

it("names nobody in the table", async () => {
  const attempt = { emailKey: "somebody@example.test", address: "203.0.113.77" };
  await here.reserve(attempt, at(0));
  const rows = JSON.stringify(await database.orm.signInAttempt.findMany());
  expect(rows).not.toContain("somebody");
  expect(rows).not.toContain("203.0.113.77");
});
