// Two replicas of the identity provider over one database, behind a proxy that gives each request to the
// next one, and both sites: in one process, each on its own address, by the real time.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { harbourBank } from "../../apps/bank/app.ts";
import { readBankConfig } from "../../apps/bank/config.ts";
import { startSite } from "../../apps/relying-party/site-main.ts";
import { evergreenRetirement } from "../../apps/retirement/app.ts";
import { readRetirementConfig } from "../../apps/retirement/config.ts";
import { createIdp } from "../../idp/app.ts";
import { readConfig } from "../../idp/config.ts";
import { type DemoSignIn, findDemoSignIns } from "../../idp/demo/demo-people.ts";
import { seedDemo } from "../../idp/demo/seed.ts";
import { createLogger } from "../../idp/http/logger.ts";
import { listen } from "../../idp/http/server.ts";
import { databaseClock } from "../../prisma/clock.ts";
import type { Database } from "../../prisma/database.ts";
import { until } from "./a-house.ts";
import { ADMIN_TOKEN } from "./an-idp.ts";
import { openTwoHandles } from "./databases.ts";
import { freePort } from "./free-port.ts";
import { roundRobinProxy } from "./round-robin-proxy.ts";

export interface Fleet {
  readonly issuer: string;
  readonly bank: string;
  readonly retirement: string;
  readonly alice: DemoSignIn;
  /** How many requests each replica was given. */
  readonly given: readonly number[];
  close(): Promise<void>;
}

const KEK = `fleet:${Buffer.alloc(32, 7).toString("base64")}`;

/** @param settings  beside the demo's own */
export async function aFleet(settings: Readonly<Record<string, string>>): Promise<Fleet> {
  const dataDirectory = await mkdtemp(join(tmpdir(), "signet-fleet-"));
  const ports = {
    proxy: await freePort(),
    replicas: [await freePort(), await freePort()],
    bank: await freePort(),
    retirement: await freePort(),
  };
  const issuer = `http://id.localhost:${ports.proxy}`;
  const environment = {
    DEMO: "true",
    ISSUER: issuer,
    DATA_DIR: dataDirectory,
    ADMIN_TOKEN,
    KEY_ENCRYPTION_KEYS: KEK,
    BANK_PORT: String(ports.bank),
    RETIREMENT_PORT: String(ports.retirement),
    LOG_LEVEL: "silent",
    ...settings,
  };
  // Closed in the opposite order.
  const open: (() => Promise<unknown>)[] = [
    () => rm(dataDirectory, { recursive: true, force: true }),
  ];

  async function startReplica(port: number, database: Database): Promise<void> {
    const config = readConfig({ ...environment, PORT: String(port) }, () => ({
      KEY_ENCRYPTION_KEYS: KEK,
      ADMIN_TOKEN,
    }));
    const clock = databaseClock(database);
    await clock.start();
    const idp = createIdp({ config, database, clock, logger: createLogger({ level: "silent" }) });
    await idp.start();
    if (open.length === 1)
      await seedDemo({ ...idp.capabilities, dataDirectory, sites: config.demoSites });
    const server = await listen({ app: idp.callback, port, host: "127.0.0.1" });
    open.push(async () => {
      idp.drain();
      await server.drain();
      await idp.stop();
      clock.stop();
    });
  }

  const [first, second] = await openTwoHandles();
  const [firstPort = 0, secondPort = 0] = ports.replicas;
  await startReplica(firstPort, first);
  await startReplica(secondPort, second);
  const proxy = await roundRobinProxy(ports.proxy, ports.replicas);
  open.push(proxy.close);

  const siteEnvironment = (name: string, port: number) => ({
    ISSUER: issuer,
    PORT: String(port),
    DATA_DIR: join(dataDirectory, name),
    LOG_LEVEL: "silent",
  });
  const bank = readBankConfig(siteEnvironment("bank", ports.bank));
  const retirement = readRetirementConfig(siteEnvironment("retirement", ports.retirement));
  const sites = [
    await startSite(harbourBank, { config: bank }),
    await startSite(evergreenRetirement, { config: retirement }),
  ];
  for (const site of sites) open.push(site.stop);
  await until(() => sites.every(({ relyingParty }) => relyingParty.isReady()));

  const alice = findDemoSignIns(dataDirectory).find(({ email }) => email.startsWith("alice"));
  if (alice === undefined) throw new Error("the demo has no Alice");
  return {
    issuer,
    bank: bank.baseUrl,
    retirement: retirement.baseUrl,
    alice,
    given: proxy.given,
    async close() {
      for (const close of open.splice(0).reverse()) await close();
    },
  };
}
