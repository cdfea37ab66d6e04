import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { pino } from "pino";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { KeptKeys } from "../../apps/relying-party/kept-keys.ts";
import { createKeyCache, type KeyCache } from "../../apps/relying-party/key-cache.ts";
import { networkFetch } from "../../apps/relying-party/outbound-fetch.ts";
import { createReachability } from "../../apps/relying-party/reachability.ts";
import { stateFile } from "../../apps/relying-party/state-file.ts";
import { aSigningKey } from "../apps/relying-party/support/an-issuer.ts";
import { HOSTILE_ANSWERS } from "../apps/relying-party/support/hostile-answers.ts";
import { movableClock } from "../support/movable-clock.ts";
import { count, figure, timed } from "./support/figures.ts";
import { mebibytes, settledMebibytes } from "./support/memory.ts";

const MOST_MEBIBYTES = 5;
const DEADLINE_MILLISECONDS = 3000;
const PROGRAM = fileURLToPath(
  new URL("../apps/relying-party/support/hostile-issuer.ts", import.meta.url),
);

describe("Z2: an address of keys that answers with anything but keys", () => {
  const clock = movableClock();
  const network = networkFetch();
  let directory: string;
  let hostile: ChildProcess;
  let origin: string;
  let path = "/good";
  let kid: string;
  let keys: KeyCache;

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), "signet-hostile-"));
    const key = await aSigningKey();
    ({ kid } = key);
    hostile = spawn(process.execPath, ["--import", "tsx", PROGRAM, JSON.stringify(key.jwk)], {
      stdio: ["pipe", "pipe", "inherit"],
    });
    const [port] = await once(hostile.stdout ?? hostile, "data");
    origin = `http://127.0.0.1:${Number(String(port))}`;
    keys = createKeyCache({
      issuer: origin,
      algorithms: ["RS256"],
      jwksUri: () => origin + path,
      fetch: network.fetch,
      clock,
      file: stateFile(join(directory, "key-set.json"), KeptKeys),
      reachability: createReachability({ clock }),
      logger: pino({ level: "silent" }),
      deadlineMilliseconds: DEADLINE_MILLISECONDS,
    });
    await keys.start();
    await keys.refresh();
    expect(keys.holds(kid)).toBe(true);
  });
  afterAll(async () => {
    await keys.stop();
    await network.close();
    hostile.stdin?.end();
    await rm(directory, { recursive: true, force: true });
  });

  it("costs a site neither its keys nor its memory nor its time", async () => {
    const heldSince = keys.fetchedAt();
    const whileReading: number[] = [];
    const times: number[] = [];
    const ask = async (index: number) => {
      path = `/${index}`;
      clock.advance(31);
      times.push(await timed(() => keys.refresh()));
      expect(keys.holds(kid)).toBe(true);
      expect(keys.fetchedAt()).toEqual(heldSince);
    };
    const askAll = async (rounds: number, afterEach = () => {}) => {
      for (const index of HOSTILE_ANSWERS.keys()) {
        for (let round = 0; round < (isSlow(index) ? 1 : rounds); round += 1) {
          await ask(index);
          afterEach();
        }
      }
    };
    // What is compiled and pooled once is no growth.
    await askAll(2);
    const before = settledMebibytes();
    await askAll(count(50, 2), () => whileReading.push(mebibytes() - before));
    const after = settledMebibytes();

    const what = (name: string) => `a site and hostile key sets: ${name}`;
    figure(
      { id: "Z2", what: what("memory that stays"), unit: "MiB", samples: [after - before] },
      { of: "most", atMost: MOST_MEBIBYTES },
    );
    figure({
      id: "Z2",
      what: what("memory before collection"),
      unit: "MiB",
      samples: whileReading,
    });
    figure(
      { id: "Z2", what: what("time until given up"), unit: "ms", samples: times },
      { of: "most", atMost: DEADLINE_MILLISECONDS + 1000 },
    );
    path = "/good";
    clock.advance(31);
    await keys.refresh();
    expect(keys.fetchedAt()).toEqual(clock.now());
  });

  it("one answer of 100 MB, or without end, is given up before it fills memory", async () => {
    const samples: number[] = [];
    for (const name of ["100 MB, with their length", "100 MB in pieces", "an endless answer"]) {
      path = `/${HOSTILE_ANSWERS.findIndex(([each]) => each === name)}`;
      for (let round = 0; round < count(20, 3); round += 1) {
        const before = settledMebibytes();
        clock.advance(31);
        await keys.refresh();
        samples.push(mebibytes() - before);
      }
    }
    figure(
      { id: "Z2", what: "a site and 100 MB of keys: memory just after", unit: "MiB", samples },
      { of: "most", atMost: MOST_MEBIBYTES },
    );
  });
});

/** Those that end by the deadline alone. */
const isSlow = (index: number) =>
  /never comes|half way|bytes a second/.test(HOSTILE_ANSWERS[index]?.[0] ?? "");
