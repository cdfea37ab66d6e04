import { mkdtemp, rm } from "node:fs/promises";
import { Agent } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { everyRoute, type MountedRoute } from "../attacks/every-route.ts";
import { arbitraryRequest } from "../attacks/fuzz/arbitrary-request.ts";
import { send, uncalm } from "../attacks/fuzz/calm-answers.ts";
import { anIdp } from "../support/an-idp.ts";
import { localFetch } from "../support/local-fetch.ts";
import { aDemo, type Demo } from "./support/a-demo.ts";
import { count, figure, timed } from "./support/figures.ts";
import { onLanes } from "./support/people.ts";

const REQUESTS = count(10_000, 50);
const LANES = 16;
const SEED = Number(process.env.SOAK_SEED ?? 20_260_301);
describe(`an identity provider under nonsense (seed ${SEED})`, () => {
  let demo: Demo;
  let directory: string;
  let routes: MountedRoute[];
  const agent = new Agent({ keepAlive: true, maxSockets: LANES });

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), "signet-fuzz-"));
    demo = await aDemo(directory, {
      REGISTRATION_TOKEN: "soak-registration-token-0123456789abcdef",
    });
    const twin = await anIdp();
    routes = everyRoute(twin);
    await twin.close();
  });
  afterAll(async () => {
    agent.destroy();
    await demo?.stop();
    await rm(directory, { recursive: true, force: true });
  });

  it("E8: refuses a scope of 50 000 characters within 50 ms", async () => {
    const body = new URLSearchParams({
      grant_type: "client_credentials",
      scope: "s".repeat(50_000),
    });
    const samples: number[] = [];
    for (let round = 0; round < 200; round += 1) {
      const took = await timed(async () => {
        const answer = await localFetch(`${demo.issuer}/token`, { method: "POST", body });
        await answer.text();
        expect([400, 413]).toContain(answer.status);
      });
      if (round >= 20) samples.push(took);
    }
    figure(
      { id: "E8", what: "a scope of 50 000 characters refused", unit: "ms", samples },
      { of: "p99", atMost: 50 },
    );
  });

  it("H7: answers every request, says nothing of itself, and does not grow", async () => {
    const samples: number[] = [];
    const failures: string[] = [];
    const statuses = new Map<number, number>();
    const fuzz = async (route: MountedRoute, times: number) => {
      const requests = fc.sample(arbitraryRequest(route, demo.adminToken), {
        numRuns: times,
        seed: SEED,
      });
      await onLanes(LANES, times, async (index) => {
        const sent = requests[index];
        if (!sent) return;
        const began = performance.now();
        const answer = await send(demo.idpPort, agent, sent).catch((error: unknown) => ({
          status: 0,
          type: "",
          text: String(error),
        }));
        samples.push(performance.now() - began);
        statuses.set(answer.status, (statuses.get(answer.status) ?? 0) + 1);
        const problem = uncalm(answer);
        if (problem)
          failures.push(
            `${problem}: ${JSON.stringify(sent).slice(0, 600)} -> ${answer.text.slice(0, 300)}`,
          );
      });
    };

    // A tenth first: what every process takes once is not growth.
    for (const route of routes) await fuzz(route, Math.ceil(REQUESTS / 10));
    const warm = demo.memory("idp");
    const memory: number[] = [];
    for (const route of routes) {
      await fuzz(route, REQUESTS);
      memory.push(demo.memory("idp") - warm);
    }

    figure({ id: "H7", what: `nonsense requests, ${routes.length} routes`, unit: "ms", samples });
    for (const [status, times] of [...statuses].sort(([a], [b]) => a - b))
      figure({ id: "H7", what: `of these answered ${status}`, unit: "", samples: [times] });
    figure(
      { id: "H7", what: "memory above warm", unit: "MiB", samples: memory },
      { of: "most", atMost: 150 },
    );
    expect(failures.slice(0, 20)).toEqual([]);
    const alive = await localFetch(`${demo.issuer}/health/ready`);
    expect(alive.status, await alive.text()).toBe(200);
  });
});
