import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { anOperator } from "../support/an-operator.ts";
import { createDatabase, databaseKind } from "../support/databases.ts";
import { localFetch } from "../support/local-fetch.ts";
import { type ClientProgram, redeem, refresh, signInFor } from "./support/a-client-program.ts";
import { aDemo, type Demo } from "./support/a-demo.ts";
import { count, figure, timed } from "./support/figures.ts";
import { atTheForm, type Credentials, submitTo } from "./support/people.ts";

const LANES = 32;
const FLOOD_MS = count(30_000, 5_000);

describe("a flood of sign-ins at an identity provider in a process of its own", () => {
  let demo: Demo;
  let directory: string;
  const signIns: number[] = [];
  const turnedAway: number[] = [];
  const refreshes: number[] = [];
  const keySets: number[] = [];
  let idleMiB = 0;
  const memoryMiB: number[] = [];

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), "signet-flood-"));
    demo = await aDemo(
      directory,
      databaseKind() === "postgresql" ? { DATABASE_URL: await createDatabase() } : {},
    );
    const people = await manyPeople();
    const bank = await bankAsProgram();
    const [first] = people;
    if (!first) throw new Error("nobody was added");
    const { code, verifier } = await signInFor(bank, first);
    let { refresh_token } = await redeem(bank, code, verifier);
    // What every process has warmed up before a flood comes.
    for (let warm = 0; warm < 20; warm += 1) {
      ({ refresh_token } = await refresh(bank, refresh_token));
      await keySet();
    }

    idleMiB = demo.memory("idp");
    const end = performance.now() + FLOOD_MS;
    const isOver = () => performance.now() >= end;
    const until = async (work: () => Promise<unknown>, pauseMs = 0) => {
      while (!isOver()) {
        await work();
        await wait(pauseMs);
      }
    };
    await Promise.all([
      ...Array.from({ length: LANES }, (_, lane) => until(() => signIn(people[lane] ?? first))),
      until(async () => {
        refreshes.push(
          await timed(async () => {
            ({ refresh_token } = await refresh(bank, refresh_token));
          }),
        );
      }, 20),
      until(async () => keySets.push(await timed(keySet)), 20),
      until(async () => memoryMiB.push(demo.memory("idp") - idleMiB), 100),
    ]);
  });

  afterAll(async () => {
    await demo?.stop();
    await rm(directory, { recursive: true, force: true });
  });

  it("P5: lets people in, and turns the rest away before hashing", () => {
    figure({ id: "P5", what: `sign-in posts, ${LANES} at once`, unit: "ms", samples: signIns });
    if (turnedAway.length > 0)
      figure({
        id: "P5",
        what: "of these turned away (503, 429)",
        unit: "ms",
        samples: turnedAway,
      });
    expect(signIns.length).toBeGreaterThan(LANES);
  });

  it("P5: refreshes tokens meanwhile, p99 under 250 ms", () => {
    figure(
      { id: "P5", what: "token refresh meanwhile", unit: "ms", samples: refreshes },
      { of: "p99", atMost: 250 },
    );
  });

  it("K10: publishes keys meanwhile, p99 under 50 ms", () => {
    figure(
      { id: "K10", what: "JWKS meanwhile", unit: "ms", samples: keySets },
      { of: "p99", atMost: 50 },
    );
  });

  it("P5: stays within 150 MiB of idle", () => {
    figure({ id: "P5", what: "memory when idle", unit: "MiB", samples: [idleMiB] });
    figure(
      { id: "P5", what: "memory above idle meanwhile", unit: "MiB", samples: memoryMiB },
      { of: "most", atMost: 150 },
    );
  });

  const keySet = async () => {
    const answer = await localFetch(`${demo.issuer}/jwks`);
    expect(answer.status, await answer.text()).toBe(200);
  };

  async function signIn(who: Credentials): Promise<void> {
    const here = await atTheForm(demo.bank);
    let status = 0;
    const took = await timed(async () => {
      ({ status } = await submitTo(here, who));
    });
    expect([303, 429, 503]).toContain(status);
    (status === 303 ? signIns : turnedAway).push(took);
  }

  /** One for each lane: attempts on one name at a time would be throttled. */
  async function manyPeople(): Promise<Credentials[]> {
    const operator = anOperator(demo, demo.adminToken);
    const people: Credentials[] = [];
    for (let index = 0; index < LANES; index += 1) {
      const email = `flood-${index}@example.test`;
      const password = `correct horse battery ${index}`;
      const { status, text } = await operator("POST", "/accounts", {
        email,
        name: "One of many",
        password,
      });
      expect(status, text).toBe(201);
      people.push({ email, password });
    }
    return people;
  }

  async function bankAsProgram(): Promise<ClientProgram> {
    const file: unknown = JSON.parse(
      await readFile(join(directory, "bank", "client.json"), "utf8"),
    );
    const { client_id, client_secret } = file as { client_id: string; client_secret: string };
    return {
      issuer: demo.issuer,
      id: client_id,
      secret: client_secret,
      redirectUri: `${demo.bank}/callback`,
      scope: "openid profile email",
    };
  }
});
