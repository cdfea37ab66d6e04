import { setTimeout as wait } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { defineStatement } from "../../prisma/database.ts";
import { anIdp, aPerson, type Person, type TestIdp } from "../support/an-idp.ts";
import { count, figure, timed } from "./support/figures.ts";
import { atTheForm, submitTo } from "./support/people.ts";

const ROWS = count(150_000, 3_000);
const BEFORE = count(100, 10);
const LONGEST_MS = 20 * 60_000;

const expiredInteractions = defineStatement(
  "soak_expired_interactions",
  `INSERT INTO "Interaction" ("id", "browserHash", "kind", "request", "createdAt", "expiresAt")
   SELECT 'soak-' || n, 'soak', 'own-page', '{}', $1, $1 FROM generate_series(1, $2::int) AS n`,
);
const expiredSessions = defineStatement(
  "soak_expired_sessions",
  `INSERT INTO "Session" ("id", "secretHash", "accountId", "authenticatedAt", "acr", "amr", "createdAt",
     "lastUsedAt", "expiresAt")
   SELECT 'soak-' || n, 'soak-' || n, $3, $1, 'pwd', '{}', $1, $1, $1
   FROM generate_series(1, $2::int) AS n`,
);
const leftOver = defineStatement<{ rows: number }>(
  "soak_left_over",
  `SELECT (SELECT count(*) FROM "Interaction" WHERE "id" LIKE 'soak-%')::int
        + (SELECT count(*) FROM "Session" WHERE "id" LIKE 'soak-%')::int AS "rows"`,
);

describe("R2: a backlog of expired rows", () => {
  let world: TestIdp;
  let person: Person;
  beforeAll(async () => {
    world = await anIdp();
    person = await aPerson(world);
  });
  afterAll(() => world.close());

  it("goes while people sign in as quickly as before", async () => {
    const quiet: number[] = [];
    for (let warm = 0; warm < 10; warm += 1) await signIn();
    for (let round = 0; round < BEFORE; round += 1) quiet.push(await signIn());

    const past = new Date(world.clock.now().getTime() - 86_400_000);
    const half = Math.ceil(ROWS / 2);
    await world.database.sql(expiredInteractions, [past, half]);
    await world.database.sql(expiredSessions, [past, half, person.account.id]);
    const began = performance.now();
    const meanwhile: number[] = [];
    let rows = await left();
    let looks = 0;
    // The identity provider's own sweeper does it, in its own time.
    while (rows > 0) {
      const took = await signIn();
      if (rows < 2 * half) meanwhile.push(took);
      await wait(100);
      looks += 1;
      if (looks % 10 === 0 || rows < 1_000) rows = await left();
      if (performance.now() - began > LONGEST_MS) break;
    }

    const seconds = (performance.now() - began) / 1000;
    figure({
      id: "R2",
      what: `${2 * half} expired rows gone after`,
      unit: "s",
      samples: [seconds],
    });
    expect(rows).toBe(0);
    const before = figure({
      id: "R2",
      what: "sign-in without a backlog",
      unit: "ms",
      samples: quiet,
    });
    figure(
      { id: "R2", what: "sign-in while it goes", unit: "ms", samples: meanwhile },
      // Room for one batch and for a machine that is busy.
      { of: "median", atMost: Math.round(before.median * 1.5 + 20) },
    );
  });

  async function signIn(): Promise<number> {
    const here = await atTheForm(`${world.issuer}/admin`);
    let status = 0;
    const took = await timed(async () => {
      ({ status } = await submitTo(here, person));
    });
    expect(status).toBe(303);
    return took;
  }

  async function left(): Promise<number> {
    const [row] = await world.database.sql(leftOver, []);
    return row?.rows ?? Number.NaN;
  }
});
