import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createDatabase, databaseKind } from "../support/databases.ts";
import { localFetch } from "../support/local-fetch.ts";
import { type ClientProgram, redeem, refresh, signInFor } from "./support/a-client-program.ts";
import { aDemo, type Demo } from "./support/a-demo.ts";
import { count, figure, timed } from "./support/figures.ts";
import { atTheForm } from "./support/people.ts";

const LANES = 32;
const FLOOD_MS = count(30_000, 5_000);

describe("a flood of sign-ins at an identity provider in a process of its own", () => {
  let demo: Demo;
  let directory: string;
  const refused: number[] = [];
  const turnedAway: number[] = [];
  const refreshes: number[] = [];
  const keySets: number[] = [];
  let guesses = 0;
  let idleMiB = 0;
  const memoryMiB: number[] = [];

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), "signet-flood-"));
    demo = await aDemo(directory, {
      // Each attempt comes from an address of its own; those of one address would be throttled.
      TRUSTED_PROXIES: "127.0.0.1",
      ...(databaseKind() === "postgresql" && { DATABASE_URL: await createDatabase() }),
    });
    const [alice] = demo.signIns;
    if (!alice) throw new Error("the demo has nobody");
    const bank = await bankAsProgram();
    const { code, verifier } = await signInFor(bank, alice);
    const forms = await Promise.all(
      Array.from({ length: LANES }, () => atTheForm(`${demo.issuer}/admin`)),
    );
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
      ...forms.map((form) => until(() => guess(form))),
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

  it("P5: hashes what it can, and turns the rest away before that", () => {
    figure({ id: "P5", what: `guesses, ${LANES} at once`, unit: "ms", samples: refused });
    if (turnedAway.length > 0)
      figure({
        id: "P5",
        what: "of these turned away (503)",
        unit: "ms",
        samples: turnedAway,
      });
    expect(refused.length).toBeGreaterThan(LANES);
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

  /** A wrong password for somebody who is not there: hashed all the same, and never throttled. */
  async function guess({ visitor, form }: Awaited<ReturnType<typeof atTheForm>>): Promise<void> {
    const [shown] = form.forms.filter(({ fields }) => "password" in fields);
    if (!shown) throw new Error("there is no sign-in form");
    guesses += 1;
    const email = `nobody-${guesses}@example.test`;
    let status = 0;
    const took = await timed(async () => {
      ({ status } = await visitor.post(
        shown.action,
        { ...shown.fields, email, password: "a guess at somebody's password" },
        { "X-Forwarded-For": `198.18.${(guesses >> 8) & 255}.${guesses & 255}` },
      ));
    });
    expect([403, 503]).toContain(status);
    (status === 503 ? turnedAway : refused).push(took);
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
