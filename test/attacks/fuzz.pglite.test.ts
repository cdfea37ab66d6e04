// Every route of the provider and of a site under requests that nobody should send (H7): 500 each, by
// fast-check; the soak sends 10 000.
import { Agent } from "node:http";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { aHouse, type House } from "../support/a-house.ts";
import { ADMIN_TOKEN, REGISTRATION_TOKEN } from "../support/an-idp.ts";
import { everyRoute, type MountedRoute } from "./every-route.ts";
import { arbitraryRequest } from "./fuzz/arbitrary-request.ts";
import { send, uncalm } from "./fuzz/calm-answers.ts";

const RUNS = 500;
const LANES = 10;
/** The same in every run of the gate; another one is a setting away. */
const SEED = Number(process.env.FUZZ_SEED ?? 20_260_301);

/** What the kit brings along, and what the bank adds. */
const SITE_ROUTES: readonly MountedRoute[] = [
  { methods: ["GET", "POST"], path: "/sign-in" },
  { methods: ["GET"], path: "/callback" },
  { methods: ["POST"], path: "/sign-out" },
  { methods: ["POST"], path: "/backchannel-logout" },
  { methods: ["POST"], path: "/key-events" },
  { methods: ["GET"], path: "/client-keys" },
  { methods: ["GET"], path: "/.well-known/oauth-protected-resource/api" },
  { methods: ["GET"], path: "/health/ready" },
  { methods: ["GET"], path: "/" },
  { methods: ["GET"], path: "/transactions" },
  { methods: ["GET", "POST"], path: "/transfers" },
  { methods: ["GET"], path: "/transfers/:id" },
  { methods: ["GET"], path: "/api/accounts" },
  { methods: ["POST"], path: "/api/transfers" },
];

let house: House;
const agent = new Agent({ keepAlive: true, maxSockets: LANES });

beforeAll(async () => {
  house = await aHouse({ REGISTRATION_TOKEN, ADMIN_TOKEN });
});
afterAll(async () => {
  agent.destroy();
  await house.close();
});

/** Ten at a time; what fails is told whole, and the seed makes it again. */
async function fuzz(route: MountedRoute, port: number): Promise<string[]> {
  const requests = fc.sample(arbitraryRequest(route, ADMIN_TOKEN), { numRuns: RUNS, seed: SEED });
  const failures: string[] = [];
  const lane = async () => {
    for (let next = requests.pop(); next; next = requests.pop()) {
      const answer = await send(port, agent, next);
      const problem = uncalm(answer);
      if (problem)
        failures.push(`${problem}: ${JSON.stringify(next)} -> ${answer.text.slice(0, 200)}`);
    }
  };
  await Promise.all(Array.from({ length: LANES }, lane));
  return failures.slice(0, 3);
}

const portOf = (url: string) => Number(new URL(url).port);

describe(`any request gets a calm answer (H7, seed ${SEED})`, () => {
  it("H7: at every route of the provider", async () => {
    const routes = everyRoute(house.idp());
    expect(routes.length).toBeGreaterThan(60);
    for (const route of routes) {
      expect(await fuzz(route, portOf(house.issuer)), route.path).toEqual([]);
    }
  }, 240_000);

  it("H7: at every route of a site", async () => {
    for (const route of SITE_ROUTES) {
      expect(await fuzz(route, portOf(house.bank)), route.path).toEqual([]);
    }
  }, 120_000);

  it("H7: and all three are well afterwards", async () => {
    for (const site of [house.issuer, house.bank, house.retirement]) {
      const request = { method: "GET", path: "/health/ready", headers: {}, body: "" };
      expect((await send(portOf(site), agent, request)).status).toBe(200);
    }
  });
});
