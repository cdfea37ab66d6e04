// One running identity provider: what is opened, in which order, and how it is closed again.
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { databaseClock } from "../prisma/clock.ts";
import { openDatabase } from "../prisma/database.ts";
import { createIdp } from "./app.ts";
import type { Config } from "./config.ts";
import { requireDemoDatabase, seedDemo } from "./demo/seed.ts";
import { createLogger } from "./http/logger.ts";
import { listen, type RunningServer } from "./http/server.ts";
import { requireOfferedAlgs } from "./offered-algs.ts";
import { accountStore } from "./records/accounts/account-store.ts";
import { passwordHasher } from "./records/accounts/password-hasher.ts";
import { clientStore } from "./records/clients/client-store.ts";
import { runningFile } from "./running-file.ts";
import { keysOr, listeningOr, openedOr, requireFreePort } from "./start-problem.ts";

export interface RunningIdp {
  readonly port: number;
  /** Not ready first; then what is under way may finish (20 s); then the database is closed (Z5). */
  stop(): Promise<void>;
}

/** @throws StartProblem or SettingError naming the setting to look at; nothing is left open then */
export async function startIdp(config: Config): Promise<RunningIdp> {
  // What has been opened, to be closed in the opposite order.
  const open: (() => unknown)[] = [];
  const closeAll = async () => {
    for (const close of open.splice(0).reverse()) await close();
  };

  try {
    const logger = createLogger({ level: config.logLevel });
    for (const warning of config.warnings) logger.warn(warning);

    const { host, adminPort } = config;
    await requireFreePort("PORT", config.port, host);
    if (adminPort !== undefined) await requireFreePort("ADMIN_PORT", adminPort, host);
    const database = await openedOr(config, () =>
      openDatabase(
        config.databaseUrl === undefined
          ? { directory: join(config.dataDirectory, "idp", "database") }
          : { url: config.databaseUrl },
      ),
    );
    open.push(() => database.close());
    const clock = databaseClock(database);
    open.push(() => clock.stop());
    await clock.start();

    const accounts = accountStore(database);
    const clients = clientStore(database);
    await requireOfferedAlgs(config.signingAlgs, clients);
    if (config.demo) await requireDemoDatabase(accounts);
    const idp = createIdp({ config, database, clock, logger });
    open.push(() => idp.stop());
    // Making keys and hashing passphrases both take a while and wait for nothing of one another.
    await Promise.all([
      keysOr(() => idp.start()),
      config.demo &&
        seedDemo({
          accounts,
          clientStore: clients,
          hasher: passwordHasher(),
          clock,
          dataDirectory: config.dataDirectory,
          sites: config.demoSites,
        }),
    ]);

    const servers: RunningServer[] = [];
    open.push(() => Promise.all(servers.map((server) => server.drain())));
    const main = await listeningOr("PORT", config.port, () =>
      listen({ app: idp.callback, port: config.port, host }),
    );
    servers.push(main);
    const { adminCallback } = idp;
    if (adminPort !== undefined && adminCallback !== undefined) {
      const listening = () => listen({ app: adminCallback, port: adminPort, host });
      servers.push(await listeningOr("ADMIN_PORT", adminPort, listening));
    }
    if (config.demo) open.push(noteRunning(config));
    logger.info({ issuer: config.issuer, port: main.port, pid: process.pid }, "listening");

    return {
      port: main.port,
      async stop() {
        idp.drain();
        await wait(config.drainDelaySeconds * 1000);
        await closeAll();
        logger.info("stopped");
      },
    };
  } catch (error) {
    await closeAll();
    throw error;
  }
}

/** @returns how to take the note away again */
function noteRunning({ issuer, adminOrigin, dataDirectory }: Config): () => void {
  const note = runningFile(dataDirectory);
  note.write({ pid: process.pid, issuer, adminUrl: adminOrigin });
  return note.remove;
}
