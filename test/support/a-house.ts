// All three sites up, each on a host name of its own, over real HTTP: the identity provider on a real
// database, the bank and the retirement portal on the kit. One clock moves them together.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { harbourBank } from "../../apps/bank/app.ts";
import { readBankConfig } from "../../apps/bank/config.ts";
import type { SiteConfig } from "../../apps/relying-party/site-config.ts";
import { type RunningSite, type Site, startSite } from "../../apps/relying-party/site-main.ts";
import { evergreenRetirement } from "../../apps/retirement/app.ts";
import { readRetirementConfig } from "../../apps/retirement/config.ts";
import { findDemoSignIns } from "../../idp/demo/demo-people.ts";
import { seedDemo } from "../../idp/demo/seed.ts";
import type { Database } from "../../prisma/database.ts";
import { anIdp, type TestIdp } from "./an-idp.ts";
import { openTestDatabase } from "./databases.ts";
import { freePort } from "./free-port.ts";
import { type MovableClock, movableClock } from "./movable-clock.ts";

export interface SignIn {
  readonly name: string;
  readonly email: string;
  readonly password: string;
}

export interface House {
  readonly clock: MovableClock;
  readonly issuer: string;
  readonly bank: string;
  readonly retirement: string;
  readonly alice: SignIn;
  readonly ines: SignIn;
  /** The running identity provider; stop and start it at will. */
  idp(): TestIdp;
  stopIdp(): Promise<void>;
  startIdp(): Promise<void>;
  /** Ends a site's process as far as memory goes, and starts it again over the same files. */
  restartBank(): Promise<void>;
  close(): Promise<void>;
}

/** @param settings  of the identity provider, beside the demo's */
export async function aHouse(settings: Readonly<Record<string, string>> = {}): Promise<House> {
  // A browser keeps cookies by its own clock, so this one starts where that one is.
  const clock = movableClock(new Date());
  const dataDirectory = await mkdtemp(join(tmpdir(), "signet-house-"));
  const database: Database = await openTestDatabase();
  const [idpPort, bankPort, retirementPort] = [
    await freePort(),
    await freePort(),
    await freePort(),
  ];
  const environment = {
    DEMO: "true",
    DATA_DIR: dataDirectory,
    BANK_PORT: String(bankPort),
    RETIREMENT_PORT: String(retirementPort),
    REGISTRATION_TOKEN: undefined,
    ...settings,
  };

  let idp: TestIdp | undefined;
  const startIdp = async () => {
    idp = await anIdp({ environment, database, clock, port: idpPort });
  };
  const running = () => {
    if (!idp) throw new Error("the identity provider is stopped");
    return idp;
  };
  await startIdp();
  const { config, known } = running();
  await seedDemo({ ...known, dataDirectory, sites: config.demoSites });

  const siteEnvironment = (name: string, port: number) => ({
    ISSUER: config.issuer,
    PORT: String(port),
    DATA_DIR: join(dataDirectory, name),
    LOG_LEVEL: "silent",
  });
  const bankConfig = readBankConfig(siteEnvironment("bank", bankPort));
  const retirementConfig = readRetirementConfig(siteEnvironment("retirement", retirementPort));
  const start = async (site: Site, siteConfig: SiteConfig): Promise<RunningSite> => {
    const started = await startSite(site, { config: siteConfig, clock });
    return started;
  };
  let bank = await start(harbourBank, bankConfig);
  const retirement = await start(evergreenRetirement, retirementConfig);
  await until(() => bank.relyingParty.isReady() && retirement.relyingParty.isReady());

  const signInOf = (email: string): SignIn => {
    const found = findDemoSignIns(dataDirectory).find((person) => person.email === email);
    if (!found) throw new Error(`the demo has no ${email}`);
    return found;
  };

  return {
    clock,
    issuer: config.issuer,
    bank: bankConfig.baseUrl,
    retirement: retirementConfig.baseUrl,
    alice: signInOf("alice@example.test"),
    ines: signInOf("ines@example.test"),
    idp: running,
    startIdp,
    async stopIdp() {
      await running().close();
      idp = undefined;
    },
    async restartBank() {
      await bank.stop();
      bank = await start(harbourBank, bankConfig);
    },
    async close() {
      await bank.stop();
      await retirement.stop();
      await idp?.close();
      await rm(dataDirectory, { recursive: true, force: true });
    },
  };
}

/** Waits for what happens soon by itself; fails after ten seconds. */
export async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  for (let tries = 0; tries < 200; tries += 1) {
    if (await holds()) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error("it did not happen within ten seconds");
}
