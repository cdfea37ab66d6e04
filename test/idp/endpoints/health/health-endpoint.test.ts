import { beforeAll, describe, expect, it } from "vitest";
import { healthEndpoint } from "../../../../idp/endpoints/health/health-endpoint.ts";
import { readiness } from "../../../../idp/endpoints/health/readiness.ts";
import { serveDoors } from "../support/serve-doors.ts";

describe("health (Z3)", () => {
  let origin: string;
  let looks = 0;
  let up = true;
  const ready = readiness({
    checks: {
      database: () => {
        looks += 1;
        return up;
      },
    },
  });
  beforeAll(async () => {
    const health = healthEndpoint({ readiness: ready });
    origin = await serveDoors({
      "GET /health/live": health.live,
      "GET /health/ready": health.ready,
    });
  });
  const get = async (path: string) => {
    const answer = await fetch(origin + path);
    return { status: answer.status, body: await answer.json() };
  };

  it("Z3: liveness asks nothing, readiness answers from the last look", async () => {
    await ready.probe();
    expect(await get("/health/live")).toEqual({ status: 200, body: { status: "ok" } });
    expect(await get("/health/ready")).toEqual({
      status: 200,
      body: { status: "ok", checks: { database: true, accepting: true } },
    });
    expect(looks).toBe(1);
  });

  it("Z3: without the database it is alive and not ready, until the database is back", async () => {
    up = false;
    await ready.probe();
    await ready.probe();
    expect(await get("/health/ready")).toMatchObject({
      status: 503,
      body: { checks: { database: false } },
    });
    expect((await get("/health/live")).status).toBe(200);
    up = true;
    await ready.probe();
    await ready.probe();
    expect((await get("/health/ready")).status).toBe(200);
  });
});
