// A site's key cache beside a small issuer, without the site.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pino } from "pino";
import { KeptKeys } from "../../../../apps/relying-party/kept-keys.ts";
import { createKeyCache, type KeyCache } from "../../../../apps/relying-party/key-cache.ts";
import { networkFetch } from "../../../../apps/relying-party/outbound-fetch.ts";
import { createReachability } from "../../../../apps/relying-party/reachability.ts";
import { stateFile } from "../../../../apps/relying-party/state-file.ts";
import { freePort } from "../../../support/free-port.ts";
import { type MovableClock, movableClock } from "../../../support/movable-clock.ts";
import { anIssuer, type TestIssuer } from "./an-issuer.ts";

export interface KeyCacheWorld {
  clock: MovableClock;
  issuer: TestIssuer;
  keys: KeyCache;
  /** Where the cache keeps what survives a restart. */
  file: string;
  /** Requests for the key set that left, answered or not. */
  asked(): number;
  /** How often the cache told of a change. */
  changes(): number;
  resolve(kid: unknown): ReturnType<KeyCache["resolve"]>;
  /** Another cache over the same file, in place of this one. */
  restart(): Promise<void>;
  close(): Promise<void>;
}

export async function aKeyCache({ servesStatusLists = false } = {}): Promise<KeyCacheWorld> {
  const clock = movableClock();
  const issuer = await anIssuer({ clock, port: await freePort(), servesStatusLists });
  const directory = await mkdtemp(join(tmpdir(), "signet-keys-"));
  const file = join(directory, "key-set.json");
  const network = networkFetch();
  let asked = 0;
  let changes = 0;

  const open = async () => {
    const cache = createKeyCache({
      issuer: issuer.issuer,
      algorithms: ["RS256"],
      jwksUri: () => `${issuer.issuer}/jwks`,
      fetch: (url, request) => {
        asked += 1;
        return network.fetch(url, request);
      },
      clock,
      file: stateFile(file, KeptKeys),
      reachability: createReachability({ clock }),
      logger: pino({ level: "silent" }),
      changed: () => {
        changes += 1;
      },
      deadlineMilliseconds: 1500,
    });
    await cache.start();
    return cache;
  };

  const world: KeyCacheWorld = {
    clock,
    issuer,
    keys: await open(),
    file,
    asked: () => asked,
    changes: () => changes,
    resolve: (kid) => world.keys.resolve({ alg: "RS256", kid: String(kid) }),
    async restart() {
      await world.keys.stop();
      world.keys = await open();
    },
    async close() {
      await world.keys.stop();
      await network.close();
      await issuer.stop();
      await rm(directory, { recursive: true, force: true });
    },
  };
  await world.keys.refresh();
  return world;
}
